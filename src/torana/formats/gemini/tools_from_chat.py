"""Tools of the hub, and which of them may be called, as Gemini has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, text, untranslatable
from torana.formats.functions import choice_of
from torana.formats.gemini.parts_from_chat import TARGET
from torana.formats.gemini.schemas_from_chat import schema_from_chat
from torana.formats.json import as_list, as_object
from torana.formats.parts import entries_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_OF_SEARCH = ("search_context_size", "user_location")


def tools_from_chat(chat: Json, brief: Brief) -> list[Json]:
    if chat.get("functions"):
        raise untranslatable("functions", "the old form of `tools`", TARGET)
    declared: list[Json] = []
    wanted = chat.get("tools")
    for where, tool in [] if wanted is None else entries_of(wanted, "tools"):
        if "cache_control" in tool:
            brief.drop("cache_control")
        if (kind := text(tool.get("type"), (where, "type"))) != "function":
            raise untranslatable(where, f"a tool of type `{kind}`", TARGET)
        at = (where, "function")
        declared.append(_declaration(entries(tool.get("function"), at), at))
    made: list[Json] = [{"functionDeclarations": declared}] if declared else []
    search = chat.get("web_search_options")
    if search is not None:
        for name in _OF_SEARCH:
            if name in entries(search, "web_search_options"):
                brief.drop(f"web_search_options.{name}")
        made.append({"googleSearch": {}})
    return made


def _declaration(function: Json, where: Place) -> Json:
    made: Json = {"name": text(function.get("name"), (where, "name"))}
    if function.get("description"):
        made["description"] = text(function["description"], (where, "description"))
    schema = function.get("parameters")
    if schema is not None and entries(schema, (where, "parameters")):
        made["parametersJsonSchema"] = schema_from_chat(as_object(schema))
    return made


def choice_from_chat(chat: Json, brief: Brief) -> Json | None:
    """`toolConfig`; None where there is nothing to say. Names go with the modes that hold answers to declarations."""
    if chat.get("parallel_tool_calls") is False:
        brief.drop("parallel_tool_calls")
    choice = choice_of(chat, TARGET)
    is_free = choice.mode == "auto"
    if is_free and (choice.names or _are_strict(chat)):
        return _calling("VALIDATED", choice.names)
    return None if is_free and chat.get("tool_choice") is None else _calling(_MODES[choice.mode], choice.names)


def _are_strict(chat: Json) -> bool:
    for tool in as_list(chat.get("tools")):
        if as_object(as_object(tool).get("function")).get("strict") is not True:
            return False
    return bool(chat.get("tools"))


def _calling(mode: str, names: list[str] | None = None) -> Json:
    config: Json = {"mode": mode}
    if names:
        config["allowedFunctionNames"] = names
    return {"functionCallingConfig": config}
