"""Reasoning items, and the details that stand for them in the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.joining import grow, overlay
from torana.formats.json import as_list, as_object, as_text
from torana.formats.reasoning import RESPONSES, seal, unseal

if TYPE_CHECKING:
    from torana.formats.json import Json

_PLAIN = {"type", "text", "format", "index"}


def details_in(item: Json, start: int = 0, *, opens: bool = True) -> list[Json]:
    """Of a reasoning item; `start` is how many details the message has before it, `opens` that seals are opened."""
    opaque = as_text(item.get("encrypted_content"))
    if opaque and opens and (details := unseal(opaque)) is not None:
        return details
    # What carries nothing encrypted may be anybody's thoughts, as we showed them.
    whose = RESPONSES if opaque else "unknown"
    made = [summary_detail(as_text(as_object(part).get("text"))) for part in as_list(item.get("summary"))]
    made += [text_detail(as_text(as_object(part).get("text")), whose) for part in as_list(item.get("content"))]
    if opaque:
        made.append({"type": "reasoning.encrypted", "data": opaque, "format": RESPONSES})
    for number, detail in enumerate(made, start):
        detail["index"] = number
        if item.get("id"):
            detail["id"] = item["id"]
    return made


def summary_detail(text: str) -> Json:
    return {"type": "reasoning.summary", "summary": text, "format": RESPONSES}


def text_detail(text: str, whose: str = "unknown") -> Json:
    return {"type": "reasoning.text", "text": text, "format": whose}


def shown(detail: Json) -> str:
    return as_text(detail.get("text")) or as_text(detail.get("summary"))


def add_detail(details: list[Json], piece: Json) -> Json:
    """The block that a piece belongs to, with it: neighbours of one type and index are one."""
    last = details[-1] if details else {}
    if "data" in piece or any(last.get(name) != piece.get(name) for name in ("type", "index")):
        details.append(dict(piece))
        return details[-1]
    for name, value in piece.items():
        if name in ("text", "summary"):
            grow(last, name, value)
        else:
            overlay(last, {name: value})
    return last


def is_summary(detail: Json, *, wants_summary: bool) -> bool:
    """Where a thought is shown: clients that ask for summaries look for thoughts nowhere else."""
    return wants_summary or detail.get("type") == "reasoning.summary"


def reasoning_item(id_: str, details: list[Json], *, wants_summary: bool, status: str = "completed") -> Json:
    """The thoughts to be read, and all of them sealed for when they come back, where reading does not tell all."""
    item: Json = {"id": id_, "type": "reasoning", "status": status, "summary": [], "content": []}
    for detail in details:
        if text := shown(detail):
            name, kind = ("content", "reasoning_text")
            if is_summary(detail, wants_summary=wants_summary):
                name, kind = "summary", "summary_text"
            as_list(item[name]).append({"type": kind, "text": text})
    if not item["content"]:
        del item["content"]
    if wants_summary or not all(_is_plain(detail) for detail in details):
        item["encrypted_content"] = seal(details)
    return item


def _is_plain(detail: Json) -> bool:
    return detail.get("type") == "reasoning.text" and detail.get("format") == "unknown" and detail.keys() <= _PLAIN


def items_of(details: list[Json]) -> list[Json]:
    """The reasoning items that OpenAI gave, as it wants them back; only it can read what it encrypted."""
    made: list[Json] = []
    item: Json | None = None
    for detail in details:
        if detail.get("format") != RESPONSES:
            continue
        if item is None or item.get("id") != detail.get("id") or "encrypted_content" in item:
            item = {"type": "reasoning", "summary": []}
            if detail.get("id"):
                item["id"] = detail["id"]
            made.append(item)
        _add(item, detail)
    # Without its encrypted part an item is looked for in OpenAI's store, where it is not.
    return [each for each in made if "encrypted_content" in each]


def _add(item: Json, detail: Json) -> None:
    if detail.get("type") == "reasoning.encrypted":
        item["encrypted_content"] = as_text(detail.get("data"))
    elif detail.get("type") == "reasoning.summary":
        as_list(item["summary"]).append({"type": "summary_text", "text": shown(detail)})
    else:
        as_list(item.setdefault("content", [])).append({"type": "reasoning_text", "text": shown(detail)})
