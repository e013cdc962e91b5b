"""The router's own tools, taken out of a request: no provider has such functions (openrouter.md 2.5)."""

from __future__ import annotations

from msgspec import Struct

from torana.formats.json import Json, as_list, as_object, as_text

OURS = "openrouter:"
WEB_SEARCH = "openrouter:web_search"

_SEARCHES = ("web_search", "web_search_preview")
_FIELDS = {"blocked_domains": "excluded_domains", "allowed_domains": "allowed_domains"}
"""Of the tools of other APIs: what ours calls them."""
_SAME = ("user_location", "search_context_size", "max_uses", "max_results", "engine")


class Hoisted(Struct):
    """What a request wants of the router's tools."""

    tools: list[Json] = []
    forced: str = ""
    """The type of the one that has to be used."""


def hoist(body: Json) -> Hoisted:
    """Takes them out of `tools`, and the choice of one out of `tool_choice`. The request is changed."""
    found = Hoisted()
    given = body.get("tools")
    kept: list[object] = []
    names: dict[str, str] = {}
    for tool in as_list(given):
        told = _ours(as_object(tool))
        if told is None:
            kept.append(tool)
            continue
        found.tools.append(told)
        names[as_text(as_object(tool).get("name")) or as_text(as_object(tool).get("type"))] = as_text(told["type"])
    if not found.tools and not _is_ours(as_object(body.get("tool_choice"))):
        return found
    found.forced = _forced(body.get("tool_choice"), names, is_alone=not kept)
    if kept:
        body["tools"] = kept
    else:
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            body.pop(name, None)
    if found.forced:
        body.pop("tool_choice", None)
    elif isinstance(choice := body.get("tool_choice"), dict):
        body["tool_choice"] = _without_ours(choice)
    return found


def _ours(tool: Json) -> Json | None:
    kind = as_text(tool.get("type"))
    if kind.startswith(OURS):
        return {"type": kind, "parameters": as_object(tool.get("parameters"))}
    if kind not in _SEARCHES and not kind.startswith(("web_search_preview_", "web_search_20")):
        return None
    if tool.get("external_web_access") is False:
        return None  # only what OpenAI has stored may be searched: formats know what to do
    told: Json = {name: tool[name] for name in _SAME if tool.get(name) is not None}
    for source in (tool, as_object(tool.get("filters"))):
        told |= {ours: source[theirs] for theirs, ours in _FIELDS.items() if source.get(theirs)}
    return {"type": WEB_SEARCH, "parameters": told | as_object(tool.get("parameters"))}


def _is_ours(choice: Json) -> bool:
    kind = as_text(choice.get("type"))
    return kind.startswith(OURS) or kind in _SEARCHES


def _without_ours(choice: Json) -> Json:
    """Of a choice among several (`allowed_tools`), those that are left."""
    inner = as_object(choice.get("allowed_tools"))
    if inner:
        return {**choice, "allowed_tools": _without_ours(inner)}
    if "tools" not in choice:
        return choice
    return {**choice, "tools": [tool for tool in as_list(choice["tools"]) if not _is_ours(as_object(tool))]}


def _forced(choice: object, names: dict[str, str], *, is_alone: bool) -> str:
    """Whichever way it is said: by its type, by its name, or as the only tool where one must be used."""
    if isinstance(choice, dict):
        kind = as_text(choice.get("type"))
        if _is_ours(choice):
            return kind if kind.startswith(OURS) else WEB_SEARCH
        name = as_text(choice.get("name")) or as_text(as_object(choice.get("function")).get("name"))
        if name in names:
            return names[name]
        choice = kind
    if choice in ("required", "any") and is_alone:
        return next(iter(names.values()), "")
    return ""
