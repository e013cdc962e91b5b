"""Client and upstream speak different formats: what is sent, what comes back, what is logged."""

from __future__ import annotations

import gzip

import msgspec
import pytest

from fakes import JSON_TYPE, PREFIX, Answers, Pieces, Records, Taken, flow, request
from torana.exchange import Usage
from torana.formats.json import Json
from torana.message import Call, Headers, Reply

KEY = (b"x-api-key", b"sk-of-the-caller-0123")
SSE = (b"content-type", b"text/event-stream; charset=utf-8")
MESSAGES = PREFIX + "compat/v1/messages"
ASKED: Json = {"model": "mistral/small", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
ANSWER: Json = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "small",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}},
}
STREAM = (
    b'data: {"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}\n\n'
    b'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"lo."},"finish_reason":null}]}\n\n'
    b'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,'
    b'"prompt_tokens_details":{"cached_tokens":3}}}\n\n'
    b"data: [DONE]\n\n"
)
USED = Usage(5, 2, cached_tokens_in=3)


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


def told(reply: Reply) -> Json:
    assert isinstance(reply.body, bytes)
    return msgspec.json.decode(reply.body, type=dict[str, object])


def streamed(reply: Reply) -> bytes:
    if isinstance(reply.body, bytes):
        return reply.body
    sink = Taken()
    reply.body.start(sink)
    assert sink.ended
    return sink.data


def answering(reply: Reply) -> Answers:
    return Answers(lambda _: reply)


async def asked(upstream: Answers, records: Records, body: Json, headers: Headers | None = None) -> Reply:
    sent = request(MESSAGES, encoded(body), [JSON_TYPE, KEY, (b"anthropic-version", b"2023-06-01"), *(headers or [])])
    return await flow(records, upstream).handle(sent)


async def test_a_request_is_told_in_the_providers_format_and_its_answer_in_the_clients() -> None:
    records = Records()
    upstream = answering(Reply(200, [JSON_TYPE, (b"x-request-id", b"r1"), (b"content-length", b"9")], encoded(ANSWER)))
    reply = await asked(upstream, records, {**ASKED, "system": "Be brief.", "top_k": 5, "temperature": 0.5})
    message = told(reply)
    assert (message["type"], message["content"]) == ("message", [{"type": "text", "text": "Hello."}])
    headers = dict(reply.headers)
    assert (headers[b"torana-dropped-params"], headers[b"x-request-id"]) == (b"top_k", b"r1")
    assert b"content-length" not in headers
    (call,) = upstream.calls
    assert (call.method, call.target) == (b"POST", b"/v1/chat/completions")
    assert dict(call.headers)[b"authorization"] == b"Bearer " + KEY[1]
    assert {name for name, _ in call.headers} & {b"x-api-key", b"anthropic-version"} == set()
    assert isinstance(call.body, bytes)
    sent = msgspec.json.decode(call.body)
    assert (sent["model"], sent["temperature"], "top_k" in sent) == ("small", 0.5, False)
    assert [said["role"] for said in sent["messages"]] == ["system", "user"]
    (row,) = records.rows
    assert (row.provider, row.model, row.usage, row.status) == ("mistral", "small", USED, 200)
    assert msgspec.json.decode(row.request_body)["model"] == "mistral/small", "the log has what the client sent"
    assert row.response_body == reply.body, "and what it got"


@pytest.mark.parametrize("pieces", [[STREAM], [STREAM[i : i + 1] for i in range(len(STREAM))]])
async def test_a_stream_is_retold_as_it_comes(pieces: list[bytes]) -> None:
    records = Records()
    reply = await asked(answering(Reply(200, [SSE], Pieces(pieces))), records, {**ASKED, "stream": True})
    data = streamed(reply)
    assert [line for line in data.split(b"\n") if line.startswith(b"event:")][-1] == b"event: message_stop"
    assert dict(reply.headers)[b"content-type"] == b"text/event-stream"
    (row,) = records.rows
    assert (row.is_stream, row.usage, row.is_broken, row.format) == (True, USED, False, "anthropic_messages")
    assert row.response_body == data


@pytest.mark.parametrize("coding", ["gzip", ""])
async def test_a_compressed_answer_is_read(coding: str) -> None:
    body = gzip.compress(encoded(ANSWER)) if coding else encoded(ANSWER)
    records = Records()
    reply = await asked(
        answering(Reply(200, [JSON_TYPE, (b"content-encoding", coding.encode())], body)), records, ASKED
    )
    assert told(reply)["stop_reason"] == "end_turn"
    assert b"content-encoding" not in dict(reply.headers)


async def test_an_answer_that_comes_whole_is_streamed_to_who_asked_for_a_stream() -> None:
    records = Records()
    reply = await asked(answering(Reply(200, [JSON_TYPE], encoded(ANSWER))), records, {**ASKED, "stream": True})
    data = streamed(reply)
    assert b'"text":"Hello."' in data
    assert data.rstrip().endswith(b'data: {"type":"message_stop"}')
    assert records.rows[0].usage == USED


async def test_a_stream_that_nobody_asked_for_is_put_together() -> None:
    records = Records()
    reply = await asked(answering(Reply(200, [SSE], STREAM)), records, ASKED)
    assert told(reply)["content"] == [{"type": "text", "text": "Hello."}]
    assert records.rows[0].usage == USED


async def test_an_error_keeps_its_status_and_gets_the_clients_shape() -> None:
    records = Records()
    error = encoded({"object": "error", "message": "Too many requests", "type": "rate_limited", "code": "1300"})
    reply = await asked(answering(Reply(429, [JSON_TYPE, (b"retry-after", b"7")], error)), records, ASKED)
    assert (reply.status, dict(reply.headers)[b"retry-after"]) == (429, b"7")
    body = told(reply)
    assert body["type"] == "error"
    assert body["error"] == {"type": "rate_limit_error", "message": "Too many requests"}
    assert records.rows[0].usage is None


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
async def test_an_answer_that_is_none_is_the_upstreams_fault(body: bytes) -> None:
    records = Records()
    reply = await asked(answering(Reply(200, [JSON_TYPE], body)), records, ASKED)
    assert reply.status == 502
    assert told(reply)["name"] == "AiGatewayError"


async def test_a_stream_that_breaks_is_logged_as_broken() -> None:
    records = Records()
    reply = await asked(answering(Reply(200, [SSE], Pieces([STREAM[:150]]))), records, {**ASKED, "stream": True})
    assert b"event: error" in streamed(reply)
    assert records.rows[0].is_broken
    assert "before its end" in records.rows[0].error


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"messages": "Hi"}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "x"}}]}]}, "content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "content[0]"),
    ],
)
async def test_what_cannot_be_told_is_named_and_sent_nowhere(change: Json, field: str) -> None:
    records, upstream = Records(), answering(Reply(200, [JSON_TYPE], encoded(ANSWER)))
    reply = await asked(upstream, records, {**ASKED, **change})
    body = told(reply)
    assert (reply.status, body["internalCode"]) == (400, 2019)
    assert field in str(body["message"])
    assert not upstream.calls
    assert records.rows[0].status == 400


async def test_a_conversation_that_anthropic_would_hold_is_asked_for_whole_as_its_sdk_understands() -> None:
    upstream, records = answering(Reply(200, [JSON_TYPE], encoded(ANSWER))), Records()
    held = {**ASKED, "thread": {"type": "continue", "previous_message_id": "msg_1"}}
    reply = await asked(upstream, records, held)
    error = told(reply)["error"]
    assert isinstance(error, dict)
    assert (reply.status, error["type"]) == (400, "invalid_request_error")
    assert error["details"] == {"error_code": "thread_unsupported_request"}
    assert not upstream.calls
    assert (records.rows[0].status, records.rows[0].error) == (400, error["message"])


async def test_tokens_are_estimated_and_said_to_be() -> None:
    records, upstream = Records(), answering(Reply(500, [], b""))
    sent = request(MESSAGES + "/count_tokens", encoded(ASKED), [JSON_TYPE, KEY])
    reply = await flow(records, upstream).handle(sent)
    assert dict(reply.headers)[b"torana-estimated"] == b"true"
    assert 5 < int(str(told(reply)["input_tokens"])) < 60
    assert not upstream.calls
    assert records.rows[0].usage is None, "nothing was used"


async def test_tokens_are_counted_by_an_upstream_that_can() -> None:
    records, upstream = Records(), answering(Reply(200, [JSON_TYPE], b'{"totalTokens": 31}'))
    body = {**ASKED, "model": "google/gemini-2.5-flash"}
    del body["max_tokens"]
    reply = await flow(records, upstream).handle(request(MESSAGES + "/count_tokens", encoded(body), [JSON_TYPE, KEY]))
    assert told(reply) == {"input_tokens": 31}
    (call,) = upstream.calls
    assert call.target == b"/v1beta/models/gemini-2.5-flash:countTokens"
    assert isinstance(call.body, bytes)
    asked = msgspec.json.decode(call.body)["generateContentRequest"]
    assert (asked["model"], asked["contents"][0]["parts"]) == ("models/gemini-2.5-flash", [{"text": "Hi"}])
    assert records.rows[0].usage is None


async def test_googles_clients_are_told_what_anthropic_counts() -> None:
    records, upstream = Records(), answering(Reply(200, [JSON_TYPE], b'{"input_tokens": 12}'))
    path = PREFIX + "compat/v1beta/models/anthropic/claude-haiku-4-5:countTokens"
    body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    reply = await flow(records, upstream).handle(request(path, encoded(body), [JSON_TYPE, KEY]))
    assert told(reply)["totalTokens"] == 12
    (call,) = upstream.calls
    assert call.target == b"/v1/messages/count_tokens"
    assert isinstance(call.body, bytes)
    assert msgspec.json.decode(call.body).keys() == {"model", "messages"}


async def test_an_upstream_that_fails_is_tried_again_with_the_same_words() -> None:
    answers = [Reply(500, [], b"{}"), Reply(200, [JSON_TYPE], encoded(ANSWER))]

    def answer(_: Call) -> Reply:
        return answers.pop(0)

    records, upstream = Records(), Answers(answer)
    wishes = [(b"cf-aig-max-attempts", b"2"), (b"cf-aig-retry-delay", b"1")]
    reply = await asked(upstream, records, ASKED, wishes)
    assert reply.status == 200
    assert upstream.calls[0].body == upstream.calls[1].body
    assert [attempt.status for attempt in records.rows[0].attempts] == [500, 200]
