"""How often may they call?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from torana.errors import RateLimited
from torana.formats.asking import ask
from torana.limits import Technique
from torana.policies.base import Policy, Ports
from torana.policies.values import Values, unrepeated
from torana.storage.counters import Counter, Refused, Rule, Uncounted, rule
from torana.surfaces.credentials import STORED

if TYPE_CHECKING:
    from torana.exchange import Exchange
    from torana.snapshot import GatewayConfig

log = logging.getLogger("torana.limits")

_MOST_KNOWN = 4_096


class RateLimitRule(Struct, frozen=True):
    """One limit of a gateway, compiled."""

    id: str
    """What it goes by, and a number where there are several such."""
    by: str
    """As `limits.RateRule` has it."""
    interval_s: int
    technique: Technique
    rule: Rule


def rate_limits(config: GatewayConfig) -> list[RateLimitRule]:
    """The gateway's own first; empty where it has none."""
    found = []
    if config.rate_limiting_limit and config.rate_limiting_interval:
        technique = config.rate_limiting_technique
        found.append((config.rate_limiting_limit, config.rate_limiting_interval, technique, "gateway"))
    found += [(each.limit, each.interval, each.technique, each.by) for each in config.rate_limits]
    ids = unrepeated([by for *_, by in found])
    place = f"{config.account_id}/{config.id}/rate/"
    return [
        RateLimitRule(id_, by, interval, technique, rule(place + id_, limit, interval, technique))
        for id_, (limit, interval, technique, by) in zip(ids, found, strict=True)
    ]


def key_limits(config: GatewayConfig) -> list[RateLimitRule]:
    """Those of keys that the gateway keeps; they slide, as no provider's own begin at ours."""
    place = f"{config.account_id}/{config.id}/rate/"
    found = []
    for each in config.key_limits:
        id_ = f"key {each.provider}/{each.alias}"
        found.append(
            RateLimitRule(id_, "key", each.interval, "sliding", rule(place + id_, each.limit, each.interval, "sliding"))
        )
    return found


class RateLimit(Policy):
    """Fails open: what cannot be counted is let through. Cached answers do not count.

    Nor do later steps of a request, but for the key that they are made with.
    """

    is_routed = True

    def __init__(self, limits: list[RateLimitRule], keys: dict[tuple[str, str], RateLimitRule], ports: Ports) -> None:
        """`keys` by provider and `Opening.credential`."""
        self._limits = limits
        self._keys = {used: (each, each.rule.counter()) for used, each in keys.items()}
        self._books = ports.books
        self._values = Values(*(each.by for each in limits))
        self._known: dict[object, tuple[Counter, ...]] = {}
        # Most gateways have limits for all requests alike: those need no look-up.
        self._same = None if self._values.differ else tuple(each.rule.counter() for each in limits)

    @classmethod
    def made_for(cls, config: GatewayConfig, ports: Ports) -> Self | None:
        limits = rate_limits(config)
        used = [(each.provider, f"{STORED}{each.alias}") for each in config.key_limits]
        keys = dict(zip(used, key_limits(config), strict=True))
        return cls(limits, keys, ports) if limits or keys else None

    def admit(self, x: Exchange) -> None:
        key = self._keys.get((x.opening.provider, x.opening.credential)) if self._keys else None
        counters: tuple[Counter, ...] = ()
        if not x.log.step and self._limits:
            ask(x)
            counters = self._same or self._counters(x)
        if key is not None:
            counters = (*counters, key[1])
        if not counters:
            return
        try:
            refused = self._books.counters.take(counters, 1)
        except Uncounted as error:
            log.warning("a request was not counted: %s", error)
            return
        if refused is not None:
            is_keys = key is not None and refused.index == len(counters) - 1
            self._tell(x, key[0] if key is not None and is_keys else self._limits[refused.index], refused)
            raise RateLimited("Rate limited")

    def _counters(self, x: Exchange) -> tuple[Counter, ...]:
        key = self._values.key(x)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()  # values come from callers: the table must not grow with them
            found = tuple(each.rule.counter(self._values.read(x, each.by)) for each in self._limits)
            self._known[key] = found
        return found

    def _tell(self, x: Exchange, limit: RateLimitRule, refused: Refused) -> None:
        """What draft-ietf-httpapi-ratelimit-headers says, of the limit that was reached."""
        name = limit.by.encode("ascii", "replace").replace(b"\\", b"?").replace(b'"', b"?")
        wait_s = refused.retry_after_s
        left = max(0, limit.rule.limit - refused.used)
        x.note(b"retry-after", b"%d" % wait_s)
        x.note(b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, limit.rule.limit, limit.interval_s))
        x.note(b"ratelimit", b'"%b";r=%d;t=%d' % (name, left, wait_s))
