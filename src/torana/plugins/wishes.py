"""Which plugins does a request want, and with which settings?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import PluginRefused
from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.formats.json import Json
    from torana.plugins.prepared import Context

_SEARCHES = frozenset({"openrouter:web_search", "web_search", "web_search_preview"})
_SERVER_TOOLS = "openrouter:"
OFFERED = "is_offered"
"""In the settings of a search: it is a tool that may be used, and is not asked for."""
_TOOL_NAMES = {"allowed_domains": "include_domains", "excluded_domains": "exclude_domains"}
"""What the server tool's parameters are called in the plugin."""


def take_wishes(chat: Json, context: Context) -> dict[str, Json]:
    """The plugins that are on, by id, with their settings. All that asks for them is taken out of `chat`.

    The request goes before the defaults, field by field (openrouter.md 2.4). Unknown ids are there too, for nobody.
    PluginRefused where `plugins` is not a list of objects with an id.
    """
    wishes: dict[str, Json] = {}
    for each in context.defaults:
        wishes[as_text(each.get("id"))] = each
    if context.is_online:
        wishes["web"] = {**wishes.get("web", {}), "id": "web", "enabled": True}
    transforms = chat.pop("transforms", None)
    if isinstance(transforms, list):  # the older name of it
        wishes["context-compression"] = {"id": "context-compression", "enabled": "middle-out" in transforms}
    for each in _read(chat.pop("plugins", None)):
        id_ = as_text(each["id"])
        # That it was off by default counts for nothing to one who asks for it.
        wishes[id_] = {**wishes.get(id_, {}), "enabled": True, **each}
    if (search := _take_tools(chat)) is not None:
        wishes["web"] = {**wishes.get("web", {}), **search, "enabled": True}
    return wishes


def is_on(wishes: dict[str, Json], id_: str) -> bool:
    found = wishes.get(id_)
    return found is not None and found.get("enabled") is not False


def _read(given: object) -> Iterable[Json]:
    if given is None:
        return
    if not isinstance(given, list):
        raise PluginRefused("`plugins` must be a list of objects with an `id`")
    for number, each in enumerate(given):
        if not isinstance(each, dict) or not isinstance(each.get("id"), str):
            raise PluginRefused(f"`plugins[{number}]` must be an object with an `id`")
        yield each


def _take_tools(chat: Json) -> Json | None:
    """Takes out the tools that a server runs; the settings of a search, if that is one of them.

    No upstream ever sees them: to it they would be functions that nobody defined (openrouter.md 2.5).
    """
    if not isinstance(chat.get("tools"), list):
        return None
    search: Json | None = None
    is_forced = as_text(as_object(chat.get("tool_choice")).get("type")) in _SEARCHES
    kept = []
    for tool in as_list(chat["tools"]):
        kind = as_text(as_object(tool).get("type"))
        if kind in _SEARCHES:
            given = {**as_object(tool), **as_object(as_object(tool).get("parameters"))}
            search = {_TOOL_NAMES.get(name, name): value for name, value in given.items() if name != "type"}
            search[OFFERED] = not is_forced
        elif not kind.startswith(_SERVER_TOOLS):
            kept.append(tool)
    if len(kept) < len(as_list(chat["tools"])):
        _leave(chat, kept)
    return search


def _leave(chat: Json, tools: list[object]) -> None:
    choice = chat.get("tool_choice")
    kind = as_text(as_object(choice).get("type"))
    if tools:
        chat["tools"] = tools
        if kind in _SEARCHES or kind.startswith(_SERVER_TOOLS):
            del chat["tool_choice"]
        return
    for name in ("tools", "tool_choice", "parallel_tool_calls"):
        chat.pop(name, None)
