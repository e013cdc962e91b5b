"""Which HTTP proxy leads to an origin, by the environment's well-known variables.

As curl reads them: `https_proxy` before `HTTPS_PROXY`, then `all_proxy` and `ALL_PROXY`; an empty one means none.
`no_proxy` (or `NO_PROXY`) lists what is reached directly, parted by commas or blanks: `*`, host names, which stand for
their subdomains too, addresses, networks as `10.0.0.0/8`, each with an optional `:port`. Only https origins are
proxied, through a CONNECT tunnel, and loopback never is. A proxy without a port is on 80.
"""

from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.message import Origin

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxy(Struct, frozen=True):
    host: str
    port: int
    authorization: bytes = b""
    """Value of Proxy-Authorization; empty = none is sent."""


class _Exception(Struct, frozen=True):
    """One entry of NO_PROXY: a network or a name, on one port or all."""

    name: str
    network: _Network | None
    port: int | None


class Proxies:
    """Reads `environ` once; ValueError where it names a proxy that cannot be used."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._proxy: Proxy | None = None
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            if name in environ:
                self._proxy = _read_proxy(name, environ[name].strip())
                break
        listed = environ.get("no_proxy", environ.get("NO_PROXY", ""))
        self._exceptions = [_read_exception(entry) for entry in listed.replace(",", " ").split()]

    def of(self, origin: Origin) -> Proxy | None:
        """The proxy to `origin`; None = go there directly."""
        if self._proxy is None or not origin.is_tls or _is_loopback(origin.host):
            return None
        host = origin.host.lower().rstrip(".")
        address = _address(host)
        for listed in self._exceptions:
            if listed.port not in (None, origin.port):
                continue
            if listed.name == "*":
                return None
            if address is not None:
                if listed.network is not None and address in listed.network:
                    return None
            elif host == listed.name or host.endswith("." + listed.name):
                return None
        return self._proxy


def _read_proxy(variable: str, url: str) -> Proxy | None:
    if not url:
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http":
        raise ValueError(f"`{variable}` names a proxy of the kind `{parts.scheme}://`: only `http://` can be used")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"`{variable}` has a port that is not a number") from error
    if not host:
        raise ValueError(f"`{variable}` names no host: it should read like `http://proxy.example:3128`")
    if parts.username is None:
        return Proxy(host, port or 80)
    pair = unquote_to_bytes(parts.username) + b":" + unquote_to_bytes(parts.password or "")
    return Proxy(host, port or 80, b"Basic " + base64.b64encode(pair))


def _read_exception(entry: str) -> _Exception:
    name, port = entry.lower(), None
    head, colon, tail = name.rpartition(":")
    if colon and tail.isdigit() and (":" not in head or head.endswith("]")):
        name, port = head, int(tail)
    name = name.strip("[]").strip(".")
    try:
        network = ipaddress.ip_network(name, strict=False)
    except ValueError:
        network = None
    return _Exception(name, network, port)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")
