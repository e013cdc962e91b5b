"""Reads usage off a stream in passing; nearly every chunk costs one search and no more."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from torana.formats.json import Elements
from torana.formats.sse import LIMIT, Splitter

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Usage
    from torana.formats.sse import Event

_ENDS = (b"\n\n", b"\r\n\r\n")
_DATA: Callable[[Event], bytes] = itemgetter(1)
_BLANK = b" \t\r\n\xef\xbb\xbf"


class Events:
    """The data of server-sent events, or the objects where a provider streams bare JSON: the first byte tells."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._splitter: Splitter | Elements | None = None

    @property
    def is_at_rest(self) -> bool:
        return self._splitter is not None and self._splitter.is_at_rest

    def feed(self, chunk: bytes) -> list[bytes]:
        splitter = self._splitter
        if splitter is None:
            chunk = chunk.lstrip(_BLANK)
            if not chunk:
                return []
            splitter = self._splitter = Elements(self._limit) if chunk[0] in b"{[" else Splitter(self._limit)
        if isinstance(splitter, Splitter):
            return list(map(_DATA, splitter.feed(chunk)))
        return splitter.feed(chunk)

    def finish(self) -> list[bytes]:
        return self.feed(b"\n\n")


class EventMeter:
    """A stream of events, of which only those with `marker` in them can tell usage."""

    __slots__ = ("_events", "_is_at_rest", "_marker", "_read", "usage")

    def __init__(self, marker: bytes, read: Callable[[bytes], Usage | None]) -> None:
        """`read` is given the data of such an event; None = it told nothing."""
        self.usage: Usage | None = None
        self._marker = marker
        self._read = read
        self._events = Events()
        self._is_at_rest = False

    def feed(self, chunk: bytes) -> None:
        # `rfind` takes 0.12 µs over 240 bytes; `in` takes 0.30.
        if self._is_at_rest and chunk.rfind(self._marker) < 0 and chunk.endswith(_ENDS):
            return
        self._take(self._events.feed(chunk))
        self._is_at_rest = self._events.is_at_rest

    def finish(self) -> None:
        self._take(self._events.finish())

    def _take(self, events: list[bytes]) -> None:
        for data in events:
            if self._marker in data:
                self.usage = self._read(data) or self.usage


class NoMeter:
    """For streams that tell no usage."""

    __slots__ = ("usage",)

    def __init__(self) -> None:
        self.usage: Usage | None = None

    def feed(self, chunk: bytes) -> None:
        """Nothing to read."""

    def finish(self) -> None:
        """Nothing to read."""
