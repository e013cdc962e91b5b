"""What did a request cost? Whole-number arithmetic on its usage and rates."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct

from torana.exchange import Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.catalog.prices import Price, Rates

    _Read: TypeAlias = Callable[[Rates], int | None]

_PER = 1_000_000
_HALF = _PER // 2
_NANO = Decimal(1_000_000_000)
_ZERO = Decimal(0)
_MOST_USD = Decimal(1_000_000_000)
MOST_NANO = (1 << 63) - 1
"""What the store can hold: about nine billion USD."""


def cost_nano(usage: Usage, price: Price) -> int | None:
    """Nano-USD, rounded half up; None where tokens were used that the price has no rate for."""
    if _is_plain(usage) and usage.tokens_in >= 0 <= usage.tokens_out:
        return plain_nano(usage.tokens_in, usage.tokens_out, price)
    return _whole_nano(usage, price)


def plain_nano(tokens_in: int, tokens_out: int, price: Price) -> int | None:
    """The same for tokens of no special kind, as most are; neither is negative."""
    rate_in, rate_out = price.input, price.output
    if price.tiers or rate_in is None or rate_out is None:
        return _whole_nano(Usage(tokens_in, tokens_out), price)
    nano = (tokens_in * rate_in + tokens_out * rate_out + _HALF) // _PER + price.request
    return nano if nano < MOST_NANO else MOST_NANO  # noqa: FURB136  # workers reckon with it: `min` is a fifth of it


class Part(Struct, frozen=True):
    """What units of one kind cost."""

    name: PartName
    units: int
    unit_usd: Decimal
    nano: int


PartName: TypeAlias = Literal[
    "input",
    "output",
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "audio_input",
    "reasoning",
    "audio_output",
    "request",
]


def cost_parts(usage: Usage, price: Price) -> list[Part] | None:
    """What `cost_nano` comes to, by kind of tokens; to the nano-USD that together. None where it gives None."""
    found, total = [], 0
    tiers = _tiers(usage, price)
    for name, tokens, reads in zip(_NAMES, _parts(usage), _RATES, strict=False):
        if tokens:
            rate = _rate(tiers, reads)
            if rate is None:
                return None
            before, total = total, total + tokens * rate
            # The sum is rounded, not each part: what one is rounded by, the next one has less of.
            nano = (total + _HALF) // _PER - (before + _HALF) // _PER
            found.append(Part(name, tokens, Decimal(rate).scaleb(-_RATE_DIGITS), nano))
    if price.request:
        found.append(Part("request", 1, Decimal(price.request) / _NANO, price.request))
    return found


_RATE_DIGITS = 15
_NAMES: tuple[PartName, ...] = get_args(PartName)
"""Of `_parts`, and one more."""


def _tiers(usage: Usage, price: Price) -> tuple[Rates, ...]:
    """Where rates are looked for, one after the other."""
    tiers: tuple[Rates, ...] = (price,)
    for tier in price.tiers:
        if usage.tokens_in > tier.above:
            tiers = (tier, price)
    return tiers


def _whole_nano(usage: Usage, price: Price) -> int | None:
    tiers, total = _tiers(usage, price), 0
    for tokens, reads in zip(_parts(usage), _RATES, strict=False):
        if tokens:
            rate = _rate(tiers, reads)
            if rate is None:
                return None
            total += tokens * rate
    return min((total + _PER // 2) // _PER + price.request, MOST_NANO)


_RATES: tuple[tuple[_Read, ...], ...] = (
    (lambda rates: rates.input,),
    (lambda rates: rates.output,),
    (lambda rates: rates.cache_read, lambda rates: rates.input),
    (lambda rates: rates.cache_write, lambda rates: rates.input),
    (lambda rates: rates.cache_write_1h, lambda rates: rates.cache_write, lambda rates: rates.input),
    (lambda rates: rates.audio_in, lambda rates: rates.input),
    (lambda rates: rates.reasoning, lambda rates: rates.output),
    (lambda rates: rates.audio_out, lambda rates: rates.output),
)
"""Where the rate of each of `_parts` is looked for."""


def _parts(usage: Usage) -> tuple[int, ...]:
    """Tokens that are billed alike, none counted twice; a subset that claims more than its whole is cut to it.

    Plain input, plain output, then (unless all are none) cached, written, written for an hour, audio in, reasoning,
    audio out.
    """
    left, out = max(0, usage.tokens_in), max(0, usage.tokens_out)
    if _is_plain(usage):
        return left, out
    cached = _within(usage.cached_tokens_in, left)
    left -= cached
    written = _within(usage.cache_write_tokens_in, left)
    left -= written
    hour = _within(usage.cache_write_1h_tokens_in, written)
    audio_in = _within(usage.audio_tokens_in, left)
    reasoning = _within(usage.reasoning_tokens_out, out)
    audio_out = _within(usage.audio_tokens_out, out - reasoning)
    return (
        *(left - audio_in, out - reasoning - audio_out),
        *(cached, written - hour, hour, audio_in),
        *(reasoning, audio_out),
    )


def _is_plain(usage: Usage) -> bool:
    return not (
        usage.cached_tokens_in
        or usage.cache_write_tokens_in
        or usage.audio_tokens_in
        or usage.reasoning_tokens_out
        or usage.audio_tokens_out
    )


def _within(tokens: int, whole: int) -> int:
    return min(max(0, tokens), whole)


def _rate(tiers: tuple[Rates, ...], reads: tuple[_Read, ...]) -> int | None:
    for read in reads:
        for rates in tiers:
            rate = read(rates)
            if rate is not None:
                return rate
    return None


class CustomCost(Struct, frozen=True):
    """What `cf-aig-custom-cost` says, in USD: per token, or for the whole request."""

    per_token_in: Decimal | None = None
    per_token_out: Decimal | None = None
    per_cache_read_token: Decimal | None = None
    per_cache_write_token: Decimal | None = None
    total_cost: Decimal | None = None

    def cost_nano(self, usage: Usage | None) -> int | None:
        """None where it is per token and the answer stated no tokens."""
        if self.total_cost is not None:
            return _nano(self.total_cost)
        return None if usage is None else _nano(sum((rate * tokens for _, tokens, rate in self._kinds(usage)), _ZERO))

    def cost_parts(self, usage: Usage | None) -> list[Part] | None:
        """As the function of that name."""
        if self.total_cost is not None:
            return [Part("request", 1, self.total_cost, _nano(self.total_cost))]
        if usage is None:
            return None
        found, total = [], _ZERO
        for name, tokens, rate in self._kinds(usage):
            if tokens:
                before, total = total, total + rate * tokens
                found.append(Part(name, tokens, rate, _nano(total) - _nano(before)))
        return found

    def _kinds(self, usage: Usage) -> tuple[tuple[PartName, int, Decimal], ...]:
        """Tokens that are billed alike, and what one of them costs."""
        rate_in, rate_out = self.per_token_in or _ZERO, self.per_token_out or _ZERO
        cached = _within(usage.cached_tokens_in, usage.tokens_in)
        written = _within(usage.cache_write_tokens_in, usage.tokens_in - cached)
        read = rate_in if self.per_cache_read_token is None else self.per_cache_read_token
        write = rate_in if self.per_cache_write_token is None else self.per_cache_write_token
        return (
            ("input", usage.tokens_in - cached - written, rate_in),
            ("cached_input", cached, read),
            ("cache_write", written, write),
            ("output", usage.tokens_out, rate_out),
        )


def parse_custom_cost(text: str) -> CustomCost | None:
    """None for what is no such object, states no rate, or states one that is negative or absurd."""
    try:
        custom = msgspec.json.decode(text, type=CustomCost)
    except msgspec.DecodeError:
        return None
    rates = [rate for rate in msgspec.structs.astuple(custom) if rate is not None]
    if not rates or not all(rate.is_finite() and 0 <= rate <= _MOST_USD for rate in rates):
        return None
    return custom


def custom_cost(text: str, usage: Usage | None) -> int | None:
    """The cost in nano-USD by the caller's own rates; None where they cannot be read or applied."""
    custom = parse_custom_cost(text)
    return None if custom is None else custom.cost_nano(usage)


def _nano(usd: Decimal) -> int:
    """Rounded half up, and at most what the store can hold."""
    if usd * _NANO > MOST_NANO:  # before the rounding, which cannot do more digits than its context has
        return MOST_NANO
    return int((usd * _NANO).to_integral_value(ROUND_HALF_UP))
