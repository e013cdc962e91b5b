"""How much may they spend?

What a call may cost is held before it is made, and corrected when its cost is known.
"""

from __future__ import annotations

import time
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec import Struct

from torana.catalog.cost import MOST_NANO, cost_nano, custom_cost, plain_nano
from torana.catalog.estimate import likely_in, most, produced, weigh
from torana.catalog.prices import ModelPrice, Price, Prices, PricesError
from torana.errors import Overloaded, SpendLimitExceeded, Unpriced
from torana.exchange import Usage
from torana.formats.asking import ask
from torana.limits import Technique
from torana.policies.base import Policy, Ports
from torana.policies.values import Values, unrepeated
from torana.storage.counters import Counter, Refused, Rule, Uncounted, rule
from torana.wire.errand import in_task

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from torana.exchange import Asked, Exchange
    from torana.limits import SpendRule
    from torana.snapshot import GatewayConfig

NANO = 1_000_000_000
_MOST_KNOWN = 4_096
_FAILED = 300
"""Statuses from here on are no answers that anybody charges for."""
UNKNOWN_BYTES = 1 << 20
"""Of a request that does not say its length."""
_FREE_METHODS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
"""They ask for lists and results: no provider charges for them."""


class SpendLimitRule(Struct, frozen=True):
    """One limit of a gateway, compiled."""

    id: str
    limit_usd: float
    window_s: int
    technique: Technique
    filters: tuple[tuple[str, frozenset[str]], ...]
    """Kind of value (as in `policies.values`), and those that count."""
    splits: tuple[str, ...]
    """Kinds of values of which each has the whole limit for itself."""
    rule: Rule
    """In nano-USD."""

    def label(self, values: Values, x: Exchange) -> str:
        found = [values.read(x, split) for split in self.splits]
        return found[0] if len(found) == 1 else ", ".join(map("=".join, zip(self.splits, found, strict=True)))

    def applies(self, values: Values, x: Exchange) -> bool:
        return all(
            value in wanted or (kind == "model" and f"{x.opening.provider}/{value}" in wanted)
            for kind, wanted in self.filters
            for value in (values.read(x, kind),)
        )


class Terms(Struct, frozen=True):
    """What limits mean for requests that do not differ."""

    prices: Prices
    """That it was made by."""
    rules: tuple[SpendLimitRule, ...]
    counters: tuple[Counter, ...]
    model: ModelPrice | None
    is_own: bool = False
    """The price is a rule of the account's, which goes before what the provider says."""


class Hold(Struct, frozen=True, gc=False):
    """What is held for a call, and by what it was reckoned."""

    terms: Terms
    nano: int
    tokens_in: int


def spend_limits(config: GatewayConfig) -> list[SpendLimitRule]:
    """Those that are on, in their order."""
    limits = config.spend_limits
    if limits is None or not limits.enabled:
        return []
    on = [each for each in limits.rules if each.enabled]
    ids = unrepeated([each.id or _derived_id(each) for each in on])
    place = f"{config.account_id}/{config.id}/spend/"
    return [_compiled(each, id_, place) for each, id_ in zip(on, ids, strict=True)]


def _compiled(given: SpendRule, id_: str, place: str) -> SpendLimitRule:
    kinds = {"provider": given.provider, "model": given.model}
    kinds |= {f"metadata.{key}": scope for key, scope in (given.metadata or {}).items()}
    scopes = [(kind, scope) for kind, scope in kinds.items() if scope is not None]
    splits = tuple(kind for kind, scope in scopes if scope.mode == "partition")
    filters = tuple((kind, frozenset(scope.values or ())) for kind, scope in scopes if scope.mode == "filter")
    nano = min(round(given.limit * NANO), MOST_NANO)
    # What it is split by is part of its name: split otherwise, it counts anew.
    name = "/".join((place + id_, *splits))
    compiled = rule(name, nano, given.window, given.technique)
    return SpendLimitRule(id_, given.limit, given.window, given.technique, filters, splits, compiled)


def _derived_id(given: SpendRule) -> str:
    """Of a rule without an id: the same for as long as all but its limit stays."""
    shape = msgspec.json.encode(msgspec.structs.replace(given, limit=1.0), order="deterministic")
    return blake2b(shape, digest_size=4).hexdigest()


class SpendLimit(Policy):
    """Fails closed: what cannot be priced or counted is refused."""

    is_routed = True

    def __init__(self, limits: list[SpendLimitRule], ports: Ports) -> None:
        self._limits = limits
        self._books = ports.books
        kinds = [kind for each in limits for kind in (*each.splits, *(kind for kind, _ in each.filters))]
        self._values = Values("provider", "model", *kinds)
        self._known: dict[object, Terms] = {}

    @classmethod
    def made_for(cls, config: GatewayConfig, ports: Ports) -> Self | None:
        limits = spend_limits(config)
        return cls(limits, ports) if limits else None

    def admit(self, x: Exchange) -> Awaitable[None] | None:
        if x.opening.method in _FREE_METHODS:
            return None
        if (prices := self._books.prices) is None:
            return self._hold_once_loaded(x)
        self._hold(x, prices)
        return None

    async def _hold_once_loaded(self, x: Exchange) -> None:
        self._hold(x, await self._load())

    def _hold(self, x: Exchange, prices: Prices) -> None:
        asked = ask(x)
        terms = self._terms(x, prices)
        if not terms.rules:
            return
        hold = _reckoned(x, asked, terms)
        if hold.nano == 0:
            return
        try:
            refused = self._books.counters.hold(terms.counters, hold.nano)
        except Uncounted as error:
            raise Overloaded(f"what this request may cost cannot be counted now: {error}") from error
        if refused is not None:
            x.note(b"retry-after", b"%d" % refused.retry_after_s)
            raise SpendLimitExceeded(_message(x, terms.rules[refused.index], refused, hold.nano))
        x.hold = hold

    def settle(self, x: Exchange) -> None:
        hold = x.hold
        if isinstance(hold, Hold):
            x.hold = None
            self._books.counters.settle(hold.terms.counters, hold.nano, _used(x, hold))

    async def _load(self) -> Prices:
        await in_task()
        try:
            return await self._books.load()
        except PricesError as error:
            raise Overloaded("what this request may cost is not known: the price table cannot be used") from error

    def _terms(self, x: Exchange, prices: Prices) -> Terms:
        key = self._values.key(x)
        found = self._known.get(key)
        if found is None or found.prices is not prices:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()  # values come from callers: the table must not grow with them
            values = self._values
            rules = tuple(each for each in self._limits if each.applies(values, x))
            counters = tuple(each.rule.counter(each.label(values, x)) for each in rules)
            own = _own_price(x)
            model = own or prices.find(x.opening.provider, x.log.model)
            found = Terms(prices, rules, counters, model, is_own=own is not None)
            self._known[key] = found
        return found


def _own_price(x: Exchange) -> ModelPrice | None:
    target = x.opening.target
    found = target.find_price(x.log.model) if target is not None and target.find_price is not None else None
    return found if isinstance(found, ModelPrice) else None


def _reckoned(x: Exchange, asked: Asked, terms: Terms) -> Hold:
    """Unpriced where nobody knows what the call may cost."""
    body, custom, model = x.request.body, x.opening.options.custom_cost, terms.model
    weight = weigh(body) if type(body) is bytes else x.request.length or UNKNOWN_BYTES
    tokens_in, tokens_out = most(asked, weight, model)
    nano = None
    if custom:
        nano = custom_cost(custom, Usage(tokens_in, tokens_out))
    elif model is not None:
        nano = plain_nano(tokens_in, tokens_out, _now(model))
    if nano is None:
        raise Unpriced("Model or provider could not be resolved for spend-limit enforcement")
    return Hold(terms, nano, tokens_in)


def _used(x: Exchange, hold: Hold) -> int:
    """Nano-USD. What failed cost nothing; what was cut, or does not say what it used, costs what it produced."""
    log = x.log
    last = log.attempts[-1] if log.attempts else None
    if last is None or log.cached or last.status >= _FAILED or not (last.status or log.cancelled):
        return 0
    usage, is_whole = log.usage, last.status and not (log.cancelled or log.is_broken)
    if not is_whole or usage is None:
        usage = _so_far(usage, likely_in(hold.tokens_in), produced(log.response_body, log.response_size))
    custom = x.opening.options.custom_cost
    if custom:
        nano = custom_cost(custom, usage)
    elif usage.cost_nano is not None and not hold.terms.is_own:
        nano = usage.cost_nano
    else:
        is_same = last.provider == x.opening.provider and last.model == x.log.model
        terms = hold.terms
        nano = _price(terms.model if is_same else terms.prices.find(last.provider, last.model), usage)
    if nano is None:
        return hold.nano
    # An estimate never takes more than was held for it.
    return nano if usage is log.usage else min(nano, hold.nano)


def _so_far(usage: Usage | None, tokens_in: int, tokens_out: int) -> Usage:
    if usage is None:
        return Usage(tokens_in=tokens_in, tokens_out=tokens_out)
    return msgspec.structs.replace(
        usage, tokens_in=usage.tokens_in or tokens_in, tokens_out=max(usage.tokens_out, tokens_out)
    )


def _price(model: ModelPrice | None, usage: Usage) -> int | None:
    """None where it cannot be told."""
    return None if model is None else cost_nano(usage, _now(model))


def _now(model: ModelPrice) -> Price:
    return model.at(time.time_ns() // 1_000_000) if model.changes else model


def _message(x: Exchange, broken: SpendLimitRule, refused: Refused, nano: int) -> str:
    """Cloudflare's words, then the figures."""
    return (
        f"Spend limit exceeded: rule '{broken.id}' (cost limit {broken.limit_usd:g} per {broken.window_s}s, "
        f"{broken.technique}) for {x.opening.provider} {x.log.model}; {_usd(refused.used)} USD spent, "
        f"{_usd(refused.held)} USD held for calls under way, and this one may cost {_usd(nano)} USD"
    )


def _usd(nano: int) -> str:
    return f"{nano / NANO:.6f}".rstrip("0").rstrip(".")
