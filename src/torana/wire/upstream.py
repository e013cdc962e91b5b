"""Calls to upstreams: the HTTP/1.1 client, its pools and its time limits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from torana.errors import UpstreamBroken, UpstreamTimedOut, UpstreamUnreachable
from torana.wire.dial import Dialer
from torana.wire.errand import in_task
from torana.wire.pool import Pool
from torana.wire.proxies import Proxies
from torana.wire.tls import client_context
from torana.wire.upstream_connection import UpstreamLimits
from torana.wire.upstream_request import request_head

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine

    from torana.addresses import Reach
    from torana.message import Call, Origin, Reply
    from torana.wire.deadlines import Deadlines
    from torana.wire.errand import Awaiting
    from torana.wire.upstream_connection import UpstreamConnection

__all__ = ["Proxies", "Upstream", "UpstreamLimits", "client_context"]

_ORIGINS = 1024  # from here on unused pools are dropped: hosts may come from paths, so there can be any number


class Upstream:
    """Sends calls over kept connections. One event loop; `tls` and `proxies` hold for all origins.

    `reach` is what untrusted origins may lead to; None = the public internet alone.
    """

    def __init__(
        self,
        limits: UpstreamLimits,
        deadlines: Deadlines,
        tls: ssl.SSLContext | None = None,
        proxies: Proxies | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._limits = limits
        self._deadlines = deadlines
        self._dialer = Dialer(tls, proxies, reach)
        self._pools: dict[Origin, Pool] = {}
        self._is_closed = False
        self.opened = 0
        """Connections made so far."""

    @property
    def open_connections(self) -> int:
        return sum(len(pool.open) for pool in self._pools.values())

    @property
    def idle_connections(self) -> int:
        return sum(len(pool.idle) for pool in self._pools.values())

    def send(self, call: Call) -> Coroutine[object, None, Reply]:
        """The answer's head, and its body whole or as a Source; UpstreamError where there is none.

        Whoever gets a Source must start or abort it. Cancelling closes the connection at once.
        """
        if call.first_byte_timeout_s is not None:
            return self._send_within(call, call.first_byte_timeout_s)
        # A body that streams cannot be sent twice, so it does not take the risk of a kept connection.
        return self._send(call, is_fresh=not isinstance(call.body, bytes))

    def ask(self, call: Call, answer: Awaiting) -> UpstreamConnection | None:
        """Asks at once, for `answer`, and says by which connection; None where none is kept, and nothing was sent.

        `call` is one whose body is whole, without a timeout. Where the connection turns out stale, `send_anew` is left.
        """
        pool = self._pools.get(call.origin)
        if pool is None or not pool.idle:
            return None
        connection = pool.idle.pop()
        connection.ask_for(answer, call, request_head(call, pool.authority))
        return connection

    def send_anew(self, call: Call) -> Coroutine[object, None, Reply]:
        """As `send`, on a new connection."""
        return self._send(call, is_fresh=True)

    async def _send(self, call: Call, *, is_fresh: bool) -> Reply:
        pool = self._pools.get(call.origin) or self._open(call.origin)
        head = request_head(call, pool.authority)
        connection = pool.idle.pop() if pool.idle and not is_fresh else None
        while True:
            if connection is None:
                connection = await self._take(pool, is_fresh=is_fresh)
            answer = connection.ask(call, head)
            try:
                return await answer
            except asyncio.CancelledError:
                connection.forsake(answer)
                raise
            except UpstreamBroken:
                if is_fresh or not connection.is_stale:
                    raise
            connection, is_fresh = None, True

    async def _send_within(self, call: Call, within_s: float) -> Reply:
        await in_task()
        try:
            async with asyncio.timeout(within_s):
                return await self.send(replace(call, first_byte_timeout_s=None))
        except TimeoutError as error:
            where = f"{call.origin.host}:{call.origin.port}"
            raise UpstreamTimedOut(f"`{where}` did not begin its answer within {within_s:g} s") from error

    async def _take(self, pool: Pool, *, is_fresh: bool) -> UpstreamConnection:
        await in_task()
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                return await pool.take(is_fresh=is_fresh)
        except TimeoutError as error:
            raise UpstreamTimedOut(
                f"no connection to `{pool.label}` within {self._limits.connect_timeout_s:g} s"
            ) from error

    def _open(self, origin: Origin) -> Pool:
        if len(self._pools) >= _ORIGINS:
            self._pools = {known: pool for known, pool in self._pools.items() if not pool.is_unused}
        pool = self._pools[origin] = Pool(origin, self._limits, self._deadlines, self._dial)
        return pool

    async def _dial(self, pool: Pool, connection: UpstreamConnection) -> None:
        if not self._is_closed:
            await self._dialer.dial(pool.origin, connection, pool.session)
            self.opened += 1
        if self._is_closed:
            connection.abort()
            raise UpstreamUnreachable("the gateway is stopping")

    def close(self) -> None:
        """Ends idle connections kindly, busy ones at once, and dials no more."""
        self._is_closed = True
        for pool in self._pools.values():
            pool.close()
