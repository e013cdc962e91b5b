"""The text blocks of a message as one text, with what they cite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.citations import to_annotations

if TYPE_CHECKING:
    from torana.formats.json import Json

_GAP = "\n\n"


class Texts:
    """Texts with another block between them are told apart by an empty line; the others belong together."""

    def __init__(self) -> None:
        self.annotations: list[Json] = []
        self.size = 0
        """Characters so far."""
        self._pieces: list[str] = []
        self._is_apart = False
        self._ends_in_space = True

    def __str__(self) -> str:
        return "".join(self._pieces)

    def add(self, text: str) -> str:
        """Gives what is to be told of it."""
        if not text:
            return text
        if self._is_apart and not self._ends_in_space:
            text = _GAP + text
        self._is_apart = False
        self._ends_in_space = text[-1].isspace()
        self.size += len(text)
        return text

    def put(self, text: str, citations: object) -> None:
        told = self.add(text)
        self._pieces.append(told)
        if citations:
            self.annotations += to_annotations(citations, self.size - len(text), self.size)

    def part(self) -> None:
        """Another block came."""
        self._is_apart = True
