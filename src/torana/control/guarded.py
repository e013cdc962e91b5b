"""urllib for addresses that users of the API gave: looked at before they are connected to.

Through a proxy, which is used for https alone, the name is looked at here and resolved once more by the proxy.
"""

from __future__ import annotations

import http.client
import socket
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from torana.addresses import Reach

_REFUSED = "it does not lead to an address that `allow_private_upstreams` permits"


class Forbidden(OSError):
    """The host leads to a network that the operator does not allow."""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is signed or secret goes where it was meant to go, or nowhere."""

    def redirect_request(self, *_: object) -> None:
        return None


def opener(reach: Reach, context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """Its errors are those of urllib; Forbidden is the reason of an URLError."""
    proxies = {scheme: url for scheme, url in urllib.request.getproxies().items() if scheme == "https"}
    handlers = (_Http(reach), _Https(reach, context), NoRedirects(), urllib.request.ProxyHandler(proxies))
    return urllib.request.build_opener(*handlers)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self._reach = reach

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        def made(host: str, timeout: float | None = None) -> http.client.HTTPConnection:
            return _guard(http.client.HTTPConnection(host, timeout=timeout), self._reach, is_tls=False)

        return self.do_open(made, req)  # type: ignore[arg-type]  # a function makes a connection as its class does


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, reach: Reach, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._reach = reach
        self._given = context

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        def made(host: str, timeout: float | None = None) -> http.client.HTTPConnection:
            connection = http.client.HTTPSConnection(host, timeout=timeout, context=self._given)
            return _guard(connection, self._reach, is_tls=True)

        return self.do_open(made, req)  # type: ignore[arg-type]  # the same


def _guard(connection: http.client.HTTPConnection, reach: Reach, *, is_tls: bool) -> http.client.HTTPConnection:
    """`_create_connection` is the one place where a connection of the library gets its socket."""
    plain: Callable[..., socket.socket] = connection._create_connection  # type: ignore[attr-defined]  # noqa: SLF001

    def connect(address: tuple[str, int], *rest: object) -> socket.socket:
        tunnel = connection._tunnel_host  # type: ignore[attr-defined]  # noqa: SLF001  # what a proxy is asked for
        if tunnel:
            _permitted(reach, tunnel, 443, is_tls=is_tls)
            return plain(address, *rest)
        error: OSError = Forbidden(_REFUSED)
        for host in _permitted(reach, *address, is_tls=is_tls):
            try:
                return plain((host, address[1]), *rest)
            except OSError as failed:
                error = failed
        raise error

    connection._create_connection = connect  # type: ignore[attr-defined]  # noqa: SLF001
    return connection


def _permitted(reach: Reach, host: str, port: int, *, is_tls: bool) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    permitted = [str(one[4][0]) for one in found if reach.permits(str(one[4][0]), is_tls=is_tls)]
    if not permitted:
        raise Forbidden(_REFUSED)
    return permitted
