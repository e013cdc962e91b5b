"""Sources of an answer: Converse's citations as the hub's annotations, and back.

What cites a document and not the web stands in the hub as Anthropic has it, whose citations these are.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json

_KINDS = {
    "documentChar": ("char_location", "document_index", "start_char_index", "end_char_index"),
    "documentPage": ("page_location", "document_index", "start_page_number", "end_page_number"),
    "documentChunk": ("content_block_location", "document_index", "start_block_index", "end_block_index"),
    "searchResultLocation": (
        "search_result_location",
        "search_result_index",
        "start_block_index",
        "end_block_index",
    ),
}
"""Anthropic's word for each kind of place, and for its index, start and end."""
_INDICES = {"searchResultLocation": "searchResultIndex"}
_BY_TYPE = {names[0]: (kind, names) for kind, names in _KINDS.items()}


def annotation_of(citation: Json, start: int, end: int) -> Json:
    """`start` and `end` are where the text stands that it is the source of."""
    location = as_object(citation.get("location"))
    title, quoted = as_text(citation.get("title")), _quoted(citation)
    for kind, (type_, index, first, last) in _KINDS.items():
        place = as_object(location.get(kind))
        if place:
            made: Json = {
                "type": type_,
                "cited_text": quoted,
                index: place.get(_INDICES.get(kind, "documentIndex"), 0),
                first: place.get("start"),
                last: place.get("end"),
            }
            if kind == "searchResultLocation":
                made |= {"title": title, "source": as_text(citation.get("source"))}
            else:
                made["document_title"] = title or None
            return {**made, "start_index": start, "end_index": end}
    web = as_object(location.get("web"))
    url = as_text(web.get("url")) or as_text(citation.get("source")) or as_text(web.get("domain"))
    cited: Json = {"url": url, "title": title, "start_index": start, "end_index": end}
    if quoted:
        cited["content"] = quoted
    return {"type": "url_citation", "url_citation": cited}


def _quoted(citation: Json) -> str:
    return "".join(as_text(as_object(each).get("text")) for each in as_list(citation.get("sourceContent")))


def citation_of(annotation: Json) -> Json:
    known = _BY_TYPE.get(as_text(annotation.get("type")))
    if known is None:
        return _of_url(as_object(annotation.get("url_citation")))
    kind, (_, index, first, last) = known
    place = {
        _INDICES.get(kind, "documentIndex"): annotation.get(index, 0),
        "start": annotation.get(first, 0),
        "end": annotation.get(last, 0),
    }
    title = annotation.get("document_title") or annotation.get("title")
    return _told(title, annotation.get("source"), annotation.get("cited_text"), {kind: place})


def _of_url(cited: Json) -> Json:
    return _told(cited.get("title"), None, cited.get("content"), {"web": {"url": as_text(cited.get("url"))}})


def _told(title: object, source: object, quoted: object, location: Json) -> Json:
    citation: Json = {"location": location}
    if isinstance(title, str) and title:
        citation["title"] = title
    if isinstance(source, str) and source:
        citation["source"] = source
    if isinstance(quoted, str) and quoted:
        citation["sourceContent"] = [{"text": quoted}]
    return citation


def cited_blocks(text: str, annotations: list[object]) -> list[Json]:
    """The text in blocks, each with the sources of that stretch; those without a place are of all of it."""
    by_span: dict[tuple[int, int], list[Json]] = {}
    for annotation in annotations:
        if isinstance(annotation, dict):
            by_span.setdefault(_span(annotation, len(text)), []).append(citation_of(annotation))
    if not by_span:
        return [{"text": text}] if text else []
    spans = sorted(by_span)
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        every = [citation for span in spans for citation in by_span[span]]
        return [_cited(text, every)]
    blocks: list[Json] = []
    at = 0
    for start, end in spans:
        if text[at:start]:
            blocks.append({"text": text[at:start]})
        blocks.append(_cited(text[start:end], by_span[start, end]))
        at = end
    if text[at:]:
        blocks.append({"text": text[at:]})
    return blocks


def _cited(text: str, citations: list[Json]) -> Json:
    return {"citationsContent": {"content": [{"text": text}], "citations": citations}}


def _span(annotation: Json, size: int) -> tuple[int, int]:
    said = as_object(annotation.get("url_citation")) or annotation
    start, end = said.get("start_index"), said.get("end_index")
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= size:
        return start, end
    return 0, size
