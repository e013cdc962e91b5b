"""Bodies and events, read by the types of official SDKs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from openai.types.responses import Response, ResponseStreamEvent
from openrouter import components
from pydantic import TypeAdapter

from dresses import answer, dress
from torana.formats.json import Json
from torana.formats.translation import Failure, Turn, failed
from torana.formats.translators import TRANSLATORS
from torana.surfaces.router import dressing
from torana.surfaces.router.metadata import Seat, Way, metadata
from torana.surfaces.router.streams import DressedStream

SEAT = Seat("CoreWeave", "deepseek/deepseek-v4.1-flash", 200)
WAY = metadata(Way(requested="deepseek/deepseek-v4.1-flash", available=[SEAT], asked=[SEAT]))
CALL: Json = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MESSAGES: dict[str, Json] = {
    "text": {"content": "four"},
    "thought": {"content": "four", "reasoning": "2+2"},
    "call": {"content": None, "tool_calls": [CALL]},
}
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}


def turn(request: Json | None = None) -> Turn:
    return Turn("0" * 32, 1_700_000_000, "deepseek/deepseek-v4.1-flash", request or {}, {}, generation="gen-1", now=now)


def now() -> int:
    return 1_700_000_009


def whole(message: Json) -> Json:
    finish = "tool_calls" if "tool_calls" in message else "stop"
    return dressing.reply(answer(message, finish), dress(metadata=WAY))


def chunks(message: Json) -> list[Json]:
    delta = dict(message)
    if "tool_calls" in delta:
        delta["tool_calls"] = [{**CALL, "index": 0}]
    usage = answer({})["usage"]
    stream = DressedStream(dress(metadata=WAY))
    finish = "tool_calls" if "tool_calls" in message else "stop"
    told: list[Json] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]},
        {"choices": [], "usage": usage},
    ]
    return stream.feed(told) + stream.finish()


def broken() -> list[Json]:
    stream = DressedStream(dress())
    return stream.feed(
        [{"choices": [{"index": 0, "delta": {"content": "fo"}}]}, failed(Failure("slow", "rate_limit_error"), 429)]
    )


def events(format_: str, told: list[Json], request: Json | None = None) -> list[dict[str, Any]]:
    out = TRANSLATORS[format_].stream_from_chat(turn(request))
    lines = (out.feed(told) + out.finish()).decode().splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    if format_ == "anthropic_messages":  # whose SDK stumbles over the mark that OpenRouter puts there too
        return [json.loads(each) for each in data]
    assert data[-1] == "[DONE]"
    return [json.loads(each) for each in data[:-1]]


@pytest.mark.parametrize("name", list(MESSAGES))
def test_openrouters_sdk_reads_a_chat(name: str) -> None:
    made = components.ChatResult.model_validate(whole(MESSAGES[name]))
    assert made.usage is not None
    assert made.usage.cost == 0.0000126
    assert made.usage.cost_details
    assert made.usage.cost_details.upstream_inference_prompt_cost == 0.0000074
    assert made.openrouter_metadata is not None
    assert made.choices[0].message.model_dump(exclude_none=True)["role"] == "assistant"
    for each in events("openai_chat", chunks(MESSAGES[name])):
        last = components.ChatStreamChunk.model_validate(each)
    assert last.usage == made.usage
    assert last.openrouter_metadata == made.openrouter_metadata


def test_openrouters_sdk_reads_an_error_within_a_stream() -> None:
    made = components.ChatStreamChunk.model_validate(events("openai_chat", broken())[-1])
    assert made.error is not None
    assert made.error.code == 429
    assert made.error.metadata is not None
    assert made.error.metadata.error_type == "rate_limit_exceeded"
    assert made.choices[0].finish_reason == "error"


@pytest.mark.parametrize("name", list(MESSAGES))
def test_the_sdks_read_a_response(name: str) -> None:
    request: Json = {"tools": [FUNCTION]} if name == "call" else {}
    told = TRANSLATORS["openai_responses"].reply_from_chat(whole(MESSAGES[name]), turn(request))
    made = components.OpenResponsesResult.model_validate(told)
    assert (made.id, made.completed_at, made.status) == ("gen-1", now(), "completed")
    assert made.usage
    assert made.usage.cost == 0.0000126
    assert made.openrouter_metadata is not None
    assert Response.model_validate(told).id == "gen-1"
    streamed = events("openai_responses", chunks(MESSAGES[name]), request)
    for each in streamed:
        TypeAdapter(components.StreamEvents).validate_python(each)
        TypeAdapter(ResponseStreamEvent).validate_python(each)
    assert streamed[-1]["response"]["usage"] == told["usage"]


@pytest.mark.parametrize("format_", ["openai_chat", "completions", "openai_responses"])
def test_who_debugs_sees_what_the_provider_was_sent(format_: str) -> None:
    envelope = dress().envelope("chat.completion.chunk")
    debug: Json = {"echo_upstream_body": {"model": "m"}}
    streamed = events(
        format_, [{**envelope, "choices": [], "debug": debug}, *chunks(MESSAGES["text"])], {"prompt": "x"}
    )
    found = [each for each in streamed if "debug" in each]
    assert [each["debug"] for each in found] == [debug]
    if format_ == "openai_responses":
        assert streamed[0]["type"] == "response.created"
        assert components.DebugEvent.model_validate(found[0]).type == "response.debug"


def test_the_sdks_read_a_response_that_failed() -> None:
    *_, error, last = events("openai_responses", broken())
    flat = components.ErrorEvent.model_validate(error)
    assert (flat.code, flat.message) == ("rate_limit_exceeded", "Provider returned error")
    failed_ = components.StreamEventsResponseFailed.model_validate(last)
    assert failed_.response.error_type == "rate_limit_exceeded"
    assert last["error_type"] == "rate_limit_exceeded"


@pytest.mark.parametrize("name", list(MESSAGES))
def test_anthropics_sdk_reads_a_message(name: str) -> None:
    told = TRANSLATORS["anthropic_messages"].reply_from_chat(whole(MESSAGES[name]), turn())
    made = Message.model_validate(told)
    assert made.id == "gen-1"
    extra = made.model_extra or {}
    assert extra["provider"] == "CoreWeave"
    assert extra["openrouter_metadata"] == WAY
    assert made.usage.model_extra is not None
    assert made.usage.model_extra["cost"] == 0.0000126
    streamed = events("anthropic_messages", chunks(MESSAGES[name]))
    for each in streamed:
        TypeAdapter(RawMessageStreamEvent).validate_python(each)
    assert streamed[0]["message"]["provider"] == "CoreWeave"
    assert streamed[-2]["usage"] == told["usage"]
    assert streamed[-1]["openrouter_metadata"] == WAY


def test_clients_of_messages_are_told_of_an_error_in_anthropics_words() -> None:
    error = events("anthropic_messages", broken())[-1]
    assert error["error"]["type"] == "rate_limit_error"
    assert error["error"]["error_type"] == "rate_limit_exceeded"
    assert error["request_id"] == "gen-1"


@pytest.mark.parametrize("format_", ["anthropic_messages", "openai_responses", "completions", "openai_chat"])
def test_without_a_generation_nothing_is_added(format_: str) -> None:
    bare = Turn("0" * 32, 1, "m", {"prompt": "x"}, {})
    chat = answer({"content": "four"})
    told = TRANSLATORS[format_].reply_from_chat(chat, bare)
    assert "gen-" not in json.dumps(told)
    assert not {"provider", "openrouter_metadata", "completed_at", "container"} & told.keys()
    out = TRANSLATORS[format_].stream_from_chat(bare)
    streamed = (
        out.feed([{"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}]) + out.finish()
    )
    assert b"gen-" not in streamed
    assert b"provider" not in streamed
