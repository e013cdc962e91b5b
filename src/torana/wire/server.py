"""The HTTP/1.1 server: accepts clients, answers them through one function."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from torana.wire.server_connection import Connection
from torana.wire.server_shared import Handle, Refuse, ServerLimits, Shared

if TYPE_CHECKING:
    import socket
    import ssl

    from torana.wire.deadlines import Deadlines

__all__ = ["Handle", "Refuse", "Server", "ServerLimits"]

# The kernel cuts it down to its own bound (net.core.somaxconn).
_BACKLOG = 4096
_TLS_CLOSE_S = 5.0


class Server:
    """Made within a running event loop. `deadlines` is started by whoever made it."""

    def __init__(self, handle: Handle, refuse: Refuse, limits: ServerLimits, deadlines: Deadlines) -> None:
        self._shared = Shared(handle, refuse, limits, deadlines)
        self._listeners: list[asyncio.Server] = []

    @property
    def connections(self) -> int:
        return len(self._shared.connections)

    @property
    def in_flight(self) -> int:
        """Requests being answered now."""
        return self._shared.in_flight

    @property
    def requests(self) -> int:
        """Requests that were handed on, since the start."""
        return self._shared.requests

    @property
    def refused(self) -> int:
        """Requests that the wire refused itself, since the start."""
        return self._shared.refused

    async def start(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accepts on a bound socket, which it owns from here on; may be called for several."""
        shared = self._shared
        listener = await shared.loop.create_server(
            lambda: Connection(shared),
            sock=sock,
            ssl=tls,
            backlog=_BACKLOG,
            ssl_handshake_timeout=shared.limits.header_timeout_s if tls else None,
            ssl_shutdown_timeout=_TLS_CLOSE_S if tls else None,
        )
        self._listeners.append(listener)

    async def drain(self, timeout_s: float) -> None:
        """Accepts no more, closes what is idle, and gives the answers under way this long; then aborts them."""
        shared = self._shared
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        shared.is_draining = True
        for connection in list(shared.connections):
            connection.drain()
        if await self._is_empty_within(timeout_s):
            return
        for connection in list(shared.connections):
            connection.abort()
        # The handlers are cancelled by now, and need a turn of the loop or two to settle.
        await self._is_empty_within(1.0)

    async def _is_empty_within(self, timeout_s: float) -> bool:
        shared = self._shared
        shared.emptied.clear()
        if not shared.connections:
            return True
        try:
            await asyncio.wait_for(shared.emptied.wait(), timeout_s)
        except TimeoutError:
            return False
        return True
