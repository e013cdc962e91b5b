"""The connections to one origin: kept, counted, and waited for in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from torana.errors import UpstreamUnreachable
from torana.wire.deadlines import NEVER
from torana.wire.upstream_connection import UpstreamConnection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from torana.message import Origin
    from torana.wire.deadlines import Deadlines
    from torana.wire.upstream_connection import UpstreamLimits


class Pool:
    """At most `limits.connections`; the one used last is used next, so that those not needed grow old and expire."""

    def __init__(
        self,
        origin: Origin,
        limits: UpstreamLimits,
        deadlines: Deadlines,
        dial: Callable[[Pool, UpstreamConnection], Awaitable[None]],
    ) -> None:
        self.origin = origin
        is_local = origin.host.startswith("/")  # a unix socket's path, which is no host name
        self.authority = b"localhost" if is_local else origin.authority
        self.label = origin.host if is_local else f"{origin.host}:{origin.port}"
        self.idle: list[UpstreamConnection] = []
        self.open: set[UpstreamConnection] = set()
        self.session: ssl.SSLSession | None = None
        """Of the latest TLS connection; the next one resumes it."""
        self._limits = limits
        self._idle_s = limits.idle_timeout_s
        self._deadlines = deadlines
        self._dial = dial
        self._time = asyncio.get_running_loop().time
        self._dialling = 0
        self._waiters: deque[asyncio.Future[UpstreamConnection | None]] = deque()

    @property
    def is_unused(self) -> bool:
        return not self.open and not self._dialling and not self._waiters

    async def take(self, *, is_fresh: bool) -> UpstreamConnection:
        """An idle connection, or a new one where `is_fresh` or none is idle; waits for its turn at the limit."""
        while True:
            if self.idle and not is_fresh:
                return self.idle.pop()
            if len(self.open) + self._dialling < self._limits.connections:
                self._dialling += 1
                break
            connection = self.idle[0] if self.idle else await self._wait()
            if connection is None:
                break  # a place for a new one, which `_grant` has counted
            if not connection.is_open:
                continue  # lost between the handing over and now
            if not is_fresh:
                return connection
            self._dialling += 1  # before the closing, which would pass the place on to who waits
            connection.close()
            break
        return await self._connect()

    async def _wait(self) -> UpstreamConnection | None:
        waiter: asyncio.Future[UpstreamConnection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
            elif (granted := waiter.result()) is None:
                self._dialling -= 1
                self._grant()
            elif granted.is_open:
                self._release(granted)
            raise

    async def _connect(self) -> UpstreamConnection:
        connection = UpstreamConnection(self.label, self._limits, self._release, self._lost)
        try:
            await self._dial(self, connection)
        except BaseException:
            self._dialling -= 1
            connection.abort()
            self._grant()
            raise
        self._dialling -= 1
        if not connection.is_open:
            self._grant()
            raise UpstreamUnreachable(f"`{self.label}` closed the connection as soon as it was made")
        self.open.add(connection)
        self._deadlines.add(connection)
        return connection

    def _release(self, connection: UpstreamConnection) -> None:
        if connection.served == 1 and self.origin.is_tls:
            # Not before: in TLS 1.3 the ticket comes after the handshake.
            self.session = connection.tls_session
        while self._waiters:  # as a rule there is none
            waiter = self._waiters.popleft()
            if not waiter.done():
                connection.deadline = NEVER
                waiter.set_result(connection)
                return
        connection.deadline = self._time() + self._idle_s
        self.idle.append(connection)

    def _lost(self, connection: UpstreamConnection) -> None:
        if connection not in self.open:
            return
        self.open.discard(connection)
        self._deadlines.discard(connection)
        if connection in self.idle:
            self.idle.remove(connection)
        self._grant()

    def _grant(self) -> None:
        """A place became free: the one who has waited longest may dial."""
        while self._waiters and len(self.open) + self._dialling < self._limits.connections:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._dialling += 1
                waiter.set_result(None)

    def close(self) -> None:
        for connection in list(self.open):
            if connection in self.idle:
                connection.close()
            else:
                connection.fail(UpstreamUnreachable("the gateway is stopping"))
