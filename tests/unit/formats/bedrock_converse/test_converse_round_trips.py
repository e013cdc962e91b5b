"""What comes back of a conversation that went through Converse, whichever way."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from golden_cases import ID, Case, all_cases, chunks_of, plain, stream_bytes, stream_from_chat, stream_to_chat
from torana.formats.bedrock_converse import FORMAT, TRANSLATOR
from torana.formats.json import Json, as_list, as_object
from torana.formats.openai_chat.passing import joined
from torana.formats.reasoning import ANTHROPIC, RESPONSES, details_of
from torana.formats.translation import Brief, Turn

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
TURN = Turn(ID, 1_700_000_000, "m", {}, {"model": CLAUDE})
CASES = [case for case in all_cases() if case.translator is TRANSLATOR]
WHOLE_STREAMS = [
    case
    for case in CASES
    if case.stream and not any(word in case.folder.name for word in ("cut", "breaks", "error", "throttled", "fails"))
]


def object_of(value: object) -> Json:
    made = plain(value)
    assert isinstance(made, dict)
    return made


def message_of(completion: object) -> Json:
    choice = as_object(as_list(object_of(completion).get("choices"))[0])
    message = as_object(choice["message"])
    for call in as_list(message.get("tool_calls")):
        function = as_object(as_object(call)["function"])
        function["arguments"] = json.loads(str(function["arguments"]))
    return {**message, "finish_reason": choice["finish_reason"]}


def there_and_back(chat: Json) -> Json:
    """Out of the hub and into it again."""
    return object_of(TRANSLATOR.request_to_chat(TRANSLATOR.request_from_chat(deepcopy(chat), Brief()), Brief()))


CHAT: Json = {
    "model": CLAUDE,
    "messages": [
        {"role": "system", "content": [{"type": "text", "text": "Be terse.", "cache_control": {"type": "ephemeral"}}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
            ],
        },
        {
            "role": "assistant",
            "content": "Hm.",
            "reasoning": "First, …",
            "reasoning_details": [
                {
                    "type": "reasoning.text",
                    "text": "First, …",
                    "signature": "c2lnbmVk",
                    "format": ANTHROPIC,
                    "index": 0,
                },
                {"type": "reasoning.encrypted", "data": "ZW5jcnlwdGVk", "format": ANTHROPIC, "index": 1},
            ],
            "tool_calls": [
                {"id": "call_a", "type": "function", "function": {"name": "look", "arguments": '{"at":"sea"}'}},
                {"id": "call_b", "type": "function", "function": {"name": "look", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_a", "content": "blue"},
        {"role": "tool", "tool_call_id": "call_b", "content": "nothing", "is_error": True},
        {"role": "user", "content": "So?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
            "cache_control": {"type": "ephemeral", "ttl": "1h"},
        }
    ],
    "tool_choice": {"type": "function", "function": {"name": "look"}},
    "max_tokens": 2000,
    "temperature": 0.5,
    "stop": ["END"],
    "service_tier": "priority",
    "metadata": {"team": "red"},
}


def test_a_conversation_survives_the_way_to_converse_and_back() -> None:
    back = there_and_back(CHAT)
    assert back == {name: value for name, value in CHAT.items() if name != "model"}


@pytest.mark.parametrize("choice", ["required", "none"])
def test_a_choice_of_tools_survives_the_way_to_claude_and_back(choice: str) -> None:
    assert there_and_back({**CHAT, "tool_choice": choice})["tool_choice"] == choice


def test_one_call_at_a_time_survives_the_way_to_claude_and_back() -> None:
    back = there_and_back({**CHAT, "parallel_tool_calls": False})
    assert (back["parallel_tool_calls"], back["tool_choice"]) == (False, CHAT["tool_choice"])


@pytest.mark.parametrize(
    "wish",
    [{"effort": "low", "enabled": True}, {"max_tokens": 4096, "enabled": True}, {"enabled": False}],
)
def test_how_much_to_think_survives_the_way_to_claude_and_back(wish: Json) -> None:
    model = CLAUDE if "max_tokens" in wish else "anthropic.claude-opus-4-6-v1"
    chat: Json = {"model": model, "messages": [{"role": "user", "content": "?"}], "reasoning": wish, "max_tokens": 9000}
    assert there_and_back(chat)["reasoning"] == wish


def test_a_schema_survives_the_way_to_converse_and_back() -> None:
    properties = {"a": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": ["a"], "additionalProperties": False}
    shape: Json = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    assert there_and_back({**CHAT, "response_format": shape})["response_format"] == shape


THOUGHTS: list[Json] = [
    {"type": "reasoning.text", "text": "Because.", "signature": "c2lnbmVk", "format": ANTHROPIC, "index": 0},
    {"type": "reasoning.encrypted", "data": "ZW5jcnlwdGVk", "format": ANTHROPIC, "index": 1},
    {"type": "reasoning.encrypted", "data": "no base64!", "format": ANTHROPIC, "index": 2},
    {"type": "reasoning.summary", "summary": "In short.", "format": RESPONSES, "id": "rs_1", "index": 3},
    {"type": "reasoning.encrypted", "data": "gAAAA==", "format": RESPONSES, "id": "rs_1", "index": 3},
    {"type": "reasoning.text", "text": "Plain.", "format": "unknown", "index": 5},
    {"type": "reasoning.server_tool_call", "data": {"type": "x"}, "format": ANTHROPIC, "index": 6},
]


@pytest.mark.parametrize("is_hidden", [False, True])
@pytest.mark.parametrize("thought", THOUGHTS, ids=lambda each: f"{each['type']} {each['format']}")
def test_thoughts_of_any_maker_come_back_from_a_client_as_they_were(thought: Json, *, is_hidden: bool) -> None:
    chat: Json = {"reasoning": {"exclude": True}} if is_hidden else {}
    turn = Turn(ID, 1, "m", {}, chat)
    message: Json = {"role": "assistant", "content": "So.", "reasoning_details": [thought]}
    reply = TRANSLATOR.reply_from_chat({"choices": [{"message": deepcopy(message), "finish_reason": "stop"}]}, turn)
    answer = as_object(as_object(object_of(reply)["output"])["message"])
    machine = TRANSLATOR.stream_from_chat(turn)
    data = machine.feed([{"choices": [{"delta": deepcopy(message), "finish_reason": "stop"}]}]) + machine.finish()
    streamed = as_object(as_object(json.loads(FORMAT.assemble(data) or b"")["output"])["message"])
    for given in (answer, streamed):
        body: Json = {"messages": [given]}
        (back,) = as_list(TRANSLATOR.request_to_chat(body, Brief())["messages"])
        index = thought["index"] if "torana1" in json.dumps(given) or "dG9yYW5hMS" in json.dumps(given) else 0
        assert details_of(as_object(back)) == [{**thought, "index": index}]
        if is_hidden:
            assert str(thought.get("summary", thought.get("text", "?"))) not in json.dumps(given)


@pytest.mark.parametrize("case", [case for case in WHOLE_STREAMS if case.is_to_chat], ids=str)
def test_a_stream_and_the_reply_that_it_adds_up_to_tell_the_same(case: Case) -> None:
    assert case.stream is not None
    data = stream_bytes(case.stream)
    chunks, _ = stream_to_chat(case, [data])
    reply = json.loads(FORMAT.assemble(data) or b"")
    for block in reply["output"]["message"]["content"]:
        thought = block.get("reasoningContent", {})
        if "signature" in thought:  # as the log has it
            thought["reasoningText"]["signature"] = thought.pop("signature")
    whole = message_of(TRANSLATOR.reply_to_chat(reply, case.turn))
    told = message_of(joined(chunks))
    assert {name: value for name, value in told.items() if value} == {name: v for name, v in whole.items() if v}


@pytest.mark.parametrize("case", [case for case in WHOLE_STREAMS if not case.is_to_chat], ids=str)
def test_chunks_come_back_from_a_stream_as_they_were_but_for_what_is_sealed(case: Case) -> None:
    assert case.stream is not None
    chunks = chunks_of(case.stream)
    data, _ = stream_from_chat(case, [deepcopy(chunks)])
    machine = TRANSLATOR.stream_to_chat(TURN)
    back = joined([object_of(chunk) for chunk in (*machine.feed(data), *machine.finish())])
    if not chunks:
        assert message_of(back)["finish_reason"] == "stop"
        return
    given, told = message_of(joined(chunks)), message_of(back)
    text = str(given.get("content") or "") + str(given.get("refusal") or "")
    assert (told.get("content") or "") == text
    for name in ("finish_reason", "images"):
        assert told.get(name) == given.get(name)
    for before, after in zip(as_list(given.get("tool_calls")), as_list(told.get("tool_calls")), strict=True):
        assert as_object(after)["function"] == as_object(before)["function"]
