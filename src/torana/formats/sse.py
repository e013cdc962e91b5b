"""Server-sent events, split as the HTML standard says, from bytes cut anywhere.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
Lines end in CR, LF or CRLF; a line that begins with a colon is a comment; the data lines of an event are joined by LF;
an empty line ends it; a BOM before the first line is dropped. Unlike a browser, `finish` gives an event whose empty
line never came: a provider that was cut off may have told its usage in it.
"""

from __future__ import annotations

Event = tuple[bytes, bytes]
"""Name (`message` where the stream gives none) and data."""

LIMIT = 16 << 20
_END = b"\n\n"
_LF, _CR = b"\n\r"
_BOM = b"\xef\xbb\xbf"


class Splitter:
    """Bytes in, whole events out. The data of an event of more than `limit` bytes is left out."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._line: list[bytes] = []
        """Pieces of a line that has not ended."""
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0
        """Bytes seen of the event under way."""
        self._is_after_cr = False
        self._is_first_line = True

    @property
    def is_at_rest(self) -> bool:
        """Whether the next byte begins an event."""
        return not (self._size or self._is_after_cr or self._is_first_line)

    def feed(self, chunk: bytes) -> list[Event]:
        events: list[Event] = []
        is_under_way = self._size or self._is_after_cr or self._is_first_line
        if is_under_way or _CR in chunk or len(chunk) > self._limit:
            self._read(chunk, events)
        elif (event := _whole(chunk)) is not None:  # nearly all chunks are such
            events.append(event)
        elif chunk[-2:] == _END:
            for block in chunk[:-2].split(_END):
                if (event := _whole(block + _END)) is not None:
                    events.append(event)
                else:
                    self._read(block + _END, events)
        else:
            self._read(chunk, events)
        return events

    def finish(self) -> list[Event]:
        """The event that had begun, if there was one."""
        return self.feed(_END)

    def _read(self, chunk: bytes, events: list[Event]) -> None:
        if self._is_after_cr and chunk:
            self._is_after_cr = False
            chunk = chunk.removeprefix(b"\n")
        for piece in chunk.splitlines(keepends=True):
            self._size += len(piece)
            if piece[-1] not in b"\r\n":
                self._line.append(piece)
                if self._size > self._limit:
                    self._line = [b":"]  # what is too long to keep becomes a comment
                    self._data.clear()
                break
            line = piece.rstrip(b"\r\n")
            if self._line:
                line = b"".join(self._line) + line
                self._line.clear()
            self._end(line, events)
        # No `\n` can follow within this chunk, or `splitlines` would have seen it.
        self._is_after_cr = self._is_after_cr or chunk.endswith(b"\r")

    def _end(self, line: bytes, events: list[Event]) -> None:
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._data:
                events.append((self._name or b"message", b"\n".join(self._data)))
            self._name, self._data, self._size = b"", [], 0
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            if self._size > self._limit:
                self._data.clear()
        elif name == b"event":
            self._name = value.removeprefix(b" ")


def _whole(chunk: bytes) -> Event | None:
    """Of a chunk that is one event of one line of data, and no more than a name before it; else None.

    Slices are compared since `startswith` takes twice as long.
    """
    head, _, data = chunk.partition(b"data: ")
    if data.find(b"\n") != len(data) - 2 or data[-1] != _LF:
        return None
    if head and (head[:7] != b"event: " or head.find(b"\n") != len(head) - 1):
        return None
    return head[7:-1] or b"message", data[:-2]
