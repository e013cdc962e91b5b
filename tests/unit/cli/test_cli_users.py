"""Users of the dashboard from the command line; passwords stand in no argument."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from torana.control.operations import open_store
from torana.control.signing_in.door import Door
from torana.control.signing_in.links import sign_in_by_link
from torana.settings import Settings

if TYPE_CHECKING:
    from unit.cli.shell import Shell

PASSWORD = "correct horse"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a script sends, with the line end that it cannot do without."""
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))


def names(shell: Shell) -> dict[str, str]:
    rows = shell.read("users", "list")
    assert isinstance(rows, list)
    return {row["name"]: row["role"] for row in rows}


def can_sign_in(shell: Shell, name: str, password: str = PASSWORD) -> bool:
    store = open_store(Settings(data_dir=str(shell.data_dir)))
    try:
        return Door().sign_in(store, name, password, "").session.who.name == name
    finally:
        store.close()


@pytest.mark.usefixtures("typed")
def test_a_user_is_made_with_a_password_from_standard_input(shell: Shell) -> None:
    out, err = shell.run("users", "create", "Ada", "--role", "owner", "--email", "ada@example.com")
    assert (out, err) == ("", "torana: made `ada`, owner\n")
    assert can_sign_in(shell, "ada")
    rows: list[dict[str, object]] = shell.read("users", "list")  # type: ignore[assignment]  # a list
    row = rows[0]
    assert (row["name"], row["email"], row["has_password"], row["source"]) == (
        "ada",
        "ada@example.com",
        True,
        "password",
    )
    assert "argon2" not in str(row)
    assert "ada@example.com" in shell.run("users", "list")[0]


def test_a_user_without_a_password_comes_by_a_link(shell: Shell) -> None:
    shell.run("users", "create", "ada", "--role", "owner", "--no-password")
    table = shell.run("users", "list")[0]
    assert "by a link" in table
    assert "never" in table


def test_the_first_user_is_an_owner_and_the_last_owner_stays(shell: Shell) -> None:
    assert "has to be one" in shell.run("users", "create", "vi", "--no-password", code=1)[1]
    shell.run("users", "create", "ada", "--role", "owner", "--no-password")
    for arguments in (("delete", "ada"), ("update", "ada", "--role", "viewer")):
        assert "last owner" in shell.run("users", *arguments, code=1)[1]
    assert names(shell) == {"ada": "owner"}


@pytest.mark.usefixtures("typed")
def test_users_are_changed_and_removed(shell: Shell) -> None:
    shell.run("users", "create", "ada", "--role", "owner", "--no-password")
    shell.run("users", "create", "bob", "--no-password")
    shell.run("users", "password", "bob")
    assert can_sign_in(shell, "bob")
    changed = shell.read("users", "update", "bob", "--role", "editor", "--name", "rob", "--display-name", "Rob R.")
    assert isinstance(changed, dict)
    assert (changed["name"], changed["role"], changed["display_name"]) == ("rob", "editor", "Rob R.")
    assert names(shell) == {"ada": "owner", "rob": "editor"}
    shell.run("users", "delete", "rob")
    assert names(shell) == {"ada": "owner"}


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("create", "ada", "--role", "king", "--no-password"), "none of viewer, editor, owner", 2),
        (("create", "a b", "--role", "owner", "--no-password"), "cannot be a name", 1),
        (("delete", "nobody"), "there is no user `nobody`", 1),
        (("password", "nobody"), "12 to 1024 characters", 1),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert words in " ".join(shell.run("users", *arguments, code=code)[1].split())


def serve(shell: Shell, url: str = "http://127.0.0.1:9999") -> None:
    """As if a server ran here."""
    state = {"url": url, "account_id": "a" * 32, "gateway_id": "default", "pids": {"supervisor": os.getpid()}}
    (shell.data_dir / "run").mkdir(parents=True)
    (shell.data_dir / "run" / "state.json").write_bytes(msgspec.json.encode(state))


def test_without_a_server_there_is_no_link(shell: Shell) -> None:
    assert "no server runs" in shell.run("dashboard", code=1)[1]
    assert not (shell.data_dir / "torana.db").exists()


@pytest.mark.parametrize(
    ("public", "base"), [("", "http://127.0.0.1:9999"), ("https://ai.example.com/", "https://ai.example.com")]
)
def test_the_link_leads_to_where_people_reach_the_server_and_signs_in_once(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, public: str, base: str
) -> None:
    monkeypatch.setenv("TORANA_PUBLIC_URL", public)
    serve(shell)
    shell.run("users", "create", "ada", "--role", "owner", "--no-password")
    out, _ = shell.run("dashboard", "--user", "ada")
    assert out.startswith(f"{base}/dashboard/login#once=")
    store = open_store(Settings(data_dir=str(shell.data_dir)))
    try:
        assert sign_in_by_link(store, out.strip().partition("#once=")[2], "").session.who.name == "ada"
    finally:
        store.close()
    assert "there is no user `bob`" in shell.run("dashboard", "--user", "bob", code=1)[1]
    told = shell.read("dashboard")
    assert isinstance(told, dict)
    assert told["url"] != out.strip()


@pytest.mark.parametrize("has_browser", [True, False])
def test_the_link_is_opened_in_the_browser_if_there_is_one(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, *, has_browser: bool
) -> None:
    opened: list[str] = []

    def open_(url: str) -> bool:
        opened.append(url)
        return has_browser

    monkeypatch.setattr("webbrowser.open", open_)
    serve(shell)
    out, err = shell.run("dashboard", "--open")
    assert opened == [out.strip()]
    assert ("no browser" in err) is not has_browser
