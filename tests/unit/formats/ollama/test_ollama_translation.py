"""Ollama's chat: what its own client makes of our answers, and what survives a way there and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ollama import ChatResponse

from golden_cases import ID, Case, all_cases
from torana.errors import BadChatFormat
from torana.formats.json import Json, as_list, as_object
from torana.formats.ollama import FORMAT, TRANSLATOR
from torana.formats.ollama.words import date_of
from torana.formats.openai_chat.passing import joined
from torana.formats.translation import Brief, Turn

TURN = Turn(ID, 1_700_000_000, "m", {}, {})
ANSWERS = [
    case
    for case in all_cases()
    # Its client sends images, and does not read any.
    if case.translator is TRANSLATOR and not case.is_to_chat and "image" not in case.folder.name
]
SIGNED: list[Json] = [
    {"type": "reasoning.text", "text": "Hm", "signature": "c2ln", "format": "anthropic-claude-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "gAAA", "format": "openai-responses-v1", "index": 1, "id": "rs_1"},
]


@pytest.mark.parametrize("case", [c for c in ANSWERS if c.has("reply.json")], ids=str)
def test_replies_are_those_of_the_official_client(case: Case) -> None:
    assert ChatResponse.model_validate(case.read("reply.expected.json")).done


@pytest.mark.parametrize("case", [c for c in ANSWERS if c.has("stream.jsonl")], ids=str)
def test_lines_are_those_of_the_official_client(case: Case) -> None:
    lines = [json.loads(line) for line in (case.folder / "stream.expected.ndjson").read_text().splitlines()]
    told = [ChatResponse.model_validate(line) for line in lines if "error" not in line]
    assert "error" in lines[-1] or told[-1].done
    assert not any(line.done for line in told[:-1])


@given(st.integers(min_value=0, max_value=250_000_000_000))
def test_dates_are_those_of_the_calendar(unix_s: int) -> None:
    assert date_of(unix_s) == datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def test_a_conversation_survives_the_way_to_ollama_and_back() -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    chat: Json = {
        "model": "qwen3",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": url}}],
            },
            {
                "role": "assistant",
                "content": "I will.",
                "reasoning": "Hm",
                "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "format": "unknown", "index": 0}],
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
                    {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "b", "content": "2"},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.5,
        "top_k": 3,
        "min_p": 0.1,
        "repetition_penalty": 1.1,
        "stop": ["a"],
        "seed": 1,
        "reasoning": {"effort": "low"},
        "response_format": {"type": "json_object"},
        "stream": True,
    }
    told = TRANSLATOR.request_from_chat(json.loads(json.dumps(chat)), Brief("ollama"))
    assert TRANSLATOR.request_to_chat(told, Brief()) == chat


def test_signed_thoughts_come_back_as_they_were_through_a_reply() -> None:
    message: Json = {"role": "assistant", "content": "4", "reasoning": "Hm", "reasoning_details": SIGNED}
    reply = TRANSLATOR.reply_from_chat({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}, TURN)
    chat = TRANSLATOR.request_to_chat({"messages": [reply["message"]]}, Brief())
    assert as_list(chat["messages"]) == [message]


def test_signed_thoughts_come_back_as_they_were_through_a_stream() -> None:
    machine = TRANSLATOR.stream_from_chat(TURN)
    pieces: list[Json] = [
        {"type": "reasoning.text", "text": "H", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.text", "text": "m", "signature": "c2ln", "format": "anthropic-claude-v1", "index": 0},
        SIGNED[1],
    ]
    data = machine.feed([{"choices": [{"index": 0, "delta": {"reasoning_details": [piece]}}]} for piece in pieces])
    whole = json.loads(FORMAT.assemble(data + machine.finish()) or b"")
    chat = TRANSLATOR.request_to_chat({"messages": [whole["message"]]}, Brief())
    assert as_object(as_list(chat["messages"])[0])["reasoning_details"] == SIGNED


def test_a_stream_says_what_the_same_answer_says_whole() -> None:
    def call(id_: str, index: int, arguments: str) -> Json:
        return {"index": index, "id": id_, "type": "function", "function": {"name": "f", "arguments": arguments}}

    chunks: list[Json] = [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"index": 0, "delta": {"reasoning": "Hm"}}]},
        {"choices": [{"index": 0, "delta": {"content": "Hel"}}]},
        {"choices": [{"index": 0, "delta": {"content": "lo"}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [call("a", 0, "{}"), call("b", 1, '{"x"')]}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 1, "function": {"arguments": ":1}"}}]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
    ]
    machine = TRANSLATOR.stream_from_chat(TURN)
    streamed = json.loads(FORMAT.assemble(machine.feed(chunks) + machine.finish()) or b"")
    assert streamed == TRANSLATOR.reply_from_chat(joined(chunks), TURN)


@pytest.mark.parametrize(
    ("body", "is_stream", "most"),
    [
        (b'{"model":"m"}', True, None),
        (b'{"model":"m","stream":false,"options":{"num_predict":5}}', False, 5),
        (b'{"model":"m","stream":true,"options":{"num_predict":-1}}', True, None),
        (b'{"model":"m","stream":null,"options":7}', True, None),
    ],
)
def test_a_request_is_for_a_stream_unless_it_says_otherwise(body: bytes, is_stream: bool, most: int | None) -> None:  # noqa: FBT001
    asked = FORMAT.read_request(body)
    assert (asked.model, asked.is_stream, asked.max_tokens_out) == ("m", is_stream, most)


@pytest.mark.parametrize(
    ("messages", "named"),
    [
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}],
            "messages[0].content[0].image_url.url",
        ),
        ([{"role": "user", "content": [{"type": "video_url"}]}], "messages[0].content[0]"),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id"),
        ([{"role": "assistant", "tool_calls": [{"id": "a", "type": "custom"}]}], "messages[0].tool_calls[0]"),
        ([{"role": "assistant", "function_call": {"name": "f"}}], "messages[0].function_call"),
        ([{"role": "assistant", "images": ["x"]}], "messages[0].images[0]"),
        ([{"role": "critic", "content": "x"}], "messages[0].role"),
        ("x", "messages"),
    ],
)
def test_what_ollama_cannot_be_told_is_named(messages: object, named: str) -> None:
    with pytest.raises(BadChatFormat) as caught:
        TRANSLATOR.request_from_chat({"model": "m", "messages": messages}, Brief("ollama"))
    assert f"`{named}`" in caught.value.message


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("options", "x", "options"),
        ("options", {"stop": 5}, "options.stop"),
        ("tools", [{"function": {}}], "tools[0].function.name"),
        ("think", 5, "think"),
        ("format", 5, "format"),
        ("messages", [{"role": "user", "content": ["x"]}], "messages[0].content"),
        (
            "messages",
            [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": [1]}}]}],
            "messages[0]",
        ),
    ],
)
def test_a_wrong_field_of_a_client_is_named(field: str, value: object, named: str) -> None:
    with pytest.raises(BadChatFormat) as caught:
        TRANSLATOR.request_to_chat({"messages": [{"role": "user", "content": "x"}], field: value}, Brief())
    assert f"`{named}" in caught.value.message
