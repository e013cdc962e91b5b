"""The hub's tools and the choice between them, as Responses has them: flat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable
from torana.formats.json import as_object
from torana.formats.openai_responses.content_from_chat import NAME

if TYPE_CHECKING:
    from torana.formats.json import Json


def tools_from_chat(chat: Json) -> list[Json]:
    if chat.get("functions"):
        raise untranslatable("functions", "functions in place of tools", NAME)
    made = [
        _tool(entries(tool, ("tools", number)), ("tools", number))
        for number, tool in enumerate(items(chat.get("tools") or [], "tools"))
    ]
    if isinstance(options := chat.get("web_search_options"), dict):
        made.append(_search(options))
    return made


def _tool(tool: Json, where: Place) -> Json:
    kind = tool.get("type")
    if kind not in ("function", "custom"):
        if isinstance(kind, str):
            raise untranslatable(where, f"the tool `{kind}`", NAME)
        raise malformed((where, "type"), "a string")
    inner = entries(tool.get(str(kind)), (where, kind))
    made: Json = {"type": kind, "name": text(inner.get("name"), ((where, kind), "name"))}
    move(inner, made, "description")
    if kind == "function":
        made["parameters"] = inner.get("parameters") or {"type": "object", "properties": {}}
        # Unsaid, it is loose in chat and strict here.
        made["strict"] = inner.get("strict") is True
    elif isinstance(form := inner.get("format"), dict):
        made["format"] = {"type": "grammar", **as_object(form.get("grammar"))} if "grammar" in form else form
    return made


def _search(options: Json) -> Json:
    made: Json = {"type": "web_search"}
    move(options, made, "search_context_size")
    place = as_object(options.get("user_location"))
    if place:
        made["user_location"] = {"type": "approximate", **(as_object(place.get("approximate")) or place)}
    return made


def choice_from_chat(choice: object) -> object:
    if choice is None or isinstance(choice, str):
        return choice
    given = entries(choice, "tool_choice")
    if given.get("type") == "allowed_tools":
        allowed = entries(given.get("allowed_tools"), "tool_choice.allowed_tools")
        where = "tool_choice.allowed_tools.tools"
        tools = [
            _named(entries(tool, (where, number)), (where, number))
            for number, tool in enumerate(items(allowed.get("tools"), where))
        ]
        return {"type": "allowed_tools", "mode": allowed.get("mode") or "auto", "tools": tools}
    return _named(given, "tool_choice")


def _named(given: Json, where: Place) -> Json:
    kind = given.get("type")
    if kind not in ("function", "custom"):
        raise untranslatable(where, f"the tool `{kind}`", NAME)
    inner = entries(given.get(str(kind)), (where, kind))
    return {"type": kind, "name": text(inner.get("name"), ((where, kind), "name"))}
