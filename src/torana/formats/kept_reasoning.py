"""Puts the pieces of reasoning in a stream together, to be sealed in one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.joining import grow
from torana.formats.json import as_text
from torana.formats.reasoning import seal

if TYPE_CHECKING:
    from torana.formats.json import Json


def is_signed(detail: Json) -> bool:
    """Whether there is more to it than its text."""
    return bool(detail.get("signature") or detail.get("data"))


def thought_in(details: list[Json]) -> str:
    return "".join([as_text(each.get("text")) or as_text(each.get("summary")) for each in details])


class Kept:
    """The pieces of one block have the same type and index."""

    def __init__(self) -> None:
        self._details: list[Json] = []
        self.is_signed = False

    def add(self, details: list[Json]) -> None:
        for piece in details:
            self.is_signed = self.is_signed or is_signed(piece)
            last = self._details[-1] if self._details else {}
            is_same = last.get("type") == piece.get("type") and last.get("index") == piece.get("index")
            if not is_same or "data" in piece:
                self._details.append(dict(piece))
                continue
            for name, value in piece.items():
                if name in ("text", "summary"):
                    grow(last, name, value)
                elif value is not None:
                    last[name] = value

    def sealed(self) -> str:
        """All that was added since the last time."""
        found, self._details, self.is_signed = self._details, [], False
        return seal(found)
