"""Claude behind InvokeModel: what its clients get, and what Bedrock is sent."""

from __future__ import annotations

import copy

import httpx2
import pytest
from anthropic import AnthropicBedrock, APIStatusError
from anthropic.types import Message
from pydantic import TypeAdapter

from golden_cases import ID, Case, all_cases, chunks_of, stream_from_chat
from torana.formats.bedrock_invoke.claude import TRANSLATOR
from torana.formats.json import Json
from torana.formats.reasoning import ANTHROPIC
from torana.formats.translation import Brief, Turn

CASES = [case for case in all_cases() if str(case).startswith("chat_to_bedrock_invoke_claude/")]


def client(answer: httpx2.Response) -> AnthropicBedrock:
    transport = httpx2.MockTransport(lambda _: answer)
    return AnthropicBedrock(
        api_key="test", aws_region="us-east-1", http_client=httpx2.Client(transport=transport), max_retries=0
    )


def accumulated(data: bytes) -> Message:
    answer = httpx2.Response(200, content=data, headers={"content-type": "application/vnd.amazon.eventstream"})
    with client(answer).messages.stream(
        model="anthropic.claude-opus-4-6-v1", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        for _ in stream:
            pass
        return stream.get_final_message()


@pytest.mark.parametrize("case", [case for case in CASES if case.stream], ids=str)
def test_a_stream_accumulates_to_the_reply_that_was_told(case: Case) -> None:
    assert case.stream is not None
    data, _ = stream_from_chat(case, [chunks_of(case.stream)])
    if "on_the_way" in str(case):
        with pytest.raises(APIStatusError):
            accumulated(data)
        return
    told = case.read("reply.expected.json")
    assert isinstance(told, dict)
    message = accumulated(data)
    types = [block["type"] for block in told["content"]]
    assert [block.type for block in message.content] == types
    if "text" in types:
        assert message.content[-1].to_dict().get("text") == told["content"][-1]["text"]


@pytest.mark.parametrize("case", [case for case in CASES if case.has("reply.json")], ids=str)
def test_a_reply_is_a_message(case: Case) -> None:
    told = case.read("reply.expected.json")
    assert TypeAdapter(Message).validate_python(told).to_dict(exclude_unset=True) == told


def test_thoughts_go_to_bedrock_and_come_back_through_its_client() -> None:
    details: list[Json] = [
        {"type": "reasoning.text", "text": "A", "signature": "Eq==", "format": ANTHROPIC, "index": 0},
        {"type": "reasoning.encrypted", "data": "EmwK", "format": ANTHROPIC, "index": 1},
    ]
    message: Json = {"role": "assistant", "content": "Yes.", "reasoning_details": copy.deepcopy(details)}
    reply = TRANSLATOR.reply_from_chat({"choices": [{"message": message, "finish_reason": "stop"}]}, turn())
    asked: Json = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": reply["content"]}],
    }
    chat = TRANSLATOR.request_to_chat(copy.deepcopy(asked), Brief())
    messages = chat["messages"]
    assert isinstance(messages, list)
    assert messages[1]["reasoning_details"] == details
    assert TRANSLATOR.request_from_chat(chat, Brief("aws-bedrock")) == asked


def test_frames_that_are_not_frames_break_the_stream() -> None:
    machine = TRANSLATOR.stream_to_chat(turn())
    chunks = machine.feed(b"<html>Bad gateway</html>") + machine.finish()
    assert machine.is_broken
    assert ["error" in chunk for chunk in chunks] == [True]


def turn() -> Turn:
    return Turn(ID, 0, "a-model", {}, {})
