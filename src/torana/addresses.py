"""Which addresses may be connected to for somebody who can only name them?

Whoever may use the management API can point the gateway at a host: a custom provider, a target of logs. Without a
check that is a way into the operator's network, to services on loopback, and to a cloud's metadata. What counts is the
address that is connected to, not its name: a name can lead elsewhere a moment later. `wire.dial` asks for each
connection to an `Origin` that is `is_untrusted`.

Sources: IANA's registries of special-purpose addresses (RFC 6890 and what updates it), RFC 6052 (NAT64), RFC 4291 2.5.5
(mapped addresses). The lists are our own because those of the standard library differ between versions of Python.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from msgspec import Struct

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

_NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a carrier's NAT; Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's metadata: within a public range, and of this machine alone
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
"""All else is loopback, link-local, unique local, multicast, or not given to anybody."""
_NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise, and given up
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_ALL: tuple[Network, ...] = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
_YES = frozenset({"all", "true", "yes", "on", "1"})
_NO = frozenset({"", "none", "false", "no", "off", "0"})


class Reach(Struct, frozen=True):
    """What may be connected to: the public internet over TLS, and the networks that the operator allows."""

    networks: tuple[Network, ...] = ()

    @property
    def is_everything(self) -> bool:
        return self.networks == _ALL

    @property
    def has_private(self) -> bool:
        """Whether there is anything that may be spoken to in plain HTTP."""
        return bool(self.networks)

    def permits(self, address: str, *, is_tls: bool = True) -> bool:
        """`address` as a resolver gives it, a zone included. False for what is no address."""
        try:
            given = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        meant = _meant(given)
        if any(one in network for network in self.networks for one in (given, meant)):
            return True
        return is_tls and is_public(meant)


def read_reach(text: str) -> Reach:
    """`all`, nothing, or networks with commas between; ValueError for what is none of them."""
    plain = text.strip().lower()
    if plain in _YES:
        return Reach(_ALL)
    if plain in _NO:
        return Reach()
    return Reach(tuple(ip_network(part, strict=False) for part in re.split(r"[,\s]+", plain) if part))


def is_public(address: Address) -> bool:
    """Whether it is of the internet at large, an address that stands for another one being that one."""
    meant = _meant(address)
    if isinstance(meant, IPv4Address):
        return not any(meant in network for network in _NOT_PUBLIC_4)
    return meant in _PUBLIC_6 and not any(meant in network for network in _NOT_PUBLIC_6)


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
