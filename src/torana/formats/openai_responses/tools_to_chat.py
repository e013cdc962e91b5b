"""Tools and the choice between them, as the hub has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable, written
from torana.formats.json import as_list, as_object, as_text
from torana.formats.openai_responses.content_to_chat import HUB

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief


def tools_to_chat(body: Json, chat: Json, brief: Brief) -> None:
    made: list[Json] = []
    for number, given in enumerate(items(body.get("tools") or [], "tools")):
        where = ("tools", number)
        tool = entries(given, where)
        kind = as_text(tool.get("type"))
        if kind == "namespace":
            made += _inner(tool, where)
        elif kind.startswith("web_search"):
            if tool.get("external_web_access") is False:
                brief.drop(written(where))  # a search of what OpenAI has stored, and of nothing else
            else:
                chat["web_search_options"] = _search(tool, where, brief)
        else:
            made.append(_tool(tool, where, text(tool.get("name"), (where, "name")) if "name" in tool else ""))
    if made:
        chat["tools"] = made


def _inner(space: Json, where: Place) -> list[Json]:
    """Tools of a namespace have its name before theirs."""
    name = text(space.get("name"), (where, "name"))
    made = []
    for number, given in enumerate(items(space.get("tools"), (where, "tools"))):
        at = ((where, "tools"), number)
        tool = entries(given, at)
        made.append(_tool(tool, at, flat_name(name, text(tool.get("name"), (at, "name")))))
    return made


def flat_name(space: str, name: str) -> str:
    return f"{space}{name}" if space.endswith("__") else f"{space}__{name}"


def _tool(tool: Json, where: Place, name: str) -> Json:
    kind = tool.get("type")
    if kind not in ("function", "custom"):
        if isinstance(kind, str):
            raise untranslatable(where, f"the tool `{kind}`", HUB)
        raise malformed((where, "type"), "a string")
    if not name:
        raise malformed((where, "name"), "a string")
    inner: Json = {"name": name}
    move(tool, inner, "description")
    if kind == "function":
        move(tool, inner, "parameters", "strict")
    elif tool.get("format") is not None:
        inner["format"] = _grammar(entries(tool["format"], (where, "format")))
    made: Json = {"type": kind, str(kind): inner}
    move(tool, made, "cache_control")
    return made


def _grammar(form: Json) -> Json:
    if form.get("type") != "grammar":
        return form
    return {"type": "grammar", "grammar": {name: value for name, value in form.items() if name != "type"}}


def _search(tool: Json, where: Place, brief: Brief) -> Json:
    options: Json = {}
    move(tool, options, "search_context_size")
    if isinstance(place := tool.get("user_location"), dict):
        told = {name: value for name, value in place.items() if name != "type" and value is not None}
        options["user_location"] = {"type": "approximate", "approximate": told}
    if tool.get("filters"):
        brief.drop(written((where, "filters")))
    return options


def choice_to_chat(choice: object) -> object:
    if choice is None or isinstance(choice, str):
        return choice
    given = entries(choice, "tool_choice")
    kind = given.get("type")
    if kind in ("function", "custom"):
        return _named(given, "tool_choice")
    if kind == "allowed_tools":
        allowed = [
            _named(entries(tool, ("tool_choice.tools", number)), ("tool_choice.tools", number))
            for number, tool in enumerate(items(given.get("tools"), "tool_choice.tools"))
        ]
        return {"type": kind, "allowed_tools": {"mode": given.get("mode") or "auto", "tools": allowed}}
    raise untranslatable("tool_choice", f"`{kind}`", HUB)


def _named(given: Json, where: Place) -> Json:
    kind = given.get("type")
    if kind not in ("function", "custom"):
        raise untranslatable(where, f"the tool `{kind}`", HUB)
    return {"type": kind, str(kind): {"name": text(given.get("name"), (where, "name"))}}


class Names:
    """What a client calls its tools, where the hub calls them otherwise."""

    def __init__(self, request: Json) -> None:
        self.custom: set[str] = set()
        """Tools that take free text; a provider without such takes them as functions of one `input`."""
        self._inner: dict[str, tuple[str, str]] = {}
        for tool in map(as_object, as_list(request.get("tools"))):
            space = as_text(tool.get("name"))
            if tool.get("type") == "custom":
                self.custom.add(space)
            for each in map(as_object, as_list(tool.get("tools"))):
                name = as_text(each.get("name"))
                self._inner[flat_name(space, name)] = (space, name)
                if each.get("type") == "custom":
                    self.custom.add(flat_name(space, name))

    def of(self, name: str) -> Json:
        space, inner = self._inner.get(name, ("", name))
        return {"name": inner, "namespace": space} if space else {"name": inner}
