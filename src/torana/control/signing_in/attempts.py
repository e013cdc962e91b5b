"""How often may somebody try to sign in? Counted in memory: one process answers all who do."""

from __future__ import annotations

import threading
import time
from collections import deque
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_KNOWN = 10_000


class Allowance(Struct, frozen=True):
    count: int
    within_s: float


A_NAME = Allowance(5, 900.0)
"""Of one name from one address: nobody can lock somebody else out from elsewhere."""
A_PEER = Allowance(30, 900.0)
"""Of all names from one address."""


class Attempts:
    """Counted when they begin, so that many at once do not pass as one; what succeeds is taken back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], deque[float]] = {}

    def take(self, peer: str, name: str | None = None) -> int:
        """0 = go on; else the seconds after which to try again. `name` None = a way in that has none."""
        with self._lock:
            now = self._now()
            rules = _rules(peer, name)
            wait_s = max(self._wait_s(key, rule, now) for key, rule in rules)
            if wait_s > 0:
                return int(wait_s) + 1
            for key, _ in rules:
                self._known.setdefault(key, deque()).append(now)
            self._forget(now)
            return 0

    def succeeded(self, peer: str, name: str | None = None) -> None:
        """The last one was right."""
        with self._lock:
            for key, rule in _rules(peer, name):
                tries = self._known.get(key)
                if tries and rule is A_PEER:
                    tries.pop()
                else:
                    self._known.pop(key, None)

    def _wait_s(self, key: tuple[str, str], rule: Allowance, now: float) -> float:
        tries = self._known.get(key)
        if tries is None:
            return 0.0
        while tries and tries[0] <= now - rule.within_s:
            tries.popleft()
        return tries[0] + rule.within_s - now if len(tries) >= rule.count else 0.0

    def _forget(self, now: float) -> None:
        if len(self._known) <= _MOST_KNOWN:
            return
        longest_s = max(A_NAME.within_s, A_PEER.within_s)
        self._known = {key: tries for key, tries in self._known.items() if tries and tries[-1] > now - longest_s}
        # Still too many: from so many addresses at once that counting them is of no use.
        for key in list(self._known)[: max(0, len(self._known) - _MOST_KNOWN)]:
            del self._known[key]


def _rules(peer: str, name: str | None) -> list[tuple[tuple[str, str], Allowance]]:
    where = _network(peer)
    by_peer = [((where, ""), A_PEER)]
    return by_peer if name is None else [*by_peer, ((where, f"name {name}"), A_NAME)]


def _network(peer: str) -> str:
    """Who has one address of IPv6 has the 2⁶⁴ around it."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or int(address) >> 64)
    return str(address)
