"""What all client connections of one server share."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from torana.errors import ToranaError
from torana.exchange import Answering, Request
from torana.message import Reply

if TYPE_CHECKING:
    from torana.wire.deadlines import Deadlines

log = logging.getLogger("torana.wire")

Handle = Callable[[Request], Answering]
"""Answers a request; raises nothing but CancelledError, which means that the client left."""

Refuse = Callable[[ToranaError, Request | None], Reply]
"""Renders an error for the caller; the request is there, without its body, when its first line could be read."""


class ServerLimits(Struct, frozen=True):
    """How much and how long a client may. Sizes in bytes."""

    max_url_bytes: int = 16 << 10
    max_header_bytes: int = 64 << 10
    """All header lines together, with their line ends; of chunked bodies also the trailers and extensions."""
    max_body_bytes: int = 100 << 20
    header_timeout_s: float = 15.0
    body_timeout_s: float = 60.0
    idle_timeout_s: float = 75.0
    send_timeout_s: float = 120.0
    stream_body_over_bytes: int = 1 << 20
    """Above it a body that is not JSON is handed on as a Source."""
    pipeline_bytes: int = 64 << 10
    """What a client may send ahead of an answer before its socket is read no more."""
    linger_s: float = 2.0
    """How long a client is listened to, and ignored, after an answer that it may not have expected."""
    linger_bytes: int = 4 << 20


class Drainable(Protocol):
    is_answering: bool

    def drain(self) -> None: ...
    def abort(self) -> None: ...


class Shared:
    """The server as a connection sees it."""

    __slots__ = (
        "_date",
        "_date_until",
        "_refuse",
        "connections",
        "deadlines",
        "emptied",
        "handle",
        "idle_timeout_s",
        "is_draining",
        "limits",
        "loop",
        "refused",
        "requests",
        "time",
    )

    def __init__(self, handle: Handle, refuse: Refuse, limits: ServerLimits, deadlines: Deadlines) -> None:
        self.handle = handle
        self._refuse = refuse
        self.limits = limits
        self.deadlines = deadlines
        self.loop = asyncio.get_running_loop()
        self.connections: set[Drainable] = set()
        self.emptied = asyncio.Event()
        self.time = self.loop.time
        self.idle_timeout_s = limits.idle_timeout_s
        self.requests = 0
        self.refused = 0
        self.is_draining = False
        self._date = b""
        self._date_until = 0

    @property
    def in_flight(self) -> int:
        return sum(connection.is_answering for connection in self.connections)

    def refusal(self, error: ToranaError, request: Request | None) -> Reply:
        """`refuse`, or where that fails itself, a bare answer."""
        try:
            return self._refuse(error, request)
        except Exception:
            log.exception("a refusal could not be rendered")
            return Reply(error.status, [])

    def date_line(self) -> bytes:
        """The Date field, made anew once a second."""
        now = time.time()
        if now >= self._date_until:
            self._date_until = int(now) + 1
            self._date = b"\r\ndate: " + formatdate(now, usegmt=True).encode()
        return self._date
