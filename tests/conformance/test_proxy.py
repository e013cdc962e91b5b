"""The running product as a proxy: framing, codings, options and the cost in the row."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import brotli
import httpx
import pytest
import zstandard

from running import Torana
from scripted import Answer, ScriptedUpstream

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
JSON = (b"content-type", b"application/json")
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Raw:
    """A client that says exactly what it is told, and reads answers with their framing."""

    def __init__(self, torana: Torana, sock: socket.socket) -> None:
        self._prefix = f"/v1/{torana.account_id}/default/openai".encode()
        self._sock = sock
        self._file = sock.makefile("rb")

    def say(self, data: bytes) -> None:
        """`~` stands for the gateway's path of a provider."""
        self._sock.sendall(data.replace(b"~", self._prefix))

    def head(self) -> tuple[bytes, dict[bytes, bytes]]:
        first, lines = self._file.readline(), []
        while (line := self._file.readline().rstrip()) != b"":
            lines.append(line.partition(b": "))
        return first.rstrip(), {name: value for name, _, value in lines}

    def answer(self) -> tuple[bytes, dict[bytes, bytes], bytes]:
        first, headers = self.head()
        return first, headers, self._file.read(int(headers[b"content-length"]))

    def rest(self) -> bytes:
        """All until the server closes."""
        return self._file.read()


@contextmanager
def raw(torana: Torana) -> Iterator[Raw]:
    address = httpx.URL(torana.url)
    with closing(socket.create_connection((address.host, address.port or 0), timeout=10)) as sock:
        yield Raw(torana, sock)


def chat(torana: Torana, headers: dict[str, str], provider: str = "openai", **asked: object) -> httpx.Response:
    path = f"/v1/{torana.account_id}/default/{provider}/chat/completions"
    return torana.post(path, CHAT | asked, headers)


def row_of(torana: Torana, reply: httpx.Response) -> dict[str, object]:
    return torana.log(reply.headers["cf-aig-log-id"])


# --- framing ----------------------------------------------------------------------------------------------------------


def test_a_connection_is_kept_and_what_is_sent_ahead_is_answered_in_order(torana: Torana) -> None:
    with raw(torana) as client:
        asked = [b"GET ~/echo/%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(5)]
        client.say(asked[0])
        answers = [client.answer()]
        client.say(b"".join(asked[1:]))
        answers += [client.answer() for _ in asked[1:]]
        client.say(b"GET ~/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        first, headers, _ = client.answer()
        assert client.rest() == b""
    assert [json.loads(body)["target"] for *_, body in answers] == [f"/openai/echo/{n}" for n in range(5)]
    assert (first, headers[b"connection"]) == (b"HTTP/1.1 200 OK", b"close")


def test_head_is_answered_without_a_body_and_the_connection_goes_on(torana: Torana) -> None:
    with raw(torana) as client:
        client.say(b"HEAD ~/models HTTP/1.1\r\nHost: x\r\n\r\nGET ~/models HTTP/1.1\r\nHost: x\r\n\r\n")
        first, headers = client.head()
        assert first == b"HTTP/1.1 200 OK"
        assert b"transfer-encoding" not in headers
        *_, body = client.answer()
    assert json.loads(body)["object"] == "list"


def test_who_expects_100_is_told_to_go_on_before_it_sends_its_body(torana: Torana, requests: ScriptedUpstream) -> None:
    with raw(torana) as client:
        client.say(b"POST ~/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert client.head() == (b"HTTP/1.1 100 Continue", {})
        client.say(b"body")
        *_, body = client.answer()
    assert json.loads(body)["body"] == "body"
    assert requests.requests[-1].header("expect") is None


@pytest.mark.parametrize(("asks_to_keep", "kept"), [(b"", False), (b"Connection: keep-alive\r\n", True)])
def test_http_1_0_is_understood(torana: Torana, asks_to_keep: bytes, *, kept: bool) -> None:
    with raw(torana) as client:
        client.say(b"GET ~/echo HTTP/1.0\r\n%b\r\n" % asks_to_keep)
        first, headers, body = client.answer()
        assert first.endswith(b" 200 OK")
        assert json.loads(body)["method"] == "GET"
        assert headers[b"connection"] == (b"keep-alive" if kept else b"close")
        if not kept:
            assert client.rest() == b""


def test_to_http_1_0_a_stream_ends_with_the_connection(torana: Torana) -> None:
    asked = json.dumps(CHAT | {"stream": True}).encode()
    with raw(torana) as client:
        client.say(b"POST ~/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n%b" % (len(asked), asked))
        _, headers = client.head()
        assert b"transfer-encoding" not in headers
        assert client.rest().endswith(b"data: [DONE]\n\n")


def test_a_chunked_body_arrives_whole_and_is_logged(torana: Torana, requests: ScriptedUpstream) -> None:
    body = json.dumps(CHAT).encode()
    with raw(torana) as client:
        client.say(
            b"POST ~/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for piece in (body[:7], body[7:30], body[30:]):
            client.say(b"%x;ext=1\r\n%b\r\n" % (len(piece), piece))
        client.say(b"0\r\nx-trailer: 1\r\n\r\n")
        first, headers, _ = client.answer()
    assert first == b"HTTP/1.1 200 OK"
    assert requests.requests[-1].body == body
    row = torana.log(headers[b"cf-aig-log-id"].decode())
    assert (row["model"], row["request_size"], row["request_head"]) == ("gpt-4o-mini", len(body), body.decode())


# --- codings ----------------------------------------------------------------------------------------------------------

SAID = {
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Grüße " * 200}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
}
EVENTS = b"".join(
    b"data: %b\n\n" % data
    for data in (
        b'{"choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}',
        b'{"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}',
        b'{"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":500}}',
        b"[DONE]",
    )
)
PACK = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstandard.ZstdCompressor().compress}


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("coding", PACK)
def test_a_compressed_answer_passes_byte_by_byte_and_is_logged_decoded(
    torana: Torana, upstream: ScriptedUpstream, coding: str, *, is_stream: bool
) -> None:
    plain = EVENTS if is_stream else json.dumps(SAID, ensure_ascii=False).encode()
    packed = PACK[coding](plain)
    kind = (b"content-type", b"text/event-stream") if is_stream else JSON
    fields = [kind, (b"content-encoding", coding.encode())]
    pieces = [packed[at : at + 20] for at in range(0, len(packed), 20)]
    answer = Answer(headers=fields, chunks=pieces, framing="chunked" if is_stream else "length")
    upstream.script(lambda got: got.header("x-case") == coding.encode(), answer)
    url = torana.at("openai") + "/chat/completions"
    sent = {"x-case": coding, "accept-encoding": coding}
    with httpx.stream("POST", url, json=CHAT | {"stream": is_stream}, headers=sent, trust_env=False) as reply:
        assert b"".join(reply.iter_raw()) == packed
        assert reply.headers["content-encoding"] == coding
    row = row_of(torana, reply)
    assert (row["tokens_in"], row["tokens_out"], row["streamed"]) == (1000, 500, is_stream)
    assert row["response_size"] == len(packed)
    assert str(row["response_head"]) == plain.decode()[:4096]


# --- options ----------------------------------------------------------------------------------------------------------


def test_an_answer_names_its_log_its_event_its_request_and_its_step(torana: Torana, upstream: ScriptedUpstream) -> None:
    theirs = [JSON, (b"cf-aig-log-id", b"theirs"), (b"cf-aig-step", b"7"), (b"CF-AIG-Other", b"x"), (b"cf-ray", b"r")]
    upstream.script(lambda got: got.header("x-case") == b"cf", Answer(headers=theirs, body=b"{}"))
    plain, named = chat(torana, {"x-case": "cf"}), chat(torana, {"x-case": "cf", "cf-aig-event-id": "my-event-1"})
    log_id = plain.headers["cf-aig-log-id"]
    assert UUID7.fullmatch(log_id)
    ours = {name: value for name, value in plain.headers.items() if name.startswith("cf-aig-")}
    assert ours.keys() == {"cf-aig-log-id", "cf-aig-event-id", "cf-aig-request-id", "cf-aig-step"}
    assert (ours["cf-aig-step"], plain.headers["cf-ray"]) == ("0", "r")
    assert len(plain.headers.get_list("cf-aig-log-id")) == 1
    assert named.headers["cf-aig-event-id"] == "my-event-1"
    assert row_of(torana, named)["event_id"] == "my-event-1"
    assert plain.headers["cf-aig-log-id"] < named.headers["cf-aig-log-id"]


def test_a_caller_may_have_no_log_or_one_without_bodies(torana: Torana) -> None:
    silent = chat(torana, {"cf-aig-collect-log": "false"}, model="not-to-be-logged")
    assert "cf-aig-log-id" not in silent.headers
    bare = row_of(torana, chat(torana, {"cf-aig-collect-log-payload": "false"}))
    full = row_of(torana, chat(torana, {"cf-aig-collect-log": "true", "cf-aig-collect-log-payload": "true"}))
    assert (bare["has_bodies"], full["has_bodies"]) == (False, True)
    assert (bare["request_head"], bare["request_headers"], bare["response_head"]) == ("", "", "")
    assert (bare["tokens_in"], bare["status_code"]) == (12, 200)
    assert full["request_head"] == json.dumps(CHAT, separators=(",", ":"))
    assert torana.logs("--model", "not-to-be-logged") == []


def test_metadata_is_kept_as_far_as_it_may_go(torana: Torana) -> None:
    given = {"team": "red", "cf.own": 1, "n": 2, "ok": True, "none": None, "e": "é", "sixth": 6}
    row = row_of(torana, chat(torana, {"cf-aig-metadata": json.dumps(given)}))
    assert json.loads(str(row["metadata"])) == {"team": "red", "n": 2, "ok": True, "none": None, "e": "é"}


# --- costs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "cost"),
    [('{"per_token_in": 0.001, "per_token_out": 0.01}', 12 * 0.001 + 5 * 0.01), ('{"total_cost": 0.25}', 0.25)],
)
def test_a_callers_own_cost_counts(torana: Torana, given: str, cost: float) -> None:
    row = row_of(torana, chat(torana, {"cf-aig-custom-cost": given}))
    assert row["cost"] == pytest.approx(cost)
    assert (row["cost_source"], row["custom_cost"], row["price_version"]) == ("custom", True, None)


@pytest.mark.parametrize("is_stream", [False, True])
def test_what_the_provider_says_it_charged_is_preferred(
    torana: Torana, upstream: ScriptedUpstream, *, is_stream: bool
) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500, "cost": 0.0123}
    body = json.dumps(SAID | {"usage": usage}).encode()
    data = b"data: %b\n\ndata: [DONE]\n\n" % body
    answer = (
        Answer(headers=[(b"content-type", b"text/event-stream")], chunks=[data[:50], data[50:]], framing="chunked")
        if is_stream
        else Answer(headers=[JSON], body=body)
    )
    upstream.script(lambda got: got.header("x-case") == b"charged", answer)
    asked = {"model": "openai/gpt-4o-mini", "stream": is_stream}
    row = row_of(torana, chat(torana, {"x-case": "charged"}, "openrouter", **asked))
    assert (row["cost"], row["cost_source"], row["price_version"]) == (0.0123, "provider", None)


def test_a_known_model_is_priced_by_the_table_and_an_unknown_one_not_at_all(
    torana: Torana, upstream: ScriptedUpstream
) -> None:
    upstream.script(lambda got: got.header("x-case") == b"1500", Answer(headers=[JSON], body=json.dumps(SAID).encode()))
    known = row_of(torana, chat(torana, {"x-case": "1500"}))
    # gpt-4o-mini: 0.15 and 0.60 USD for a million tokens.
    assert known["cost"] == pytest.approx(1000 * 0.15e-6 + 500 * 0.60e-6)
    assert known["cost_source"] == "table"
    assert known["price_version"]
    unknown = row_of(torana, chat(torana, {"x-case": "1500"}, model="a-model-of-nobody"))
    assert (unknown["cost"], unknown["cost_source"], unknown["price_version"]) == (None, None, None)
    assert unknown["tokens_in"] == 1000
