"""What goes wrong is told in the family's shape, and logged where the account is known."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from running import Torana
from scripted import Answer, ScriptedUpstream

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def small(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    """A server with small limits, and a provider that nobody listens for."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        providers = {"openai": upstream.url, "groq": nobody}
        limits = {"max_body_bytes": "64KiB", "max_url_bytes": "2KiB", "max_header_bytes": "4KiB"}
        timeouts = {"first_byte_timeout": 0.4, "stream_idle_timeout": 0.4, "header_timeout": 0.4}
        with Torana(tmp_path_factory.mktemp("small") / "data", providers, **limits, **timeouts) as running:
            yield running


def talk(torana: Torana, data: bytes) -> tuple[int, dict[str, object]]:
    """The status and the JSON of what comes for raw bytes, until the server closes."""
    host, _, port = torana.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(data)
        got = b""
        while piece := sock.recv(65536):
            got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    return int(head.split(b" ", 2)[1]), json.loads(body)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/{account}/nobody/openai/chat/completions", 400, 2001),
        ("/v1/00000000000000000000000000000000/default/openai/chat/completions", 400, 2001),
        ("/v1/{account}/default/nobody/chat/completions", 400, 2008),
        ("/v1/{account}/default", 400, 2008),
        ("/v1/{account}/default/groq/chat/completions", 502, 2005),
    ],
)
def test_errors_of_the_gateway_have_its_envelope(small: Torana, path: str, status: int, code: int) -> None:
    reply = small.post(path.format(account=small.account_id), CHAT)
    assert reply.status_code == status
    body = reply.json()
    assert body["success"] is False
    assert body["error"] == [{"code": code, "message": body["message"]}]
    assert (body["name"], body["httpCode"], body["internalCode"]) == ("AiGatewayError", status, code)
    assert "Traceback" not in reply.text
    if "{account}" in path:
        row = next(r for r in small.logs() if r["id"] == reply.headers["cf-aig-log-id"])
        assert row["status_code"] == status
        assert row["success"] is False


def test_a_provider_that_is_too_slow_is_a_timeout(small: Torana, upstream: ScriptedUpstream) -> None:
    upstream.script(lambda got: got.header("x-case") == b"slow", Answer(never=True))
    reply = small.post(f"/v1/{small.account_id}/default/openai/chat/completions", CHAT, {"x-case": "slow"})
    assert (reply.status_code, reply.json()["internalCode"]) == (504, 2005)


def test_a_provider_that_breaks_off_is_an_error_before_and_a_cut_within_its_answer(
    small: Torana, upstream: ScriptedUpstream
) -> None:
    upstream.script(lambda got: got.header("x-case") == b"early", Answer(raw=b"HTTP/1.1 200"))
    path = f"/v1/{small.account_id}/default/openai/chat/completions"
    reply = small.post(path, CHAT, {"x-case": "early"})
    assert (reply.status_code, reply.json()["internalCode"]) == (502, 2005)
    late = Answer(chunks=[b"data: 1\n\n", b"data: 2\n\n"], framing="chunked", cut_after_bytes=12, chunk_delay_s=0.05)
    upstream.script(lambda got: got.header("x-case") == b"late", late)
    with pytest.raises(httpx.RemoteProtocolError):
        small.post(path, CHAT, {"x-case": "late"})
    row = small.logs("--limit", "1")[0]
    assert row["broken"] is True
    assert row["status_code"] == 200


def test_an_error_of_the_provider_passes_unchanged(small: Torana, upstream: ScriptedUpstream) -> None:
    theirs = b'{"error":{"message":"No auth credentials found","code":401}}'
    headers = [(b"content-type", b"application/json"), (b"x-ratelimit-remaining", b"0")]
    upstream.script(lambda got: got.header("x-case") == b"401", Answer(status=401, headers=headers, body=theirs))
    reply = small.post(f"/v1/{small.account_id}/default/openai/chat/completions", CHAT, {"x-case": "401"})
    assert (reply.status_code, reply.content, reply.headers["x-ratelimit-remaining"]) == (401, theirs, "0")


@pytest.mark.parametrize(
    ("status", "request_bytes"),
    [
        (400, b"GET / HTTP/1.1\nHost: x\n\n"),
        (400, b"POST /v1/{a}/default/openai/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        (414, b"GET /v1/{a}/default/openai/" + b"x" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
        (431, b"GET /v1/{a}/default/openai/x HTTP/1.1\r\nHost: x\r\nX-Y: " + b"y" * 5000 + b"\r\n\r\n"),
        (413, b"POST /v1/{a}/default/openai/x HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"),
        (408, b"GET /v1/{a}/default/openai/x HTTP/1.1\r\nHost: x\r\n"),
        (400, b"GET /v1/{a}/default/openai HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    ],
    ids=["bare LF", "two lengths", "URL", "headers", "body", "slow head", "upgrade"],
)
def test_the_wire_refuses_in_the_same_shape_and_closes(small: Torana, status: int, request_bytes: bytes) -> None:
    got, body = talk(small, request_bytes.replace(b"{a}", small.account_id.encode()))
    assert (got, body["httpCode"]) == (status, status)
    assert body["success"] is False


def test_a_body_that_is_too_large_is_logged(small: Torana) -> None:
    path = f"/v1/{small.account_id}/default/openai/chat/completions"
    talk(small, b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" % path.encode())
    row = small.logs("--limit", "1")[0]
    assert (row["status_code"], row["provider"]) == (413, "openai")


@pytest.mark.parametrize(
    ("path", "key"), [("/api/v1/nothing", "error"), ("/client/v4/nothing", "errors"), ("/nothing", "error")]
)
def test_what_is_not_there_is_a_404_in_the_shape_of_its_family(small: Torana, path: str, key: str) -> None:
    reply = httpx.get(small.url + path, trust_env=False)
    assert reply.status_code == 404
    assert key in reply.json()


def test_a_bad_option_is_named(small: Torana) -> None:
    path = f"/v1/{small.account_id}/default/openai/chat/completions"
    reply = small.post(path, CHAT, {"cf-aig-metadata": "nonsense"})
    assert reply.status_code == 400
    assert "cf-aig-metadata" in reply.json()["message"]


def test_an_unwritable_data_directory_is_told_at_the_start(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    torana = Torana(blocked)
    message = torana.run("serve", code=1)
    assert str(blocked) in message
    assert "Traceback" not in message
