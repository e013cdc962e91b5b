"""`torana models`: what the router may be asked for, from a terminal, and a newer list of it."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from torana.storage.cataloguing import SYNCED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from unit.cli.shell import Shell

ENTRY = {"id": "other/new", "name": "Other: New", "pricing": {"prompt": "0.000001", "completion": "0.000002"}}


@contextmanager
def listing(body: bytes, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A server with a list of models: its base, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name for it
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ids(shell: Shell, *arguments: str) -> list[str]:
    rows = shell.read("models", "list", *arguments)
    assert isinstance(rows, list)
    return [row["id"] for row in rows]


def test_what_stored_keys_reach_is_listed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(shell) == ["local/smollm2-135m-instruct"]
    monkeypatch.setenv("KEY", "k" * 40)
    shell.run("keys", "create", "--name", "first")
    shell.run("provider-keys", "set", "mistral", "--from-env", "KEY")
    found = ids(shell)
    assert "mistralai/mistral-large-2512" in found
    assert "openai/gpt-4o" not in found
    assert "openai/gpt-4o" in ids(shell, "--all")
    assert set(ids(shell, "--provider", "Mistral")) == {id_ for id_ in found if not id_.startswith("local/")}
    out, _ = shell.run("models", "list")
    line = next(line for line in out.splitlines() if line.startswith("mistralai/mistral-large-2512"))
    assert line.split() == ["mistralai/mistral-large-2512", "262,144", "0.5", "1.5", "mistral"]


def test_who_has_nothing_is_told_what_to_do(shell: Shell) -> None:
    out, _ = shell.run("models", "list", "--provider", "openai")
    assert "torana provider-keys set" in out


def test_one_is_shown_with_all_who_serve_it(shell: Shell) -> None:
    out, _ = shell.run("models", "show", "openai/gpt-4o")
    assert "OpenAI: GPT-4o" in out
    row = shell.read("models", "show", "cohere/rerank-v3.5")
    assert isinstance(row, dict)
    (endpoint,) = row["endpoints"]
    assert (endpoint["others"], endpoint["is_reached"]) == ({"request": 0.002}, False)


def test_a_name_that_is_not_known_is_met_with_near_ones(shell: Shell) -> None:
    _, complaint = shell.run("models", "show", "gpt-4o-mini", code=1)
    assert "did you mean `openai/gpt-4o-mini`" in complaint
    assert "did you mean" not in shell.run("models", "show", "zzzzzzzz", code=1)[1]


def test_a_newer_list_is_kept(shell: Shell) -> None:
    with listing(json.dumps({"data": [ENTRY, {}]}).encode()) as (base, asked):
        out, _ = shell.run("models", "sync", "--url", base)
    assert asked == ["/api/v1/models?output_modalities=all"]
    assert out.startswith(f"1 models from {base}")
    assert "1 entries were no models" in out
    assert "other/new" in ids(shell, "--all")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [(b"<html>", 200, "not a list of models"), (b"{}", 404, "answered 404"), (b'{"data": []}', 200, "lists no model")],
)
def test_what_is_no_list_changes_nothing(shell: Shell, body: bytes, status: int, said: str) -> None:
    shell.data_dir.mkdir()
    former = json.dumps({"data": [ENTRY]})
    (shell.data_dir / SYNCED).write_text(former)
    with listing(body, status) as (base, _):
        _, complaint = shell.run("models", "sync", "--url", base, code=1)
    assert said in complaint
    assert (shell.data_dir / SYNCED).read_text() == former


def test_without_a_network_it_says_so(shell: Shell) -> None:
    _, complaint = shell.run("models", "sync", "--url", "http://127.0.0.1:9/api/v1", code=1)
    assert "cannot be reached" in complaint
    assert "the models stay as they were" in complaint
    assert "use http or https" in shell.run("models", "sync", "--url", "ftp://x", code=1)[1]
    assert not (shell.data_dir / SYNCED).exists()


def test_a_list_that_the_operators_file_does_not_fit_is_not_kept(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.data_dir.mkdir()
    (shell.data_dir / SYNCED).write_text(json.dumps({"data": [ENTRY]}))
    (shell.folder / "own.yaml").write_text("aliases: {mine/new: other/new}")
    monkeypatch.setenv("TORANA_MODELS", str(shell.folder / "own.yaml"))
    assert "mine/new" in ids(shell, "--all")
    with listing(json.dumps({"data": [ENTRY | {"id": "other/newer"}]}).encode()) as (base, _):
        _, complaint = shell.run("models", "sync", "--url", base, code=1)
    assert "which is no model" in complaint
    assert "mine/new" in ids(shell, "--all")
