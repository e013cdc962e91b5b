"""Have we answered exactly this before?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from torana.caching import Miss
from torana.formats.asking import ask
from torana.formats.coding import decode
from torana.policies.base import Policy, Ports
from torana.policies.cache_key import key_of, plan
from torana.policies.flights import Flight
from torana.policies.keeping import keep, keepable, stored
from torana.policies.repeating import Look, Repeats
from torana.policies.replay import MISS, STATUS, replay

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from torana.exchange import Exchange, Opening, Request
    from torana.message import Reply
    from torana.snapshot import GatewayConfig
    from torana.storage.cache import Cache, Stored

LARGEST_REQUEST = 25_000_000
"""cloudflare.md 10: cacheable request size."""


class ExactCache(Policy):
    """Fails open: a cache that cannot be asked has nothing."""

    def __init__(self, config: GatewayConfig, cache: Cache, repeats: Repeats) -> None:
        self._config = config
        self._cache = cache
        self._repeats = repeats
        self.repeat = repeats.repeat
        self._owner = f"{config.account_id}/{config.id}"
        self._flights: dict[bytes, Flight] = {}

    @classmethod
    def made_for(cls, config: GatewayConfig, ports: Ports) -> Self | None:
        # Also where the gateway caches nothing: a caller may ask for it (cf-aig-cache-ttl, cf-aig-cache-key).
        return None if ports.cache is None else cls(config, ports.cache, Repeats(ports.cache, ports.record_again))

    def is_idle(self, opening: Opening, request: Request) -> bool:
        return not plan(self._config, opening, request).ttl_s

    def admit(self, x: Exchange) -> Reply | Awaitable[Reply | None] | None:
        opening, body = x.opening, x.request.body
        plan_ = opening.cache_plan
        if plan_ is None:
            plan_ = opening.cache_plan = plan(self._config, opening, x.request)
        if not plan_.ttl_s or type(body) is not bytes or len(body) > LARGEST_REQUEST:
            return None
        is_stream = (plan_.is_named or plan_.is_single) and asks_for_stream(x, body)
        looked = self._repeats.looked_up(x.request)
        if looked is None:
            key = key_of(plan_, body, is_stream=is_stream)
            looked = Look(key, self._cache.get(key))
        if looked.stored is not None:
            x.hit = looked
            return replay(x, looked.stored)
        x.miss = miss = Miss(plan_, looked.key)
        if plan_.is_single and (plan_.holds_streams or not is_stream):
            return self._join(x, miss)
        return None

    def _join(self, x: Exchange, miss: Miss) -> Awaitable[Reply | None] | None:
        """Leads, or waits for who does."""
        flight = self._flights.get(miss.key)
        if flight is not None:
            return _landed(x, flight)
        miss.flight = Flight(self._flights, miss.key)
        return None

    def review(self, x: Exchange, reply: Reply) -> Reply:
        miss = x.miss
        if miss is None:
            return reply
        miss.shape = keepable(x, miss.plan, reply)
        if miss.shape is not None:
            x.note(STATUS, MISS)
            if keep(miss, reply, self._cache.largest):
                return reply
        land(miss, None)  # those who wait need not wait for the rest of it
        return reply

    def settle(self, x: Exchange) -> None:
        miss = x.miss
        if miss is None:
            if isinstance(x.hit, Look):
                self._repeats.prepare(x, x.hit)
            return
        found = None
        try:
            if miss.body is not None and (found := stored(x, miss, self._cache.largest)) is not None:
                miss.is_kept = True
                self._cache.put(miss.key, found, miss.plan.ttl_s, self._owner)
        finally:
            land(miss, found)


async def _landed(x: Exchange, flight: Flight) -> Reply | None:
    found = await flight.wait()
    return None if found is None else replay(x, found)


def asks_for_stream(x: Exchange, body: bytes) -> bool:
    opening = x.opening
    target = opening.target
    if not opening.coding:
        ask(x)  # which is wanted again, if nothing is found
        return x.log.is_stream
    if target is None:
        return False
    # A long body is decoded whole here, and for the log in part.
    return target.is_stream or target.format.read_request(decode(body, opening.coding, LARGEST_REQUEST)).is_stream


def land(miss: Miss, found: Stored | None) -> None:
    """Those who wait for the same answer have it, or know that there is none. Again = nothing."""
    flight = miss.flight
    if isinstance(flight, Flight):
        flight.landed(found)
