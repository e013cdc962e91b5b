"""What Anthropic is sent, as its SDK types it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anthropic.types import (
    ContentBlockParam,
    MessageParam,
    OutputConfigParam,
    ThinkingConfigParam,
    ToolChoiceParam,
    ToolParam,
    WebSearchTool20250305Param,
)
from pydantic import TypeAdapter

from golden_cases import Case, all_cases, translated_request
from torana.formats.anthropic_messages.request_from_chat import request_from_chat
from torana.formats.json import Json
from torana.formats.translation import Brief

TO_CLAUDE = ("chat_to_anthropic_messages/", "chat_to_bedrock_invoke_claude/")
CASES = [case for case in all_cases() if str(case).startswith(TO_CLAUDE) and case.has("request.json")]
PARTS: dict[str, TypeAdapter[object]] = {
    "thinking": TypeAdapter(ThinkingConfigParam),
    "output_config": TypeAdapter(OutputConfigParam),
    "tool_choice": TypeAdapter(ToolChoiceParam),
}
BLOCK: TypeAdapter[object] = TypeAdapter(ContentBlockParam)
TOOL: TypeAdapter[object] = TypeAdapter(WebSearchTool20250305Param | ToolParam)
TURN: TypeAdapter[object] = TypeAdapter(MessageParam)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_request_is_of_the_types_that_the_sdk_has(case: Case) -> None:
    body = translated_request(case).get("body")
    if not isinstance(body, dict):
        return
    assert isinstance(body["max_tokens"], int)
    for name, adapter in PARTS.items():
        if name in body:
            assert adapter.validate_python(body[name]) == body[name]
    for tool in body.get("tools", []):
        assert TOOL.validate_python(tool) == tool
    for turn in body["messages"]:
        TURN.validate_python(turn)
    for block in blocks_of(body):
        read = BLOCK.validate_python(block)
        assert isinstance(read, dict)
        assert read.keys() == block.keys()


def blocks_of(body: Json) -> Iterator[Json]:
    """Those within results of tools, too: the SDK's own types read no deeper than they are asked."""
    turns = body["messages"]
    assert isinstance(turns, list)
    held = [{"content": body.get("system")}, *turns]
    while held:
        content = held.pop().get("content")
        for block in content if isinstance(content, list) else []:
            yield block
            if block["type"] == "tool_result":
                held.append(block)


def test_an_answer_begun_with_nothing_but_space_is_left_out() -> None:
    said: list[object] = [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": " \n"}]
    told = request_from_chat({"model": "claude-sonnet-4-5", "messages": said}, Brief())
    assert told["messages"] == [{"role": "user", "content": "Go on."}]
