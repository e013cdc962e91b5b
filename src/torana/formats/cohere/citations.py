"""Cohere's citations and the hub's annotations."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json

_OWN = "cohere_citation"
_OF_TEXT = (None, "TEXT_CONTENT")


def to_annotations(citation: Json, offset: int = 0) -> list[Json]:
    """One for each source that has a URL; where none has, the citation whole. `offset`: of its block in the text."""
    start, end = _place(citation, "start", offset), _place(citation, "end", offset)
    made: list[Json] = []
    if citation.get("type") in _OF_TEXT:
        for source in map(as_object, as_list(citation.get("sources"))):
            document = as_object(source.get("document"))
            if url := as_text(document.get("url")):
                told: Json = {"url": url, "title": as_text(document.get("title")), "start_index": start}
                content = as_text(document.get("snippet")) or as_text(document.get("text"))
                made.append({"type": "url_citation", "url_citation": {**told, "end_index": end, "content": content}})
    return made or [{"type": _OWN, _OWN: citation, "start_index": start, "end_index": end}]


def _place(citation: Json, name: str, offset: int) -> int:
    found = citation.get(name)
    return offset + found if isinstance(found, int) else offset


class Said:
    """A text that grows, and from which pieces are cited on the way."""

    def __init__(self, *pieces: str, place: int = 0) -> None:
        """`place`: of its first block in the content."""
        self._pieces: list[str] = []
        self._ends: list[int] = []
        self._blocks: list[tuple[int, int]] = [(0, place)]
        """Where blocks begin in the whole, and their places in the content."""
        for piece in pieces:
            self.add(piece)

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._ends.append(len(piece) + (self._ends[-1] if self._ends else 0))

    def begin(self, place: int) -> None:
        """The next piece is the first of another block."""
        self._blocks.append((self._ends[-1] if self._ends else 0, place))

    def block_of(self, start: int) -> tuple[int, int]:
        return max((each for each in self._blocks if each[0] <= start), default=(0, 0))

    def cut(self, start: int, end: int) -> str:
        if not 0 <= start < end:
            return ""
        first, last = bisect_right(self._ends, start), bisect_left(self._ends, end)
        before = self._ends[first - 1] if first else 0
        return "".join(self._pieces[first : last + 1])[start - before : end - before]


def from_annotations(annotations: object, said: Said) -> list[Json]:
    """`said` is what they are about. What is of another provider is a document with all that is known of it."""
    return [_citation(each, said) for each in map(as_object, as_list(annotations)) if each]


def _citation(annotation: Json, said: Said) -> Json:
    if isinstance(own := annotation.get(_OWN), dict):
        return own
    source = as_object(annotation.get("url_citation"))
    start = (source or annotation).get("start_index")
    end = (source or annotation).get("end_index")
    made: Json = {}
    if isinstance(start, int) and isinstance(end, int):
        offset, place = said.block_of(start)
        made = {"start": start - offset, "end": end - offset, "text": said.cut(start, end), "content_index": place}
    if url := as_text(source.get("url")):
        document: Json = {"url": url, "title": as_text(source.get("title"))}
        if content := as_text(source.get("content")):
            document["snippet"] = content
        made["sources"] = [{"type": "document", "id": url, "document": document}]
    else:
        made["sources"] = [{"type": "document", "document": annotation}]
    made["type"] = "TEXT_CONTENT"
    return made
