"""Where an answer took it from: `groundingMetadata` and `citationMetadata` as annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json

_KINDS = ("web", "maps", "retrievedContext", "image")
_SHOWN = {"webSearchQueries": "queries", "searchEntryPoint": "search_entry_point"}


def cites(candidate: Json) -> bool:
    return "groundingMetadata" in candidate or "citationMetadata" in candidate


def annotations_of(candidate: Json, text: str) -> list[Json]:
    """`text` is all that the candidate has said."""
    found: list[Json] = []
    places = _Places(text)
    grounding = candidate.get("groundingMetadata")
    if isinstance(grounding, dict):
        found += _grounds(grounding, places)
    cited = as_object(candidate.get("citationMetadata"))
    for each in as_list(cited.get("citations") or cited.get("citationSources")):
        citation = as_object(each)
        if uri := as_text(citation.get("uri")):
            found.append(_url_citation(uri, as_text(citation.get("title")), places.between(citation)))
    return found


def _grounds(grounding: Json, places: _Places) -> list[Json]:
    sources = [_source(as_object(chunk)) for chunk in as_list(grounding.get("groundingChunks"))]
    used: set[int] = set()
    found: list[Json] = []
    for each in as_list(grounding.get("groundingSupports")):
        support = as_object(each)
        place = places.of(as_object(support.get("segment")))
        for index in as_list(support.get("groundingChunkIndices")):
            if isinstance(index, int) and 0 <= index < len(sources) and sources[index]:
                used.add(index)
                found.append(_of_source(sources[index], place))
    found += [_of_source(source, (0, 0)) for index, source in enumerate(sources) if source and index not in used]
    shown = {name: grounding[wire] for wire, name in _SHOWN.items() if grounding.get(wire)}
    # Google's terms want its suggestions shown beside an answer that it searched for.
    return [*found, {"type": "google_search", "google_search": shown}] if shown else found


def _source(chunk: Json) -> Json:
    for kind in _KINDS:
        if isinstance(found := chunk.get(kind), dict):
            return found
    return {}


def _of_source(source: Json, place: tuple[int, int]) -> Json:
    uri = as_text(source.get("uri")) or as_text(source.get("sourceUri"))
    made = _url_citation(uri, as_text(source.get("title")), place)
    if content := as_text(source.get("text")):
        as_object(made["url_citation"])["content"] = content
    return made


def _url_citation(url: str, title: str, place: tuple[int, int]) -> Json:
    start, end = place
    return {
        "type": "url_citation",
        "url_citation": {"url": url, "title": title, "start_index": start, "end_index": end},
    }


class _Places:
    """Google counts in bytes of a part, the hub in letters of the whole text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._bytes = text.encode("utf-8", "replace")

    def of(self, segment: Json) -> tuple[int, int]:
        start, end = self.between(segment)
        said = as_text(segment.get("text"))
        if said and self._text[start:end] != said and (found := self._text.find(said)) >= 0:
            return found, found + len(said)  # the part was not the first
        return start, end

    def between(self, given: Json) -> tuple[int, int]:
        return self._letters(given.get("startIndex")), self._letters(given.get("endIndex"))

    def _letters(self, index: object) -> int:
        if not isinstance(index, int) or index <= 0:
            return 0
        if len(self._bytes) == len(self._text):
            return min(index, len(self._text))
        return len(self._bytes[:index].decode("utf-8", "ignore"))
