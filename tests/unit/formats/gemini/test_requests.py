"""Requests: what is refused and how it is named, and what the models' names decide."""

from __future__ import annotations

import time

import pytest

from torana.errors import BadChatFormat, Untranslatable
from torana.formats.gemini import TRANSLATOR
from torana.formats.gemini.counting import count_reply, count_request_to_chat
from torana.formats.gemini.models import can_think, is_newer
from torana.formats.json import Json
from torana.formats.translation import Brief

HI: Json = {"role": "user", "content": "Hi"}
ASK: Json = {"role": "user", "parts": [{"text": "Hi"}]}
DEEP = 900


def from_chat(chat: Json, provider: str = "google-ai-studio") -> Json:
    return TRANSLATOR.request_from_chat({"messages": [HI], **chat}, Brief(provider))


def to_chat(body: Json) -> Json:
    return TRANSLATOR.request_to_chat({"contents": [ASK], **body}, Brief())


def user(*parts: object) -> Json:
    return {"messages": [{"role": "user", "content": list(parts)}]}


@pytest.mark.parametrize(
    ("chat", "where"),
    [
        ({"messages": "Hi"}, "messages"),
        ({"messages": [5]}, "messages[0]"),
        ({"messages": [{"content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages[0].role"),
        ({"messages": [HI, {"role": "user", "content": 5}]}, "messages[1].content"),
        (user({"type": "text", "text": 5}), "messages[0].content[0].text"),
        (user({"type": "input_audio", "input_audio": {"data": "AA"}}), "messages[0].content[0].input_audio.format"),
        (user({"type": "video_url", "video_url": 5}), "messages[0].content[0].video_url"),
        (user({"type": "file", "file": {"file_data": "AAAA"}}), "messages[0].content[0].file.file_data"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": 5}}]}, "tools[0].function.name"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": 5}}]}, "tools[0].function.parameters"),
        ({"tool_choice": "some"}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"stop": [5]}, "stop[0]"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 5}}]}]},
            "messages[0].tool_calls[0].function.arguments",
        ),
    ],
)
def test_a_field_of_the_wrong_type_is_named(chat: Json, where: str) -> None:
    with pytest.raises(BadChatFormat) as error:
        from_chat(chat)
    assert error.value.message.startswith(f"`{where}` must be")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"contents": "Hi"}, "contents"),
        ({"contents": [{"role": "system", "parts": [{"text": "Hi"}]}]}, "contents[0].role"),
        ({"contents": [{"parts": [5]}]}, "contents[0].parts[0]"),
        ({"contents": [{"parts": [{"text": 5}]}]}, "contents[0].parts[0].text"),
        ({"contents": [{"parts": [{"file_data": {}}]}]}, "contents[0].parts[0].fileData.fileUri"),
        ({"contents": [{"role": "model", "parts": [{"functionCall": {}}]}]}, "contents[0].parts[0].functionCall.name"),
        ({"systemInstruction": {"parts": [{"text": 5}]}}, "systemInstruction.parts[0].text"),
        ({"systemInstruction": 5}, "systemInstruction"),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "SOME"}}}, "toolConfig.functionCallingConfig.mode"),
        ({"generationConfig": {"stopSequences": "a"}}, "generationConfig.stopSequences"),
        (
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": "1"}}},
            "generationConfig.thinkingConfig.thinkingBudget",
        ),
    ],
)
def test_a_field_of_googles_of_the_wrong_type_is_named(body: Json, where: str) -> None:
    with pytest.raises(BadChatFormat) as error:
        to_chat(body)
    assert error.value.message.startswith(f"`{where}` must be")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"tools": [{"urlContext": {}}]}, "tools[0].urlContext"),
        ({"cached_content": "cachedContents/a"}, "cachedContent"),
        ({"contents": [{"role": "model", "parts": [{"toolCall": {"id": "a"}}]}]}, "contents[0].parts[0]"),
        ({"generationConfig": {"responseMimeType": "text/x.enum"}}, "generationConfig.responseMimeType"),
        ({"systemInstruction": {"parts": [{"inlineData": {}}]}}, "systemInstruction.parts[0]"),
    ],
)
def test_what_only_google_has_is_refused_and_named(body: Json, where: str) -> None:
    with pytest.raises(Untranslatable, match="cannot be told") as error:
        to_chat(body)
    assert error.value.message.startswith(f"`{where}`:")


def test_a_conversation_of_nothing_but_instructions_is_spoken_by_the_user() -> None:
    body = from_chat({"messages": [{"role": "system", "content": "Say hi."}]})
    assert body == {"contents": [{"role": "user", "parts": [{"text": "Say hi."}]}]}


def test_results_stand_in_the_order_of_their_calls() -> None:
    calls = [{"id": id_, "type": "function", "function": {"name": "f", "arguments": "{}"}} for id_ in "abc"]
    results = [{"role": "tool", "tool_call_id": id_, "content": id_} for id_ in "cab"]
    body = from_chat({"messages": [HI, {"role": "assistant", "tool_calls": calls}, *results]}, "google-vertex-ai")
    told = [part["functionResponse"] for part in body["contents"][2]["parts"]]  # type: ignore[index]  # JSON
    assert told == [{"name": "f", "response": {"output": id_}} for id_ in "abc"]


@pytest.mark.parametrize(
    ("content", "response"),
    [
        ("", {"output": ""}),
        ("{", {"output": "{"}),
        ("[1]", {"output": "[1]"}),
        ('{"a": 1}', {"a": 1}),
        ('{"error": "x", "a": 1}', {"output": {"error": "x", "a": 1}}),
    ],
)
def test_a_result_is_told_as_an_object(content: str, response: Json) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "a", "content": content}
    body = from_chat({"messages": [HI, {"role": "assistant", "tool_calls": [call]}, result]})
    part = body["contents"][2]["parts"][0]  # type: ignore[index]  # JSON
    assert part["functionResponse"]["response"] == response


@pytest.mark.parametrize(
    ("model", "wish", "thinking"),
    [
        ("gemini-3-pro-preview", {"effort": "medium"}, {"thinkingLevel": "HIGH", "includeThoughts": True}),
        ("gemini-3.1-pro-preview", {"effort": "medium"}, {"thinkingLevel": "MEDIUM", "includeThoughts": True}),
        ("gemini-3.1-pro-preview", {"effort": "none"}, {"thinkingLevel": "LOW"}),
        ("gemini-3-flash-preview", {"enabled": False}, {"thinkingLevel": "MINIMAL"}),
        ("gemini-3-flash-preview", {"effort": "xhigh"}, {"thinkingLevel": "HIGH", "includeThoughts": True}),
        ("gemini-3-flash-preview", {"enabled": True}, {"includeThoughts": True}),
        ("gemini-flash-latest", {"max_tokens": 512}, {"thinkingBudget": 512, "includeThoughts": True}),
        ("gemini-2.5-pro", {"enabled": False}, {"thinkingBudget": 128}),
        ("gemini-2.5-flash", {"effort": "low", "exclude": True}, {"thinkingBudget": 1024}),
        ("gemini-2.5-flash", {"enabled": True}, {"thinkingBudget": -1, "includeThoughts": True}),
        ("gemini-2.5-flash", {"exclude": True}, None),
        ("gemini-2.0-flash", {"effort": "low"}, None),
    ],
)
def test_how_much_to_think_is_told_as_the_model_has_it(model: str, wish: Json, thinking: Json | None) -> None:
    body = from_chat({"model": model, "reasoning": wish})
    config = body.get("generationConfig", {})
    assert config.get("thinkingConfig") == thinking  # type: ignore[attr-defined]  # JSON


@pytest.mark.parametrize(
    ("model", "newer", "thinks"),
    [
        ("gemini-3-pro-preview", True, True),
        ("gemini-3.8-flash", True, True),
        ("gemini-10-pro", True, True),
        ("gemini-pro-latest", True, True),
        ("gemini-2.5-pro", False, True),
        ("gemini-2.0-flash-thinking-exp", False, True),
        ("gemini-2.0-flash-001", False, False),
        ("gemini-1.5-pro", False, False),
        ("gemini-pro", False, False),
        ("gemma-3-27b-it", False, True),
        ("", False, True),
    ],
)
def test_names_tell_what_a_model_takes(model: str, *, newer: bool, thinks: bool) -> None:
    assert (is_newer(model), can_think(model)) == (newer, thinks)


@pytest.mark.parametrize(
    ("body", "chat"),
    [
        ({"contents": [ASK]}, {"messages": [HI]}),
        ({"generate_content_request": {"model": "models/g", "contents": [ASK]}}, {"messages": [HI], "model": "g"}),
    ],
)
def test_what_is_to_be_counted_is_read(body: Json, chat: Json) -> None:
    assert count_request_to_chat(body, Brief()) == chat
    assert count_reply(5)["totalTokens"] == 5


def test_what_is_too_deep_is_a_fault_of_the_caller() -> None:
    schema: Json = {"const": 1}
    for _ in range(DEEP):
        schema = {"items": schema}
    with pytest.raises(BadChatFormat, match="less deep"):
        from_chat({"tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]})
    with pytest.raises(BadChatFormat, match="less deep"):
        to_chat({"tools": [{"functionDeclarations": [{"name": "f", "parameters": schema}]}]})


def test_a_long_conversation_takes_time_in_proportion() -> None:
    """Ten thousand calls, answered last to first, and as many thoughts."""
    numbers = range(10_000)
    calls = [{"functionCall": {"id": f"c{n}", "name": "f", "args": {}}} for n in numbers]
    thoughts = [{"text": "a" * 20, "thought": True} for _ in numbers]
    results = [{"functionResponse": {"id": f"c{n}", "name": "f", "response": {}}} for n in reversed(numbers)]
    contents = [ASK, {"role": "model", "parts": [*thoughts, *calls]}, {"role": "user", "parts": results}]
    started = time.process_time()
    chat = TRANSLATOR.request_to_chat({"contents": contents}, Brief())
    from_chat(chat)
    assert time.process_time() - started < 3


def test_a_seed_that_is_too_large_is_dropped() -> None:
    brief = Brief()
    body = TRANSLATOR.request_from_chat({"messages": [HI], "seed": 1 << 40}, brief)
    assert "generationConfig" not in body
    assert brief.dropped == ["seed"]
