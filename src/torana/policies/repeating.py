"""The same answer to the same request, from the third time on: only ids and times are new.

An exchange that policies may look at costs as much as all the rest of a hit.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.again import Again
from torana.ids import uuid7
from torana.journal import Head
from torana.message import Reply
from torana.policies.cache_key import key_of
from torana.storage.cache import Stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Exchange, Opening, Request
    from torana.storage.cache import Cache

_LARGEST = 32 << 10
"""Bytes of a record: a longer one is seldom asked for again, and what it saves is less of what it costs."""
_OK = 200


class Look(Struct, gc=False):
    """What the cache had, when it was looked at."""

    key: bytes
    stored: Stored | None


class Repeats:
    """Of one gateway's cache. What is not as plain as this is left to an exchange."""

    def __init__(self, cache: Cache, record: Callable[[bytes], bool]) -> None:
        """`record` takes what is packed already; False where it does not."""
        self._cache = cache
        self._record = record
        self._request: Request | None = None
        self._look = Look(b"", None)

    def repeat(self, request: Request, opening: Opening) -> Reply | None:
        """None = an exchange has to begin."""
        plan, body = opening.cache_plan, request.body
        if plan is None or not plan.ttl_s or plan.is_named or type(body) is not bytes or len(body) > _LARGEST:
            return None
        started = time.perf_counter()
        key = key_of(plan, body)
        stored = self._cache.get(key)
        reply = None
        if stored is not None and (again := stored.again) is not None:
            reply = self._repeated(opening, stored, again, started)
        if reply is None:
            self._request, self._look = request, Look(key, stored)
        return reply

    def looked_up(self, request: Request) -> Look | None:
        """What `repeat` found for this one a moment ago."""
        if self._request is not request:
            return None
        self._request = None
        return self._look

    def _repeated(self, opening: Opening, stored: Stored, again: Again, started: float) -> Reply | None:
        head, lines = opening.packed, opening.own_lines
        if not isinstance(head, Head) or lines is None or not opening.options.collect_payload:
            return None
        if not again.is_free_of(opening.secrets, head):
            return None
        id_ = uuid7().encode()
        age = b"%d" % max(0, time.time() - stored.stored_s)
        took = time.perf_counter() - started
        if not self._record(again.frame(head, id_, took, took, age)):
            return None
        raw = b"%b\r\nage: %b%b" % (stored.lines, age, id_.join(lines))
        return Reply(_OK, stored.headers, stored.body, None, b"", raw)

    def prepare(self, x: Exchange, look: Look) -> None:
        """For the next time, after an exchange that was answered so."""
        log, opening, stored = x.log, x.opening, look.stored
        if stored is None or stored.again is not None or stored.is_stream or x.notes is not None:
            return
        if not (opening.is_direct and opening.is_logged and opening.options.collect_payload):
            return
        if opening.coding or log.is_truncated or log.request_size > min(x.payload_bytes, _LARGEST):
            return
        if log.request_size + log.response_size > _LARGEST:
            return
        stored.again = again = Again(log)
        self._cache.grow(look.key, again.size)
