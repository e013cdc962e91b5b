"""Annotations as `groundingMetadata`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json

_SHOWN = {"queries": "webSearchQueries", "search_entry_point": "searchEntryPoint"}


def grounding_from_chat(annotations: list[object], text: str) -> Json | None:
    """Of all annotations to `text`; None where there is nothing to tell."""
    chunks: dict[tuple[str, str], int] = {}
    found: list[Json] = []
    supports: dict[tuple[int, int], list[object]] = {}
    told: Json = {}
    for each in map(as_object, annotations):
        if each.get("type") == "google_search":
            shown = as_object(each.get("google_search"))
            told.update({wire: shown[name] for name, wire in _SHOWN.items() if shown.get(name)})
            continue
        source, place = _read(each)
        key = (as_text(source.get("uri")), as_text(source.get("title")) + as_text(source.get("text")))
        if not any(key):
            continue
        if key not in chunks:
            chunks[key] = len(found)
            found.append({"web" if key[0] else "retrievedContext": source})
        if place[1] > place[0]:
            supports.setdefault(place, []).append(chunks[key])
    if found:
        told["groundingChunks"] = found
    if supports:
        told["groundingSupports"] = [_support(text, place, indices) for place, indices in supports.items()]
    return told or None


def _read(annotation: Json) -> tuple[Json, tuple[int, int]]:
    """A source, and from where to where it is cited. Documents have no URL, but a text and a title."""
    cited = as_object(annotation.get("url_citation")) or annotation
    start, end = cited.get("start_index"), cited.get("end_index")
    place = (start, end) if isinstance(start, int) and isinstance(end, int) else (0, 0)
    title = as_text(cited.get("title")) or as_text(cited.get("document_title")) or as_text(cited.get("filename"))
    if url := as_text(cited.get("url")):
        return {"uri": url, "title": title}, place
    text = as_text(cited.get("cited_text"))
    return {name: value for name, value in (("title", title), ("text", text)) if value}, place


def _support(text: str, place: tuple[int, int], indices: list[object]) -> Json:
    start, end = place
    segment: Json = {"endIndex": _bytes(text[:end]), "text": text[start:end]}
    if start:
        segment["startIndex"] = _bytes(text[:start])
    return {"segment": segment, "groundingChunkIndices": indices}


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
