"""Gemini's tools, and which of them may be called, in the hub's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, text, untranslatable
from torana.formats.gemini.contents_to_chat import OTHERS
from torana.formats.gemini.names import camel, each_of
from torana.formats.gemini.schemas_to_chat import schema_to_chat
from torana.formats.json import as_object

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SEARCHES = frozenset({"googleSearch", "googleSearchRetrieval", "enterpriseWebSearch"})
_CHOICES = {"AUTO": "auto", "VALIDATED": "auto", "ANY": "required", "NONE": "none"}
_KNOBS = frozenset({"response", "responseJsonSchema", "behavior"})
_NOTHING: Json = {"type": "object", "properties": {}}


def tools_to_chat(body: Json, chat: Json, brief: Brief) -> None:
    tools: list[Json] = []
    for where, tool in each_of(body.get("tools"), "tools"):
        for name, value in tool.items():
            at = (where, name)
            if name == "functionDeclarations":
                tools += [_function(given, inner, brief) for inner, given in each_of(value, at)]
            elif name in _SEARCHES:
                for knob in camel(value, at):
                    brief.drop(f"{name}.{knob}")
                chat["web_search_options"] = {}
            else:
                raise untranslatable(at, "a tool that Google runs", OTHERS)
    if tools:
        chat["tools"] = tools
    config = body.get("toolConfig")
    if config is not None:
        _configure(camel(config, "toolConfig"), chat, brief)


def _function(given: Json, where: Place, brief: Brief) -> Json:
    made: Json = {"name": text(given.get("name"), (where, "name"))}
    if "description" in given:
        made["description"] = text(given["description"], (where, "description"))
    if "parametersJsonSchema" in given:
        made["parameters"] = entries(given["parametersJsonSchema"], (where, "parametersJsonSchema"))
    elif "parameters" in given:
        made["parameters"] = schema_to_chat(given["parameters"], (where, "parameters"))
    else:
        made["parameters"] = dict(_NOTHING)
    if not _KNOBS.isdisjoint(given):
        for knob in given:
            if knob in _KNOBS:
                brief.drop(f"functionDeclarations.{knob}")
    return {"type": "function", "function": made}


def _configure(config: Json, chat: Json, brief: Brief) -> None:
    for knob in config:
        if knob != "functionCallingConfig":
            brief.drop(f"toolConfig.{knob}")
    at = "toolConfig.functionCallingConfig"
    calling = camel(config.get("functionCallingConfig") or {}, at)
    for knob in calling:
        if knob not in ("mode", "allowedFunctionNames"):
            brief.drop(f"{at}.{knob}")
    mode = calling.get("mode") or "MODE_UNSPECIFIED"
    if not isinstance(mode, str) or (mode.upper() not in _CHOICES and mode != "MODE_UNSPECIFIED"):
        raise malformed((at, "mode"), "`AUTO`, `ANY`, `NONE` or `VALIDATED`")
    choice = _CHOICES.get(mode.upper())
    if choice and "tools" in chat:
        chat["tool_choice"] = choice
    given = items(calling.get("allowedFunctionNames") or [], (at, "allowedFunctionNames"))
    names = [text(name, ((at, "allowedFunctionNames"), number)) for number, name in enumerate(given)]
    if names and choice in ("required", "auto"):
        _allow(names, chat, is_needed=choice == "required")


def _allow(names: list[str], chat: Json, *, is_needed: bool) -> None:
    """One is named; of several, the others are not told, as few formats can say which of the tools may be called."""
    if len(names) == 1 and is_needed:
        chat["tool_choice"] = {"type": "function", "function": {"name": names[0]}}
        return
    tools = chat.get("tools")
    if isinstance(tools, list):
        chat["tools"] = [tool for tool in tools if as_object(as_object(tool).get("function")).get("name") in names]
