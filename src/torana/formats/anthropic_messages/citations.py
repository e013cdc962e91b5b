"""Citations of text blocks as annotations of a message, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json

_WEB = "web_search_result_location"
_OWN = frozenset({"char_location", "page_location", "content_block_location", "search_result_location"})


def to_annotations(citations: object, start: int, end: int) -> list[Json]:
    """Of the text from `start` to `end`."""
    return [to_annotation(each, start, end) for each in as_list(citations) if isinstance(each, dict) and "type" in each]


def to_annotation(citation: Json, start: int, end: int) -> Json:
    """All kinds but those of the web are kept whole."""
    if citation.get("type") != _WEB:
        return {**citation, "start_index": start, "end_index": end}
    source = {
        "url": as_text(citation.get("url")),
        "title": as_text(citation.get("title")),
        "start_index": start,
        "end_index": end,
        "content": as_text(citation.get("cited_text")),
    }
    return {
        "type": "url_citation",
        "url_citation": {**source, "encrypted_index": as_text(citation.get("encrypted_index"))},
    }


def to_citation(annotation: Json, *, is_own: bool = False) -> Json | None:
    """None for a kind that Anthropic does not have; `is_own`: and for one that it did not write."""
    kind = as_text(annotation.get("type"))
    if kind in _OWN:
        return {name: value for name, value in annotation.items() if name not in ("start_index", "end_index")}
    source = as_object(annotation.get("url_citation"))
    index = as_text(source.get("encrypted_index"))
    if kind != "url_citation" or (is_own and not index):
        return None
    return {
        "type": _WEB,
        "url": as_text(source.get("url")),
        "title": as_text(source.get("title")) or None,
        "cited_text": as_text(source.get("content")),
        "encrypted_index": index,
    }


def cited(text: str, annotations: list[Json], *, is_own: bool = False) -> list[Json]:
    """The text as blocks, cut where a citation begins and ends, each with its own."""
    found: list[tuple[int, int, Json]] = []
    if not text:
        return []
    for annotation in annotations:
        citation = to_citation(annotation, is_own=is_own)
        if citation is not None:
            found.append((*_range(annotation, len(text)), citation))
    blocks: list[Json] = []
    citations: list[Json] = []
    at = 0
    for start, end, citation in sorted(found, key=lambda each: each[:2]):
        if start >= at or not citations:
            if start > at:
                blocks.append({"type": "text", "text": text[at:start]})
            citations = []
            blocks.append({"type": "text", "text": text[start:end], "citations": citations})
            at = end
        citations.append(citation)
    if at < len(text):
        blocks.append({"type": "text", "text": text[at:]})
    return blocks


def _range(annotation: Json, size: int) -> tuple[int, int]:
    """All of the text where it does not say."""
    where = as_object(annotation.get("url_citation")) or annotation
    start, end = where.get("start_index"), where.get("end_index")
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= size:
        return start, end
    return 0, size
