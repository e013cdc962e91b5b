"""`torana tokens`: the secret is printed once, and nowhere after."""

from __future__ import annotations

import pytest

from unit.cli.shell import Shell


def test_tokens_are_made_listed_and_revoked(shell: Shell) -> None:
    made = shell.read("tokens", "create", "--name", "ci", "--permission", "read", "--permission", "run")
    assert isinstance(made, dict)
    assert made.keys() == {"id", "token"}
    assert made["token"].startswith("torana_")
    rows = shell.read("tokens", "list")
    assert isinstance(rows, list)
    [row] = rows
    assert (row["id"], row["name"], row["permissions"]) == (made["id"], "ci", ["run", "read"])
    assert (row["gateways"], row["expires_on"], row["last_used_on"]) == (None, None, None)
    shown = shell.run("tokens", "list")[0]
    assert made["id"] in shown
    assert f"…{made['token'][-4:]}" in shown
    assert made["token"].removeprefix("torana_") not in shown
    assert "revoked" in shell.run("tokens", "revoke", made["id"])[1]
    assert shell.read("tokens", "list") == []
    assert "there is no token" in shell.run("tokens", "revoke", made["id"], code=1)[1]


def test_a_token_can_be_limited_and_can_end(shell: Shell) -> None:
    limits = ("--gateway", "default", "--gateway", "other", "--expires", "2099-01-31")
    shell.run("tokens", "create", "--name", "narrow", "--permission", "read_metadata", *limits)
    rows = shell.read("tokens", "list")
    assert isinstance(rows, list)
    assert (rows[0]["gateways"], rows[0]["expires_on"]) == (["default", "other"], "2099-01-31T00:00:00.000Z")
    assert "default, other" in shell.run("tokens", "list")[0]


def test_for_people_the_token_stands_alone_on_its_line(shell: Shell) -> None:
    out, err = shell.run("tokens", "create", "--name", "me", "--permission", "edit")
    assert out.startswith("torana_")
    assert out.count("\n") == 1
    assert "cannot be shown again" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--permission", "write"], 2, "`write` is none of run, read, edit, read_metadata"),
        ([], 2, "Missing option"),
        (["--permission", "read", "--expires", "soon"], 2, "`soon` is not a date"),
        (["--permission", "read", "--expires", "2001-01-01"], 1, "expired already"),
        (["--permission", "read", "--gateway", "Bad Id"], 1, "cannot be a gateway id"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_told_in_a_line(
    shell: Shell, arguments: list[str], code: int, message: str
) -> None:
    out, err = shell.run("tokens", "create", "--name", "x", *arguments, code=code)
    assert message in " ".join(err.replace("│", "").split())
    assert out == ""
