"""Cohere's chat: what its own client makes of our answers, and what survives a way there and back."""

from __future__ import annotations

import json

import pytest
from cohere.v2.types.v2chat_response import V2ChatResponse
from cohere.v2.types.v2chat_stream_response import V2ChatStreamResponse
from pydantic import TypeAdapter

from golden_cases import ID, Case, all_cases
from torana.errors import BadChatFormat
from torana.formats.cohere import FORMAT, TRANSLATOR
from torana.formats.json import Json, as_list, as_object
from torana.formats.openai_chat.passing import joined
from torana.formats.translation import Brief, Turn

TURN = Turn(ID, 1_700_000_000, "m", {}, {})
ANSWERS = [case for case in all_cases() if case.translator is TRANSLATOR and not case.is_to_chat]
EVENTS: TypeAdapter[object] = TypeAdapter(V2ChatStreamResponse)
SIGNED: list[Json] = [
    {"type": "reasoning.text", "text": "Hm", "signature": "c2ln", "format": "anthropic-claude-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "gAAA", "format": "openai-responses-v1", "index": 1, "id": "rs_1"},
]


def is_own(case: Case, name: str) -> bool:
    """Cohere's models answer without images; its client keeps what it does not know."""
    return case.has(name) and "image" not in case.folder.name


@pytest.mark.parametrize("case", [c for c in ANSWERS if is_own(c, "reply.json")], ids=str)
def test_replies_are_those_of_the_official_client(case: Case) -> None:
    V2ChatResponse.model_validate(case.read("reply.expected.json"))


@pytest.mark.parametrize("case", [c for c in ANSWERS if is_own(c, "stream.jsonl")], ids=str)
def test_events_are_those_of_the_official_client(case: Case) -> None:
    lines = (case.folder / "stream.expected.sse").read_text().splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert [json.loads(each)["type"] for each in data[:-1]] == names
    for each in data[:-1]:
        event = EVENTS.validate_json(each)
        assert type(event).__name__.lower().startswith(json.loads(each)["type"].replace("-", ""))


def back_again(body: Json) -> Json:
    """Out of the hub and into it again."""
    return TRANSLATOR.request_to_chat(TRANSLATOR.request_from_chat(body, Brief("cohere")), Brief())


def test_a_conversation_survives_the_way_to_cohere_and_back() -> None:
    chat: Json = {
        "model": "command-a",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "u"}}],
            },
            {
                "role": "assistant",
                "content": "I will.",
                "reasoning": "A plan.",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "A plan.", "format": "unknown", "index": 0, "id": "tool_plan"}
                ],
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}],
                "annotations": [
                    {
                        "type": "cohere_citation",
                        "cohere_citation": {"start": 0, "end": 1, "sources": []},
                        "start_index": 0,
                        "end_index": 1,
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": '{"y":2}'},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "tool_choice": "required",
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.5,
        "top_k": 3,
        "stop": ["a"],
        "seed": 1,
        "frequency_penalty": 0.5,
        "reasoning": {"max_tokens": 100},
        "stream": True,
    }
    assert back_again(json.loads(json.dumps(chat))) == chat


def test_signed_thoughts_come_back_as_they_were_through_a_reply() -> None:
    message: Json = {"role": "assistant", "content": "4", "reasoning": "Hm", "reasoning_details": SIGNED}
    reply = TRANSLATOR.reply_from_chat({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}, TURN)
    chat = TRANSLATOR.request_to_chat({"messages": [reply["message"]]}, Brief())
    assert as_object(as_list(chat["messages"])[0])["reasoning_details"] == SIGNED


def test_signed_thoughts_come_back_as_they_were_through_a_stream() -> None:
    machine = TRANSLATOR.stream_from_chat(TURN)
    pieces: list[Json] = [
        {"type": "reasoning.text", "text": "H", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.text", "text": "m", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.text", "signature": "c2ln", "format": "anthropic-claude-v1", "index": 0},
        SIGNED[1],
    ]
    data = machine.feed([{"choices": [{"index": 0, "delta": {"reasoning_details": [piece]}}]} for piece in pieces])
    data += machine.finish()
    whole = FORMAT.assemble(data)
    assert whole is not None
    chat = TRANSLATOR.request_to_chat({"messages": [json.loads(whole)["message"]]}, Brief())
    assert as_object(as_list(chat["messages"])[0])["reasoning_details"] == SIGNED


def test_a_stream_says_what_the_same_answer_says_whole() -> None:
    chunks: list[Json] = [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"index": 0, "delta": {"content": "Hel"}}]},
        {"choices": [{"index": 0, "delta": {"content": "lo"}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [call("a", 0)]}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [call("b", 1)]}, "finish_reason": "tool_calls"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
    ]
    machine = TRANSLATOR.stream_from_chat(TURN)
    whole = FORMAT.assemble(machine.feed(chunks) + machine.finish())
    streamed = json.loads(whole or b"")
    streamed["message"] = {name: value for name, value in streamed["message"].items() if value}
    assert streamed == TRANSLATOR.reply_from_chat(joined(chunks), TURN)


def call(id_: str, index: int) -> Json:
    return {"index": index, "id": id_, "type": "function", "function": {"name": "f", "arguments": ""}}


@pytest.mark.parametrize(
    ("messages", "named"),
    [
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": "u"}]}], "messages[0].content[0].image_url"),
        ([{"role": "user", "content": [{"type": "file", "file": "u"}]}], "messages[0].content[0].file"),
        ([{"role": "user", "content": [{"type": "video_url", "video_url": {}}]}], "`video_url`"),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id"),
        ([{"role": "tool", "tool_call_id": "a", "content": [{"type": "input_audio"}]}], "messages[0].content[0]"),
        ([{"role": "assistant", "tool_calls": [{"id": 1, "function": {"name": "f"}}]}], "messages[0].tool_calls[0].id"),
        ([{"role": "assistant", "tool_calls": [{"id": "a", "type": "custom"}]}], "messages[0].tool_calls[0]"),
        ([{"role": "assistant", "images": [{}]}], "messages[0].images"),
        ([{"role": "assistant", "function_call": {"name": "f"}}], "messages[0].function_call"),
        ([{"role": "function", "content": "x"}], "messages[0].role"),
        (["x"], "messages[0]"),
        ("x", "messages"),
    ],
)
def test_what_cohere_cannot_be_told_is_named(messages: object, named: str) -> None:
    with pytest.raises(BadChatFormat) as caught:
        TRANSLATOR.request_from_chat({"model": "m", "messages": messages}, Brief("cohere"))
    assert named in caught.value.message


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("documents", "x", "documents"),
        ("documents", [5], "documents[0]"),
        ("documents", [{"data": 5}], "documents[0].data"),
        ("tools", [{"function": {}}], "tools[0].function.name"),
        ("tool_choice", "SOME", "tool_choice"),
        ("thinking", True, "thinking"),
        ("thinking", {}, "thinking.type"),
        ("response_format", {"type": "xml"}, "response_format"),
        ("response_format", {"type": "json_object", "json_schema": "x"}, "response_format.json_schema"),
    ],
)
def test_a_wrong_field_of_a_client_is_named(field: str, value: object, named: str) -> None:
    with pytest.raises(BadChatFormat) as caught:
        TRANSLATOR.request_to_chat({"messages": [{"role": "user", "content": "x"}], field: value}, Brief())
    assert f"`{named}" in caught.value.message
