"""Tools of the hub, and how they may be used, as Anthropic has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.parts_from_chat import mark
from torana.formats.anthropic_messages.schemas import closed
from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable
from torana.formats.json import as_object, as_text

if TYPE_CHECKING:
    from torana.formats.anthropic_messages.models import Traits
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_NAME = "anthropic_messages"
_CHOICES = {"auto": "auto", "none": "none", "required": "any", "any": "any"}
_SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def tools_from_chat(chat: Json, body: Json, traits: Traits, brief: Brief) -> None:
    tools = []
    for number, tool in enumerate(items(chat.get("tools") or [], "tools")):
        where = ("tools", number)
        tools.append(_tool(entries(tool, where), where, traits, brief))
    choice = _choice(chat, tools, traits, brief)
    if chat.get("web_search_options") is not None:
        tools.append(_search(entries(chat["web_search_options"], "web_search_options"), brief))
    if tools:
        body["tools"] = tools
        if choice:
            body["tool_choice"] = choice


def _tool(tool: Json, where: Place, traits: Traits, brief: Brief) -> Json:
    kind = tool.get("type", "function")
    if kind != "function":
        raise untranslatable(where, f"a tool of type `{kind}`", _NAME)
    function = entries(tool.get("function"), (where, "function"))
    told: Json = {"name": text(function.get("name"), (where, "function.name"))}
    move(function, told, "description")
    given = function.get("parameters")
    schema: Json = {} if given is None else entries(given, (where, "function.parameters"))
    if function.get("strict") is True:
        if traits.has_schemas:
            told["strict"] = True
            schema = closed(schema)
        else:
            brief.drop("tools.strict")
    told["input_schema"] = schema if schema.get("type") == "object" else {"properties": {}, **schema, "type": "object"}
    mark(tool, told)
    return told


def _search(options: Json, brief: Brief) -> Json:
    tool: Json = dict(_SEARCH)
    place = as_object(as_object(options.get("user_location")).get("approximate"))
    if place:
        tool["user_location"] = {"type": "approximate", **place}
    if options.get("search_context_size") not in (None, "medium"):
        brief.drop("web_search_options.search_context_size")
    return tool


def _choice(chat: Json, tools: list[Json], traits: Traits, brief: Brief) -> Json:
    """May take from the tools those that are not allowed."""
    given = chat.get("tool_choice")
    told: Json = {}
    if isinstance(given, str):
        if given not in _CHOICES:
            raise malformed("tool_choice", "`none`, `auto`, `required` or an object")
        told = {"type": _CHOICES[given]}
    elif given is not None:
        told = _chosen(entries(given, "tool_choice"), tools)
    if told.get("type") in ("any", "tool") and not traits.can_be_forced:
        brief.drop("tool_choice")
        told = {"type": "auto"}
    if chat.get("parallel_tool_calls") is False and told.get("type") != "none":
        told = {**(told or {"type": "auto"}), "disable_parallel_tool_use": True}
    return told


def _chosen(choice: Json, tools: list[Json]) -> Json:
    kind = choice.get("type")
    if kind == "function":
        function = entries(choice.get("function"), "tool_choice.function")
        return {"type": "tool", "name": text(function.get("name"), "tool_choice.function.name")}
    if kind != "allowed_tools":
        raise untranslatable("tool_choice", f"a choice of type `{kind}`", _NAME)
    allowed = entries(choice.get("allowed_tools"), "tool_choice.allowed_tools")
    names = {
        as_text(as_object(as_object(each).get("function")).get("name"))
        for each in items(allowed.get("tools"), "tool_choice.allowed_tools.tools")
    }
    tools[:] = [tool for tool in tools if tool["name"] in names]
    return {"type": "any" if allowed.get("mode") == "required" else "auto"}
