"""Requests of coding agents, as they were recorded, in front of a provider that speaks OpenAI's format alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import anthropic
import httpx
import openai
import pytest

from running import Torana
from scripted import Answer, Received, ScriptedUpstream

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
CLAUDE_CODE = GOLDEN / "anthropic_messages_to_chat" / "claude_code_recorded" / "request.json"
CODEX = GOLDEN / "openai_responses_to_chat" / "codex_recorded" / "request.json"
KEY = "sk-of-the-agent-0123456789"
BETAS = "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24"


def recorded(path: Path) -> dict[str, object]:
    return {**json.loads(path.read_text()), "model": "mistral/a-model"}


def calling(name: str, arguments: dict[str, str]) -> Answer:
    """A streamed answer of one call, its arguments in two pieces."""
    text = json.dumps(arguments)
    call = {"index": 0, "id": "call_next", "type": "function", "function": {"name": name, "arguments": text[:5]}}
    rest = {"index": 0, "function": {"arguments": text[5:]}}
    chunks: list[object] = [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "reasoning_content": "Look first."}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [rest]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"choices": [], "usage": {"prompt_tokens": 90, "completion_tokens": 9, "total_tokens": 99}},
    ]
    events = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    return Answer(
        headers=[(b"content-type", b"text/event-stream")], chunks=[*events, b"data: [DONE]\n\n"], framing="chunked"
    )


def is_ours(got: Received) -> bool:
    return got.path.startswith("/mistral/")


@pytest.fixture
def claude(torana: Torana) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=torana.at("compat"), api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def sent(requests: ScriptedUpstream) -> ScriptedUpstream:
    requests.script(is_ours, calling("Bash", {"command": "ls"}))
    return requests


def names_of_tools(body: dict[str, object]) -> list[str]:
    return [tool["function"]["name"] for tool in body["tools"]]  # type: ignore[attr-defined]  # JSON


def test_claude_codes_turn_comes_back_as_a_call_of_its_tool(
    claude: anthropic.Anthropic, sent: ScriptedUpstream
) -> None:
    with claude.messages.stream(
        model="any",
        max_tokens=1,
        messages=[],
        extra_headers={"anthropic-beta": BETAS},
        extra_query={"beta": "true"},
        extra_body=recorded(CLAUDE_CODE),
    ) as stream:
        message = stream.get_final_message()
    call = message.content[-1]
    assert isinstance(call, anthropic.types.ToolUseBlock)
    assert (call.name, call.input, call.id, message.stop_reason) == ("Bash", {"command": "ls"}, "call_next", "tool_use")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (90, 9)
    (got,) = sent.requests
    assert got.header("authorization") == f"Bearer {KEY}".encode()
    names = [name.lower() for name, _ in got.headers]
    assert not [name for name in names if name.startswith((b"anthropic-", b"x-api-key", b"x-stainless"))]
    told = got.json(dict)
    assert told["model"] == "a-model"
    assert "Bash" in names_of_tools(told)
    assert {"role": "tool", "tool_call_id": "call_abc", "content": "made-by-tool"} in told["messages"]


def test_claude_code_is_told_how_many_tokens_it_has(claude: anthropic.Anthropic) -> None:
    body = recorded(CLAUDE_CODE)
    counted = {name: body[name] for name in ("model", "messages", "system", "tools")}
    answer = claude.messages.with_raw_response.count_tokens(model="any", messages=[], extra_body=counted)
    assert answer.headers["torana-estimated"] == "true"
    assert 200 < answer.parse().input_tokens < 2000


def test_codexs_turn_comes_back_as_a_call_of_its_tool(torana: Torana, requests: ScriptedUpstream) -> None:
    requests.script(is_ours, calling("exec_command", {"cmd": "ls"}))
    with (
        openai.OpenAI(base_url=torana.at("compat"), api_key=KEY, max_retries=0) as client,
        client.responses.stream(model="any", input="any", extra_body=recorded(CODEX)) as stream,
    ):
        response = stream.get_final_response()
    kinds = [item.type for item in response.output]
    assert kinds == ["reasoning", "function_call"]
    call = response.output[-1]
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments), call.call_id) == ("exec_command", {"cmd": "ls"}, "call_next")
    told = requests.requests[0].json(dict)
    assert "exec_command" in names_of_tools(told)
    roles = [said["role"] for said in told["messages"]]
    assert roles == ["system", "system", "user", "user", "assistant", "tool"], "only OpenAI knows developers"


@pytest.mark.parametrize(("path", "recording"), [("v1/messages?beta=true", CLAUDE_CODE), ("responses", CODEX)])
def test_an_agents_turn_is_in_the_log_with_its_tokens(
    torana: Torana, sent: ScriptedUpstream, path: str, recording: Path
) -> None:
    answer = httpx.post(
        f"{torana.at('compat')}/{path}", json=recorded(recording), headers={"x-api-key": KEY}, trust_env=False
    )
    assert answer.status_code == 200
    row = torana.log(answer.headers["cf-aig-log-id"])
    assert (row["provider"], row["model"], row["tokens_in"], row["tokens_out"]) == ("mistral", "a-model", 90, 9)
    assert sent.requests
