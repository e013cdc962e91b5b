"""What clients of Anthropic get, as Anthropic's own SDK reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest
from anthropic import Anthropic, APIStatusError
from anthropic.types import Message
from anthropic.types.shared import ErrorResponse
from pydantic import TypeAdapter

from golden_cases import Case, all_cases, chunks_of, stream_from_chat
from torana.formats.anthropic_messages.passing import assemble

CASES = [case for case in all_cases() if str(case).startswith("chat_to_anthropic_messages/")]
REPLIES = [case for case in CASES if case.has("reply.json")]
ERRORS = [case for case in CASES if case.has("error.json")]
STREAMS = [case for case in CASES if case.stream]


def client(answer: httpx2.Response) -> Anthropic:
    transport = httpx2.MockTransport(lambda _: answer)
    return Anthropic(api_key="sk-test", http_client=httpx2.Client(transport=transport), max_retries=0)


@pytest.mark.parametrize("case", REPLIES, ids=str)
def test_a_reply_is_a_message(case: Case) -> None:
    told = case.read("reply.expected.json")
    message = TypeAdapter(Message).validate_python(told)
    assert message.to_dict(exclude_unset=True) == told


@pytest.mark.parametrize("case", ERRORS, ids=str)
def test_an_error_is_raised_with_its_message(case: Case) -> None:
    told = case.read("error.expected.json")
    given = case.read("error.json")
    assert isinstance(given, dict)
    assert isinstance(told, dict)
    if told["error"]["type"] != "request_too_large":  # documented, and missing from the SDK's types
        TypeAdapter(ErrorResponse).validate_python(told)
    with pytest.raises(APIStatusError) as raised:
        client(httpx2.Response(given["status"], json=told)).messages.create(
            model="a-model", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
        )
    assert raised.value.api_message == told["error"]["message"]
    assert raised.value.type == told["error"]["type"]


def accumulated(data: bytes) -> Message:
    answer = httpx2.Response(200, content=data, headers={"content-type": "text/event-stream"})
    with client(answer).messages.stream(
        model="a-model", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        for _ in stream:
            pass
        return stream.get_final_message()


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_a_stream_accumulates_to_what_was_told(case: Case) -> None:
    assert case.stream is not None
    data, _ = stream_from_chat(case, [chunks_of(case.stream)])
    if b'"type":"error"' in data:
        with pytest.raises(APIStatusError):
            accumulated(data)
        return
    message = accumulated(data)
    assembled = json.loads(assemble(data) or b"{}")
    told = message.to_dict()
    assert told["content"] == assembled["content"]
    assert message.stop_reason == assembled["stop_reason"]
    assert message.usage.output_tokens == assembled["usage"]["output_tokens"]
    assert message.usage.input_tokens == assembled["usage"]["input_tokens"]


def events(data: bytes) -> Iterator[dict[str, object]]:
    for line in data.splitlines():
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_blocks_come_one_after_the_other_and_are_closed(case: Case) -> None:
    assert case.stream is not None
    data, _ = stream_from_chat(case, [chunks_of(case.stream)])
    opened: list[object] = []
    current: object = None
    for event in events(data):
        if event["type"] == "content_block_start":
            assert current is None
            current = event["index"]
            opened.append(current)
        elif event["type"] == "content_block_delta":
            assert event["index"] == current
        elif event["type"] == "content_block_stop":
            assert event["index"] == current
            current = None
    assert opened == list(range(len(opened)))
    assert current is None or b'"type":"error"' in data
