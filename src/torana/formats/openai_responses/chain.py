"""A conversation that goes on from an earlier response: what was asked and answered before, put in front."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.formats.json import Json

_OURS = re.compile(r"resp_[0-9a-f]{32}")
_ITEM = re.compile(r"[a-z]+_([0-9a-f]{32})_\d+")
_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "function_call_output": "fco",
    "custom_tool_call_output": "ctco",
}


class Link(Struct):
    """One response as it is kept: what was asked beyond the former one, and the whole of the answer."""

    id: str
    caller: str = ""
    """A keyed hash of who may go on from it."""
    previous: str = ""
    """The id of the response that this one went on from; empty = it was the first."""
    input: list[object] = []
    response: dict[str, object] = {}


def is_ours(id_: str) -> bool:
    return _OURS.fullmatch(id_) is not None


def link_of(request: Json, response: Json, caller: str) -> Link:
    """`request` as the client sent it."""
    id_ = as_text(response.get("id"))
    return Link(id_, caller, as_text(request.get("previous_response_id")), input_of(request, id_), response)


def input_of(request: Json, id_: str) -> list[object]:
    """The items of a request, each with an id, as they are listed; a text is one."""
    given = request.get("input")
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": given}]}]
    told: list[object] = []
    for number, item in enumerate(as_list(given)):
        kept = as_object(item)
        kind = as_text(kept.get("type")) or "message"
        made: Json = {"id": f"{_PREFIXES.get(kind, 'item')}_in_{id_[5:]}_{number}", "type": kind, **kept}
        if kind == "message":
            made["content"] = _content(kept)
        told.append(made)
    return told


def _content(message: Json) -> object:
    content = message.get("content")
    if not isinstance(content, str):
        return content
    if message.get("role") == "assistant":
        return [{"type": "output_text", "text": content, "annotations": []}]
    return [{"type": "input_text", "text": content}]


def mentioned(request: Json) -> list[str]:
    """Ids of the responses whose items a request refers to, each once."""
    found: dict[str, None] = {}
    for item in as_list(request.get("input")):
        if _is_reference(item) and (match := _ITEM.fullmatch(as_text(as_object(item).get("id")))):
            found[f"resp_{match[1]}"] = None
    return list(found)


def expanded(request: Json, links: Iterable[Link], others: Iterable[Link] = ()) -> Json:
    """The request with all before it, oldest first; items of `others` stand where they are referred to."""
    before: list[object] = []
    known: dict[str, object] = {}
    for link in links:
        before += [*link.input, *as_list(link.response.get("output"))]
    for link in others:
        _note(known, [*link.input, *as_list(link.response.get("output"))])
    _note(known, before)
    given = request.get("input")
    asked = [{"role": "user", "content": given}] if isinstance(given, str) else as_list(given)
    here = {as_text(as_object(item).get("id")) for item in before}
    told = [
        known.get(as_text(as_object(item).get("id")), item) if _is_reference(item) else item
        for item in asked
        # What stands before already is only pointed at.
        if not (_is_reference(item) and as_text(as_object(item).get("id")) in here)
    ]
    made = {name: value for name, value in request.items() if name != "previous_response_id"}
    made["input"] = before + told
    return made


def page_of(items: list[object], *, limit: int, after: str, is_descending: bool) -> Json:
    """A list of items, as OpenAI pages them."""
    ordered = items[::-1] if is_descending else items
    ids = [as_text(as_object(item).get("id")) for item in ordered]
    start = ids.index(after) + 1 if after in ids else 0
    shown, names = ordered[start : start + limit], ids[start : start + limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": names[0] if names else "",
        "last_id": names[-1] if names else "",
        "has_more": start + limit < len(ordered),
    }


def _is_reference(item: object) -> bool:
    kept = as_object(item)
    return kept.get("type") == "item_reference" or kept.keys() == {"id"}


def _note(known: dict[str, object], items: list[object]) -> None:
    for item in items:
        if id_ := as_text(as_object(item).get("id")):
            known[id_] = item
