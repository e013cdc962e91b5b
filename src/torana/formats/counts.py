"""Token counts and money as providers state them, made safe to add up and to store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

if TYPE_CHECKING:
    from torana.exchange import Usage

# Bounds keep sums within 64 bits, which is what journal and store can hold.
Count = Annotated[int, Meta(ge=0, le=1 << 53)]
Dollars = Annotated[float, Meta(ge=0, le=1e9)]
Ticks = Annotated[int, Meta(ge=0, le=1 << 60)]
"""xAI's unit of money: 10⁻¹⁰ USD."""

NANO = 1_000_000_000


def nano(dollars: float) -> int:
    return round(dollars * NANO)


def within(usage: Usage) -> Usage:
    """The same object; subsets cut to their totals, whatever the provider says."""
    if (
        usage.cached_tokens_in + usage.cache_write_tokens_in > usage.tokens_in
        or usage.cache_write_1h_tokens_in > usage.cache_write_tokens_in
        or usage.audio_tokens_in > usage.tokens_in
        or usage.reasoning_tokens_out > usage.tokens_out
        or usage.audio_tokens_out > usage.tokens_out
    ):
        _cut(usage)
    return usage


def _cut(usage: Usage) -> None:
    usage.cached_tokens_in = min(usage.cached_tokens_in, usage.tokens_in)
    usage.cache_write_tokens_in = min(usage.cache_write_tokens_in, usage.tokens_in - usage.cached_tokens_in)
    usage.cache_write_1h_tokens_in = min(usage.cache_write_1h_tokens_in, usage.cache_write_tokens_in)
    usage.audio_tokens_in = min(usage.audio_tokens_in, usage.tokens_in)
    usage.reasoning_tokens_out = min(usage.reasoning_tokens_out, usage.tokens_out)
    usage.audio_tokens_out = min(usage.audio_tokens_out, usage.tokens_out)
