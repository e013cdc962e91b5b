"""A stored answer, given again: at once, or as the stream that it was."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from torana.message import Reply

if TYPE_CHECKING:
    from torana.exchange import Exchange
    from torana.message import Sink
    from torana.storage.cache import Stored

STATUS = b"cf-aig-cache-status"
HIT, MISS = b"HIT", b"MISS"
_EVENT = re.compile(rb".+?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)
_FRAME_LENGTH = 4


def replay(x: Exchange, stored: Stored) -> Reply:
    """The answer that is the exchange's own: with its ids and its age, and in the log as one that cost nothing."""
    log = x.log
    log.cached = True
    log.model, log.is_stream, log.usage = stored.model, stored.is_stream, stored.usage
    log.response_content_type = stored.kind
    log.first_byte_s = time.perf_counter() - x.started
    age = str(max(0, int(time.time() - stored.stored_s))).encode()
    body = Replay(events(stored)) if stored.is_stream else stored.body
    return Reply(200, [*stored.headers, (b"age", age)], body, None, b"", stored.lines + b"\r\nage: " + age)


def events(stored: Stored) -> list[bytes]:
    """A stream's events; one piece where its kind is not known."""
    kind, body = stored.kind, stored.body
    if kind.startswith(b"text/event-stream"):
        return _EVENT.findall(body)
    if kind.startswith(b"application/vnd.amazon.eventstream"):
        return _frames(body)
    return [body]


def _frames(body: bytes) -> list[bytes]:
    """Whole ones, or they would not have been stored: each begins with its length."""
    found, at = [], 0
    while at < len(body):
        end = at + max(_FRAME_LENGTH, int.from_bytes(body[at : at + _FRAME_LENGTH], "big"))
        found.append(body[at:end])
        at = end
    return found


class Replay:
    """A source of pieces that are all there: a write each, as fast as the client reads."""

    __slots__ = ("_at", "_is_giving", "_is_paused", "_pieces", "_sink")

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces
        self._at = 0
        self._sink: Sink | None = None
        self._is_paused = self._is_giving = False

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._give()

    def pause(self) -> None:
        self._is_paused = True

    def resume(self) -> None:
        self._is_paused = False
        self._give()

    def abort(self) -> None:
        self._sink = None

    def _give(self) -> None:
        if self._is_giving:
            return  # the sink resumed from within `write`: the loop below goes on by itself
        self._is_giving = True
        while self._sink is not None and not self._is_paused and self._at < len(self._pieces):
            self._at += 1
            self._sink.write(self._pieces[self._at - 1])
        self._is_giving = False
        if self._sink is not None and not self._is_paused:
            sink, self._sink = self._sink, None
            sink.end()
