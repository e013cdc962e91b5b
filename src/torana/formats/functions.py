"""The tools of a request and the choice between them, for formats that know functions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable

if TYPE_CHECKING:
    from torana.formats.json import Json


class Choice(Struct):
    mode: str = "auto"
    """`auto`, `none` or `required`."""
    names: list[str] | None = None
    """The tools that may be called; None = all."""


def functions_of(chat: Json, target: str) -> list[Json]:
    """Each `{name, description?, parameters, strict?}`, of those that may be called."""
    if chat.get("functions"):
        raise untranslatable("functions", "functions in place of tools", target)
    found = [
        _function(entries(tool, ("tools", number)), ("tools", number), target)
        for number, tool in enumerate(items(chat.get("tools") or [], "tools"))
    ]
    names = choice_of(chat, target).names
    return found if names is None else [each for each in found if each["name"] in names]


def _function(tool: Json, where: Place, target: str) -> Json:
    if tool.get("type", "function") != "function":
        raise untranslatable(where, f"a tool of type `{tool['type']}`", target)
    inner = entries(tool.get("function"), (where, "function"))
    made: Json = {"name": text(inner.get("name"), (where, "function.name"))}
    move(inner, made, "description")
    made["parameters"] = entries(
        inner.get("parameters") or {"type": "object", "properties": {}}, (where, "function.parameters")
    )
    if inner.get("strict") is True:
        made["strict"] = True
    return made


def choice_of(chat: Json, target: str) -> Choice:
    choice = chat.get("tool_choice")
    if choice is None:
        return Choice()
    if isinstance(choice, str):
        if choice not in ("auto", "none", "required"):
            raise malformed("tool_choice", "`auto`, `none`, `required` or an object")
        return Choice(choice)
    given = entries(choice, "tool_choice")
    if given.get("type") == "allowed_tools":
        allowed = entries(given.get("allowed_tools"), "tool_choice.allowed_tools")
        where = "tool_choice.allowed_tools.tools"
        names = [_named(tool, (where, n), target) for n, tool in enumerate(items(allowed.get("tools"), where))]
        return Choice("required" if allowed.get("mode") == "required" else "auto", names)
    return Choice("required", [_named(given, "tool_choice", target)])


def _named(given: object, where: Place, target: str) -> str:
    tool = entries(given, where)
    if tool.get("type") != "function":
        raise untranslatable(where, f"a tool of type `{tool.get('type')}`", target)
    return text(entries(tool.get("function"), (where, "function")).get("name"), (where, "function.name"))
