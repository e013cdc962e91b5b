"""Streams of one JSON object a line, from bytes cut anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import Elements
from torana.formats.sse import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Usage

_BLANK = b" \t\r\n\xef\xbb\xbf"


class Lines:
    """Bytes in, whole lines out. Where the first is no whole object, the objects, however they are laid out.

    A line of more than `limit` bytes is left out.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._held: list[bytes] = []
        self._size = 0
        self._is_known = False
        """The first line has been seen."""
        self._elements: Elements | None = None

    @property
    def is_at_rest(self) -> bool:
        """Whether the next byte begins a line."""
        return self._is_known and self._elements is None and not self._held

    def feed(self, chunk: bytes) -> list[bytes]:
        if self._elements is not None:
            return self._elements.feed(chunk)
        if self._is_known and not self._held and 1 < len(chunk) <= self._limit and chunk.find(b"\n") == len(chunk) - 1:
            return [chunk]  # nearly all pieces are one line
        if b"\n" not in chunk:
            self._hold(chunk)
            return []
        first, *others = chunk.split(b"\n")
        last = others.pop()
        self._hold(first)
        lines = [line for line in (self._take(), *others) if line.strip(_BLANK) and len(line) <= self._limit]
        if lines and not self._is_known:
            self._is_known = True
            if not lines[0].rstrip().endswith(b"}"):
                self._elements = Elements(self._limit)
                return self._elements.feed(b"\n".join([*lines, last]))
        self._hold(last)
        return lines

    def finish(self) -> list[bytes]:
        """The line that had begun, if there was one."""
        return self.feed(b"\n")

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._size += len(piece)
            if self._size <= self._limit:
                self._held.append(piece)

    def _take(self) -> bytes:
        line = b"".join(self._held) if self._size <= self._limit else b""
        self._held, self._size = [], 0
        return line


class LineMeter:
    """A stream of lines, of which only those with `marker` in them can tell usage."""

    __slots__ = ("_lines", "_marker", "_read", "usage")

    def __init__(self, marker: bytes, read: Callable[[bytes], Usage | None]) -> None:
        self.usage: Usage | None = None
        self._marker = marker
        self._read = read
        self._lines = Lines()

    def feed(self, chunk: bytes) -> None:
        if self._lines.is_at_rest and chunk.rfind(self._marker) < 0 and chunk.endswith(b"\n"):
            return
        self._take(self._lines.feed(chunk))

    def finish(self) -> None:
        self._take(self._lines.finish())

    def _take(self, lines: list[bytes]) -> None:
        for line in lines:
            if self._marker in line:
                self.usage = self._read(line) or self.usage
