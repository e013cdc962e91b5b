"""How a connection to an origin comes about: name, socket, proxy, TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
from collections import deque
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from torana.addresses import Reach
from torana.errors import UpstreamForbidden, UpstreamUnreachable
from torana.wire.tls import TlsTransport, client_context, shake_hands

if TYPE_CHECKING:
    from torana.message import Origin
    from torana.wire.proxies import Proxies, Proxy

Address = tuple[str, int]

_STAGGER_S = 0.25  # RFC 8305 section 5: an address' head start over the next
_NAME_TTL_S = 30.0
_NAMES = 1024
_PROXY_HEAD_BYTES = 16 << 10


class Names:
    """Addresses of hosts, remembered for a short time: the resolver of the system costs a thread each time."""

    def __init__(self, ttl_s: float = _NAME_TTL_S) -> None:
        self._ttl_s = ttl_s
        self._known: dict[Address, tuple[float, list[Address]]] = {}
        self._asked: dict[Address, asyncio.Task[list[Address]]] = {}

    async def find(self, host: str, port: int) -> list[Address]:
        """At least one address, in the order to try them: the families take turns (RFC 8305 section 4)."""
        if _is_address(host):
            return [(host, port)]
        known = self._known.get((host, port))
        if known and known[0] > asyncio.get_running_loop().time():
            return known[1]
        task = self._asked.get((host, port))
        if task is None:
            task = asyncio.create_task(self._ask(host, port))
            self._asked[host, port] = task
            task.add_done_callback(lambda done: self._answered((host, port), done))
        # Others wait for the same answer: the one who goes away must not take it along.
        return await asyncio.shield(task)

    def forget(self, host: str, port: int) -> None:
        self._known.pop((host, port), None)

    async def _ask(self, host: str, port: int) -> list[Address]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a host name"
            raise UpstreamUnreachable(f"the name `{host}` was not resolved: {reason}") from error
        addresses: dict[int, list[Address]] = {}
        for family, _, _, _, address in found:
            addresses.setdefault(family, []).append((str(address[0]), port))
        turns = chain.from_iterable(zip_longest(*addresses.values()))
        return list(dict.fromkeys(address for address in turns if address is not None))

    def _answered(self, key: Address, task: asyncio.Task[list[Address]]) -> None:
        del self._asked[key]
        if task.cancelled() or task.exception() is not None:
            return
        if len(self._known) >= _NAMES:
            self._known.clear()
        self._known[key] = (asyncio.get_running_loop().time() + self._ttl_s, task.result())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def connect_first(addresses: list[Address]) -> socket.socket:
    """The first socket to be connected, each address having a head start over the next; OSError when none is."""
    if len(addresses) == 1:
        return await _connect(addresses[0])
    waiting = deque(addresses)
    pending: set[asyncio.Task[socket.socket]] = set()
    try:
        while True:
            if waiting:
                pending.add(asyncio.create_task(_connect(waiting.popleft())))
            done, pending = await asyncio.wait(
                pending, timeout=_STAGGER_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            errors = [task.exception() for task in done]
            winners = [task for task in done if task.exception() is None]
            pending.update(winners[1:])
            if winners:
                return winners[0].result()
            if errors and errors[0] is not None and not pending and not waiting:
                raise errors[0]
    finally:
        for task in pending:
            task.cancel()
            task.add_done_callback(close_late)


def close_late(task: asyncio.Task[socket.socket]) -> None:
    """One that connected after another had won."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _connect(address: Address) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return await _connect_socket(sock, address)


async def _connect_unix(path: str) -> socket.socket:
    """An origin whose host is a path: a socket of this machine, such as the control plane's."""
    return await _connect_socket(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path)


async def _connect_socket(sock: socket.socket, address: Address | str) -> socket.socket:
    try:
        sock.settimeout(0)  # non-blocking
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _attach(sock: socket.socket, protocol: asyncio.Protocol) -> None:
    """Gives the connected `sock` to a transport of the loop."""
    made = asyncio.ensure_future(asyncio.get_running_loop().create_connection(lambda: protocol, sock=sock))
    try:
        # Cancelled within, uvloop closes the descriptor under the socket object, which then closes somebody else's.
        await asyncio.shield(made)
    except asyncio.CancelledError:
        made.add_done_callback(_abort_late)
        raise


def _abort_late(made: asyncio.Future[tuple[asyncio.Transport, asyncio.Protocol]]) -> None:
    if not made.cancelled() and made.exception() is None:
        made.result()[0].abort()


class Dialer:
    """Opens connections; every failure but cancellation names the origin.

    UpstreamForbidden where an untrusted origin leads to addresses that are not permitted, else UpstreamUnreachable.
    """

    def __init__(self, tls: ssl.SSLContext | None, proxies: Proxies | None, reach: Reach | None = None) -> None:
        self._tls = tls
        self._proxies = proxies
        self._reach = reach or Reach()
        self._names = Names()

    async def dial(self, origin: Origin, protocol: asyncio.Protocol, session: ssl.SSLSession | None = None) -> None:
        """Returns when `protocol` has its transport; `session` resumes an earlier TLS session with this origin."""
        proxy = self._proxies.of(origin) if self._proxies else None
        if proxy is None:
            sock = await self._connect(origin.host, origin.port, origin if origin.is_untrusted else None)
        else:
            host = await self._permitted_host(origin)
            sock = await self._connect(proxy.host, proxy.port)
            try:
                await _tunnel(sock, proxy, host, origin.port)
            except BaseException:
                sock.close()
                raise
        if origin.is_tls:
            tls = await self._secure(sock, origin, session)
            TlsTransport(tls, protocol)
        else:
            await _attach(sock, protocol)

    async def _connect(self, host: str, port: int, untrusted: Origin | None = None) -> socket.socket:
        try:
            if untrusted is not None:
                return await connect_first(await self._permitted(untrusted))
            if host.startswith("/"):
                return await _connect_unix(host)
            return await connect_first(await self._names.find(host, port))
        except OSError as error:
            self._names.forget(host, port)
            label = host if host.startswith("/") else f"{host}:{port}"
            raise UpstreamUnreachable(f"no connection to `{label}`: {_why(error)}") from error

    async def _permitted(self, origin: Origin) -> list[Address]:
        """The addresses themselves are what is connected to: the name may lead elsewhere by then."""
        found = await self._names.find(origin.host, origin.port)
        permitted = [one for one in found if self._reach.permits(one[0], is_tls=origin.is_tls)]
        if not permitted:
            kind = "a public address" if origin.is_tls else "an address for which plain HTTP is allowed"
            raise UpstreamForbidden(  # the address itself would tell a stranger about the operator's network
                f"`{origin.host}` does not lead to {kind}: the operator can allow its network "
                "with the setting `allow_private_upstreams`"
            )
        return permitted

    async def _permitted_host(self, origin: Origin) -> str:
        """What a proxy is asked for: not a name, where it would be the proxy that finds out what the name means."""
        if not origin.is_untrusted or self._reach.is_everything:
            return origin.host
        return (await self._permitted(origin))[0][0]

    async def _secure(self, sock: socket.socket, origin: Origin, session: ssl.SSLSession | None) -> ssl.SSLSocket:
        if self._tls is None:
            self._tls = client_context()  # made when first needed: reading the system's store takes a while
        try:
            return await shake_hands(sock, self._tls, origin.host, session)
        except ssl.SSLCertVerificationError as error:
            reason = f"certificate verify failed: {error.verify_message}"
        except ssl.SSLError as error:
            reason = (error.reason or str(error)).replace("_", " ").lower()
        except (OSError, ValueError) as error:
            reason = _why(error)
        raise UpstreamUnreachable(f"no TLS with `{origin.host}:{origin.port}`: {reason}")


def _why(error: Exception) -> str:
    """In the system's words: event loops put others in their place."""
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__


async def _tunnel(sock: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Has the proxy connect `sock` through to `host` (RFC 9110 section 9.3.6)."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = b"CONNECT %b HTTP/1.1\r\nhost: %b\r\n" % (where.encode(), where.encode())
    if proxy.authorization:
        head += b"proxy-authorization: %b\r\n" % proxy.authorization
    label = f"the proxy `{proxy.host}:{proxy.port}`"
    loop = asyncio.get_running_loop()
    answer = b""
    try:
        await loop.sock_sendall(sock, head + b"\r\n")
        while b"\r\n\r\n" not in answer:
            piece = await loop.sock_recv(sock, 4096)
            answer += piece
            if not piece or len(answer) > _PROXY_HEAD_BYTES:
                raise UpstreamUnreachable(f"{label} did not answer CONNECT in HTTP/1.1")
    except OSError as error:
        raise UpstreamUnreachable(f"{label} broke off: {_why(error)}") from error
    version, _, rest = answer.partition(b"\r\n")[0].partition(b" ")
    status = rest[:3]
    # Nothing may follow the head: in TLS it is the client that speaks first.
    if not version.startswith(b"HTTP/1.") or not status.isdigit() or not answer.endswith(b"\r\n\r\n"):
        raise UpstreamUnreachable(f"{label} did not answer CONNECT in HTTP/1.1")
    if not status.startswith(b"2"):
        raise UpstreamUnreachable(f"{label} refused a tunnel to `{host}:{port}`: {status.decode()}")
