"""The scripted upstream itself, seen through a plain client."""

from __future__ import annotations

import http.client
import json
import socket
import time

import pytest

from scripted import Answer, Received, ScriptedUpstream


def call(
    up: ScriptedUpstream, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(up.host, up.port, timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_what_has_no_script_is_echoed_and_remembered() -> None:
    with ScriptedUpstream() as up:
        status, _, body = call(up, "PUT", "/any/thing?x=1", b"hello", {"X-Case": "Kept"})
        assert status == 200
        assert json.loads(body)["body"] == "hello"
        assert up.requests[0].method == b"PUT"
        assert up.requests[0].target == b"/any/thing?x=1"
        assert (b"X-Case", b"Kept") in up.requests[0].headers
        assert up.requests[0].is_whole


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/chat/completions", ("usage", "prompt_tokens")),
        ("/v1/messages", ("usage", "input_tokens")),
        ("/v1/responses", ("usage", "input_tokens")),
        ("/v1beta/models/g:generateContent", ("usageMetadata", "promptTokenCount")),
        ("/v1/embeddings", ("usage", "prompt_tokens")),
    ],
)
def test_each_format_has_a_whole_answer_with_usage(path: str, expected: tuple[str, str]) -> None:
    with ScriptedUpstream() as up:
        _, headers, body = call(up, "POST", path, b'{"model": "m"}')
        assert headers["Content-Type"] == "application/json"
        assert json.loads(body)[expected[0]][expected[1]] > 0


@pytest.mark.parametrize(
    ("path", "last"),
    [
        ("/v1/chat/completions", b"data: [DONE]\n\n"),
        ("/v1/messages", b'data: {"type":"message_stop"}\n\n'),
        ("/v1/responses", b"\n\n"),
        ("/v1beta/models/g:streamGenerateContent?alt=sse", b"\n\n"),
    ],
)
def test_each_format_has_a_stream(path: str, last: bytes) -> None:
    with ScriptedUpstream() as up:
        _, headers, body = call(up, "POST", path, b'{"stream": true}')
        assert headers["Content-Type"] == "text/event-stream"
        assert headers["Transfer-Encoding"] == "chunked"
        assert body.endswith(last)
        assert body.count(b"data: ") >= 3


def test_scripted_answers_are_taken_in_turn_and_the_last_one_stays() -> None:
    with ScriptedUpstream() as up:
        up.script("/a", Answer(status=500), Answer(body=b"then"))
        assert [call(up, "GET", "/a")[0] for _ in range(3)] == [500, 200, 200]


def test_a_script_may_be_a_function_of_the_request() -> None:
    with ScriptedUpstream() as up:
        up.script(lambda received: received.method == b"PATCH", lambda received: Answer(body=received.body[::-1]))
        assert call(up, "PATCH", "/x", b"abc")[2] == b"cba"


def test_what_a_script_raises_is_raised_at_the_end() -> None:
    def broken(received: Received) -> Answer:
        raise LookupError(received.path)

    with pytest.raises(LookupError, match="/broken"), ScriptedUpstream() as up:  # noqa: PT012  # raised at its end
        up.script("/broken", broken)
        with socket.create_connection((up.host, up.port)) as sock:
            sock.sendall(b"GET /broken HTTP/1.1\r\n\r\n")
            assert sock.recv(10) == b""


def test_a_body_can_be_chunked_slow_and_followed_by_trailers() -> None:
    with ScriptedUpstream() as up:
        up.script(
            "/s", Answer(chunks=[b"ab", b"c"], framing="chunked", trailers=[(b"x-end", b"1")], chunk_delay_s=0.02)
        )
        with socket.create_connection((up.host, up.port)) as sock:
            began = time.monotonic()
            sock.sendall(b"GET /s HTTP/1.1\r\n\r\n")
            seen = b""
            while not seen.endswith(b"0\r\nx-end: 1\r\n\r\n"):
                seen += sock.recv(1000)
            assert seen.partition(b"\r\n\r\n")[2].startswith(b"2\r\nab\r\n1\r\nc\r\n")
            assert time.monotonic() - began >= 0.04


def test_an_answer_can_be_cut_after_some_bytes() -> None:
    with ScriptedUpstream() as up:
        up.script("/cut", Answer(body=b"0123456789", cut_after_bytes=4))
        with socket.create_connection((up.host, up.port)) as sock:
            sock.sendall(b"GET /cut HTTP/1.1\r\n\r\n")
            seen = b""
            while piece := sock.recv(1000):
                seen += piece
            assert seen.endswith(b"Content-Length: 10\r\n\r\n0123")


def test_raw_bytes_go_out_as_they_are() -> None:
    with ScriptedUpstream() as up:
        up.script("/raw", Answer(raw=b"NONSENSE\n"))
        with socket.create_connection((up.host, up.port)) as sock:
            sock.sendall(b"GET /raw HTTP/1.1\r\n\r\n")
            assert sock.recv(100) == b"NONSENSE\n"
            assert sock.recv(100) == b""


def test_it_sees_a_client_that_does_not_wait_for_the_answer() -> None:
    with ScriptedUpstream() as up:
        up.script("/never", Answer(never=True))
        with socket.create_connection((up.host, up.port)) as sock:
            sock.sendall(b"GET /never HTTP/1.1\r\n\r\n")
            up.wait_until(lambda: len(up.requests) == 1)
            assert up.open == 1
        up.wait_until(lambda: up.open == 0)
        assert up.accepted == 1
