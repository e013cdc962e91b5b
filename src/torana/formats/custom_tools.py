"""Tools that take free text, for providers that know functions alone: a function of one text, `input`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text, dump, load

if TYPE_CHECKING:
    from torana.formats.json import Json

WITH_FREE_TEXT = frozenset({"openai", "azure-openai"})
"""Providers whose models have such tools of their own."""
_ONE_TEXT = {"input": {"type": "string", "description": "The whole input of the tool, as it is."}}


def as_functions(chat: Json) -> None:
    """Changes the custom tools of a request, the choice of one, and the calls of them in its messages."""
    tools = as_list(chat.get("tools"))
    if any(as_object(tool).get("type") == "custom" for tool in tools):
        chat["tools"] = [_function(as_object(tool)) if _is_custom(tool) else tool for tool in tools]
    choice = chat.get("tool_choice")
    if _is_custom(choice):
        chat["tool_choice"] = {"type": "function", "function": as_object(choice).get("custom")}
    elif allowed := as_object(as_object(choice).get("allowed_tools")):
        allowed["tools"] = [
            {"type": "function", "function": as_object(each).get("custom")} if _is_custom(each) else each
            for each in as_list(allowed.get("tools"))
        ]
    for message in map(as_object, as_list(chat.get("messages"))):
        calls = as_list(message.get("tool_calls"))
        if any(_is_custom(call) for call in calls):
            message["tool_calls"] = [_call(as_object(call)) if _is_custom(call) else call for call in calls]


def input_of(arguments: str) -> str:
    """What such a function was called with, as the tool's own input."""
    given = load(arguments.encode("utf-8", "replace"))
    if isinstance(given, dict):
        if isinstance(found := given.get("input"), str):
            return found
        if len(given) == 1 and isinstance(only := next(iter(given.values())), str):
            return only
    return arguments


def _is_custom(tool: object) -> bool:
    return as_object(tool).get("type") == "custom"


def _function(tool: Json) -> Json:
    custom = as_object(tool.get("custom"))
    told = as_text(custom.get("description"))
    grammar = as_object(as_object(custom.get("format")).get("grammar"))
    if grammar:
        told += f"\n\nThe input follows this {grammar.get('syntax')} grammar:\n{grammar.get('definition')}"
    parameters = {"type": "object", "properties": _ONE_TEXT, "required": ["input"], "additionalProperties": False}
    made: Json = {"name": custom.get("name"), "description": told.strip(), "parameters": parameters}
    return {**{name: value for name, value in tool.items() if name != "custom"}, "type": "function", "function": made}


def _call(call: Json) -> Json:
    custom = as_object(call.get("custom"))
    arguments = (dump({"input": as_text(custom.get("input"))}) or b"{}").decode()
    function = {"name": custom.get("name"), "arguments": arguments}
    return {
        **{name: value for name, value in call.items() if name != "custom"},
        "type": "function",
        "function": function,
    }
