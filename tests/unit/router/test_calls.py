"""Calls of tools that can be run."""

from __future__ import annotations

import pytest

from torana.router.calls import are_sound

TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {}}}]


def reply(*calls: tuple[str, str]) -> dict[str, object]:
    told = [{"id": "1", "type": "function", "function": {"name": name, "arguments": text}} for name, text in calls]
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": told}}]}


@pytest.mark.parametrize(
    ("calls", "sound"),
    [
        ([], None),
        ([("look", "{}")], True),
        ([("look", '{"a": 1}'), ("look", "{}")], True),
        ([("look", "")], False),
        ([("look", '{"a": ')], False),
        ([("look", "[1]")], False),
        ([("lock", "{}")], False),
        ([("look", "{}"), ("lock", "{}")], False),
        ([("look", '{"a": "\ud800"}')], True),
    ],
)
def test_are_sound(calls: list[tuple[str, str]], sound: bool | None) -> None:  # noqa: FBT001  # a row of the table
    assert are_sound(reply(*calls), TOOLS) is sound


def test_without_tools_no_call_is_sound() -> None:
    assert are_sound(reply(("look", "{}")), None) is False
    assert are_sound({"choices": None}, None) is None
