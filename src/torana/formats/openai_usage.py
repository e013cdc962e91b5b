"""Usage as OpenAI states it, and all who follow it, each with fields of its own."""

from __future__ import annotations

from msgspec import Struct

from torana.exchange import Usage
from torana.formats.counts import NANO, Count, Dollars, Ticks, nano, within


class _DetailsIn(Struct, gc=False):
    cached_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    """Perplexity's name for the same."""
    cache_write_tokens: Count | None = None
    audio_tokens: Count | None = None


class _DetailsOut(Struct, gc=False):
    reasoning_tokens: Count | None = None
    audio_tokens: Count | None = None


class Costs(Struct, gc=False):
    """OpenRouter's `cost_details`."""

    upstream_inference_cost: Dollars | None = None


class _CostTable(Struct, gc=False):
    """Perplexity's `cost`."""

    total_cost: Dollars | None = None


class Stated(Struct, gc=False):
    """`usage` of chat and legacy completions and embeddings (`prompt_`, `completion_`), of Responses (`input_` …)."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    total_tokens: Count | None = None
    prompt_tokens_details: _DetailsIn | None = None
    input_tokens_details: _DetailsIn | None = None
    completion_tokens_details: _DetailsOut | None = None
    output_tokens_details: _DetailsOut | None = None
    prompt_cache_hit_tokens: Count | None = None
    """DeepSeek."""
    cached_tokens: Count | None = None
    """Moonshot, and Anthropic's compatible endpoint."""
    reasoning_tokens: Count | None = None
    """Perplexity, older xAI."""
    cost: Dollars | _CostTable | None = None
    is_byok: bool | None = None
    cost_details: Costs | None = None
    cost_in_usd_ticks: Ticks | None = None
    """xAI."""


def spent(stated: Stated | None) -> Usage | None:
    """None where nothing was stated."""
    if stated is None:
        return None
    usage = _totals(stated)
    return usage if usage is None else _with_details(usage, stated)


def _totals(stated: Stated) -> Usage | None:
    tokens_in, tokens_out = stated.prompt_tokens, stated.completion_tokens
    if tokens_in is None:
        tokens_in = stated.input_tokens
    if tokens_out is None:
        tokens_out = stated.output_tokens
    usage = Usage(tokens_in or 0, tokens_out or 0)
    if stated.cost is not None or stated.cost_details is not None or stated.cost_in_usd_ticks is not None:
        usage.cost_nano = cost_nano(stated)
    if tokens_in is None and tokens_out is None:
        if stated.total_tokens is None and usage.cost_nano is None:
            return None
        usage.tokens_in = stated.total_tokens or 0
    return usage


def _with_details(usage: Usage, stated: Stated) -> Usage:
    cached, reasoning = stated.prompt_cache_hit_tokens or stated.cached_tokens, stated.reasoning_tokens
    details = stated.prompt_tokens_details or stated.input_tokens_details
    details_out = stated.completion_tokens_details or stated.output_tokens_details
    if not (cached or reasoning or details is not None or details_out is not None):
        return usage
    usage.cached_tokens_in = cached or 0
    if details is not None:
        _add_input(usage, details)
    if details_out is not None:
        reasoning = details_out.reasoning_tokens or reasoning
        usage.audio_tokens_out = details_out.audio_tokens or 0
    if reasoning:
        _add_reasoning(usage, reasoning, stated.total_tokens)
    return within(usage)


def _add_input(usage: Usage, details: _DetailsIn) -> None:
    cached = details.cached_tokens or details.cache_read_input_tokens
    if cached:
        usage.cached_tokens_in = cached
    if details.cache_write_tokens:
        usage.cache_write_tokens_in = details.cache_write_tokens
    if details.audio_tokens:
        usage.audio_tokens_in = details.audio_tokens


def _add_reasoning(usage: Usage, reasoning: int, total: int | None) -> None:
    """Perplexity and xAI count it beside the completion: the sum tells, or that it would not fit within."""
    if reasoning > usage.tokens_out or total == usage.tokens_in + usage.tokens_out + reasoning:
        usage.tokens_out += reasoning
    usage.reasoning_tokens_out = reasoning


def cost_nano(stated: Stated) -> int | None:
    cost = stated.cost
    if type(cost) is float and not stated.is_byok:
        return round(cost * NANO)
    if cost is None and stated.cost_in_usd_ticks is not None:
        return round(stated.cost_in_usd_ticks * NANO / 10**10)
    if isinstance(cost, _CostTable):
        return nano(cost.total_cost) if cost.total_cost is not None else None
    return router_cost(cost, stated.cost_details, is_byok=stated.is_byok is True)


def router_cost(cost: float | None, details: Costs | None, *, is_byok: bool) -> int | None:
    """OpenRouter's: with a key of the caller's own, its fee and what the provider charged; else both are the same."""
    if is_byok and details is not None and details.upstream_inference_cost is not None:
        return nano((cost or 0.0) + details.upstream_inference_cost)
    return None if cost is None else nano(cost)
