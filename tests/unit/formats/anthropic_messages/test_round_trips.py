"""What goes to the hub and comes back is what it was, as far as both can say it."""

from __future__ import annotations

import copy
import json

import pytest

from golden_cases import ID, ROOT, as_json
from torana.formats.anthropic_messages import TRANSLATOR, count_request_to_chat
from torana.formats.anthropic_messages.passing import assemble
from torana.formats.json import Json
from torana.formats.translation import Brief, Turn

TURN = Turn(ID, 1_700_000_000, "a-model", {}, {})
OPENAI: list[Json] = [
    {"type": "reasoning.summary", "summary": "Look it up.", "format": "openai-responses-v1", "id": "rs_1", "index": 0},
    {"type": "reasoning.encrypted", "data": "gAAAAABo", "format": "openai-responses-v1", "id": "rs_1", "index": 1},
]
GEMINI: list[Json] = [
    {"type": "reasoning.text", "text": "Hm.", "format": "google-gemini-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "CvcQ", "format": "google-gemini-v1", "id": "call_1", "index": 1},
]
CLAUDE: list[Json] = [
    {"type": "reasoning.text", "text": "A", "signature": "Eq==", "format": "anthropic-claude-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "EmwK", "format": "anthropic-claude-v1", "index": 1},
    {
        "type": "reasoning.server_tool_call",
        "data": {"type": "server_tool_use", "id": "s_1", "name": "web_search", "input": {"query": "q"}},
        "format": "anthropic-claude-v1",
        "index": 2,
    },
]
PLAIN: list[Json] = [{"type": "reasoning.text", "text": "So.", "format": "unknown", "index": 0}]


def to_client_and_back(content: list[Json]) -> object:
    """The details that the hub is given when a client sends back what it got."""
    request: Json = {"model": "m", "max_tokens": 9, "messages": [{"role": "assistant", "content": content}]}
    messages = TRANSLATOR.request_to_chat(request, Brief())["messages"]
    assert isinstance(messages, list)
    return messages[0].get("reasoning_details")


@pytest.mark.parametrize("details", [OPENAI, GEMINI, CLAUDE, PLAIN, OPENAI[1:], OPENAI + CLAUDE + GEMINI])
def test_thoughts_of_anyone_come_back_through_a_client(details: list[Json]) -> None:
    message: Json = {"role": "assistant", "content": "Yes.", "reasoning_details": copy.deepcopy(details)}
    reply: Json = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    content = as_json(TRANSLATOR.reply_from_chat(reply, TURN))["content"]
    assert isinstance(content, list)
    assert indexed(to_client_and_back(content)) == indexed(details)


@pytest.mark.parametrize("details", [OPENAI, GEMINI, CLAUDE, PLAIN, OPENAI[1:], OPENAI + CLAUDE + GEMINI])
@pytest.mark.parametrize("is_hidden", [False, True])
def test_thoughts_of_anyone_come_back_through_a_stream(details: list[Json], *, is_hidden: bool) -> None:
    request: Json = {"thinking": {"type": "adaptive", "display": "omitted"}} if is_hidden else {}
    if is_hidden and details[0] in CLAUDE:
        pytest.skip("Anthropic's own have no text then, and their signature says all")
    machine = TRANSLATOR.stream_from_chat(Turn(ID, 0, "a-model", request, {}))
    chunks: list[Json] = [
        {"choices": [{"index": 0, "delta": {"reasoning_details": [piece]}}]}
        for detail in copy.deepcopy(details)
        for piece in pieces_of(detail)
    ]
    chunks.append({"choices": [{"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}]})
    message = json.loads(assemble(machine.feed(chunks) + machine.finish()) or b"")
    found = to_client_and_back(message["content"])
    if is_hidden:
        for detail in found if isinstance(found, list) else []:
            if "signature" in detail:
                detail["text"] = "A"
    assert indexed(found) == indexed(details)


def pieces_of(detail: Json) -> list[Json]:
    text = detail.get("text")
    if not isinstance(text, str):
        return [detail]
    rest = {name: value for name, value in detail.items() if name not in ("text", "signature")}
    pieces = [{**rest, "text": letter} for letter in text]
    return [*pieces, {**rest, "signature": detail["signature"]}] if "signature" in detail else pieces


def indexed(details: object) -> list[Json]:
    """Indices count blocks, which a client may have counted otherwise."""
    assert isinstance(details, list)
    return [{name: value for name, value in detail.items() if name != "index"} for detail in details]


def test_what_claude_code_asks_is_what_claude_is_asked() -> None:
    path = ROOT / "anthropic_messages_to_chat" / "claude_code_agent_turn" / "request.json"
    given = json.loads(path.read_text())
    chat = as_json(TRANSLATOR.request_to_chat(copy.deepcopy(given), Brief()))
    told = as_json(TRANSLATOR.request_from_chat(chat, Brief("anthropic")))
    given.pop("context_management")
    given["system"] = given["system"][1:]
    given["thinking"]["display"] = "summarized"
    for tool in given["tools"]:
        tool.pop("eager_input_streaming", None)
    given["messages"][1]["content"][2].pop("caller")
    given["messages"][2]["content"][1]["content"] = "all:\n\tfalse"
    assert told == given


def test_what_an_agent_asks_of_chat_survives_the_way_there_and_back() -> None:
    chat: Json = {
        "model": "claude-sonnet-4-5",
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
            {
                "role": "assistant",
                "content": "Well,",
                "reasoning_details": CLAUDE,
                "tool_calls": [
                    {"id": "c_1", "type": "function", "function": {"name": "f", "arguments": '{"a":[1,2]}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "c_1", "content": "no", "is_error": True},
            {"role": "user", "content": "Go on."},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
        "max_tokens": 7,
        "temperature": 0.5,
        "top_k": 3,
        "stop": ["END"],
        "user": "u",
        "stream": True,
    }
    body = as_json(TRANSLATOR.request_from_chat(copy.deepcopy(chat), Brief("anthropic")))
    assert as_json(TRANSLATOR.request_to_chat(body, Brief())) == chat


def test_a_request_to_count_tokens_is_what_would_be_sent() -> None:
    body: Json = {"model": "m", "system": "S", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    assert count_request_to_chat(body, Brief()) == {
        "model": "m",
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Hi"}],
    }
