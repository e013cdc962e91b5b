"""Tools of Anthropic's clients as the hub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable
from torana.formats.json import as_object
from torana.formats.strictness import is_strict

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_CHOICES = {"auto": "auto", "any": "required", "none": "none"}
_OF_TOOLS = frozenset({"type", "name", "description", "input_schema", "strict", "cache_control"})
_OF_SEARCH = frozenset({"type", "name", "user_location", "cache_control"})
_ANYTHING: Json = {"type": "object", "properties": {}}


def tools_to_chat(body: Json, chat: Json, brief: Brief) -> None:
    if body.get("tools") is None:
        return
    tools = []
    for number, given in enumerate(items(body["tools"], "tools")):
        where = ("tools", number)
        tool = entries(given, where)
        kind = text(tool.get("type") or "custom", (where, "type"))
        if kind.startswith("web_search_"):
            chat["web_search_options"] = _search(tool, where, brief)
        elif kind == "custom":
            tools.append(_tool(tool, where, brief))
        else:
            raise untranslatable(where, f"a tool of type `{kind}`", "another format")
    if tools:
        chat["tools"] = tools


def _tool(tool: Json, where: Place, brief: Brief) -> Json:
    function: Json = {"name": text(tool.get("name"), (where, "name"))}
    move(tool, function, "description")
    schema = tool.get("input_schema")
    # OpenAI refuses an object that does not say what is in it.
    function["parameters"] = {**_ANYTHING, **(entries(schema, (where, "input_schema")) if schema is not None else {})}
    if tool.get("strict") is True:
        if is_strict(as_object(schema)):
            function["strict"] = True
        else:
            brief.drop("tools.strict")  # Anthropic lets properties be left out, which others call loose
    told: Json = {"type": "function", "function": function}
    move(tool, told, "cache_control")
    if not _OF_TOOLS.issuperset(tool):
        for name in [each for each in tool if each not in _OF_TOOLS]:
            brief.drop(f"tools.{name}")
    return told


def _search(tool: Json, where: Place, brief: Brief) -> Json:
    """The provider's own search of the web, whoever it is; which pages it may find is no matter of taste."""
    options: Json = {}
    for name in ("allowed_domains", "blocked_domains"):
        if tool.get(name):
            raise untranslatable((where, name), "a limit of domains", "another format")
    if tool.get("user_location") is not None:
        place = entries(tool["user_location"], (where, "user_location"))
        near = {name: value for name, value in place.items() if name != "type" and value is not None}
        options["user_location"] = {"type": "approximate", "approximate": near}
    for name in [each for each in tool if each not in _OF_SEARCH]:
        if tool[name]:
            brief.drop(f"tools.{name}")
    return options


def choice_to_chat(body: Json, chat: Json, brief: Brief) -> None:
    if body.get("tool_choice") is None:
        return
    choice = entries(body["tool_choice"], "tool_choice")
    kind = text(choice.get("type"), "tool_choice.type")
    if choice.get("disable_parallel_tool_use") is True:
        chat["parallel_tool_calls"] = False
    if kind == "tool":
        name = text(choice.get("name"), "tool_choice.name")
        if name == "web_search" and "web_search_options" in chat:
            brief.drop("tool_choice")  # what the provider does itself cannot be forced
        else:
            chat["tool_choice"] = {"type": "function", "function": {"name": name}}
    elif kind in _CHOICES:
        chat["tool_choice"] = _CHOICES[kind]
    else:
        raise malformed("tool_choice.type", "`auto`, `any`, `tool` or `none`")
