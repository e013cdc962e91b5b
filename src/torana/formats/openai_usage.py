"""Usage as OpenAI states it, and all who follow it, each with fields of its own."""

from __future__ import annotations

from msgspec import Struct

from torana.exchange import Usage
from torana.formats.counts import NANO, Count, Dollars, Ticks, nano, within


class _DetailsIn(Struct):
    cached_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    """Perplexity's name for the same."""
    cache_write_tokens: Count | None = None
    audio_tokens: Count | None = None


class _DetailsOut(Struct):
    reasoning_tokens: Count | None = None
    audio_tokens: Count | None = None


class Costs(Struct):
    """OpenRouter's `cost_details`."""

    upstream_inference_cost: Dollars | None = None


class _CostTable(Struct):
    """Perplexity's `cost`."""

    total_cost: Dollars | None = None


class Stated(Struct):
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
    tokens_in = stated.prompt_tokens if stated.prompt_tokens is not None else stated.input_tokens
    tokens_out = stated.completion_tokens if stated.completion_tokens is not None else stated.output_tokens
    cost = cost_nano(stated)
    if tokens_in is None and tokens_out is None:
        if stated.total_tokens is None and cost is None:
            return None
        tokens_in = stated.total_tokens
    usage = Usage(tokens_in or 0, tokens_out or 0, cost_nano=cost)
    usage.cached_tokens_in = stated.prompt_cache_hit_tokens or stated.cached_tokens or 0
    if (details := stated.prompt_tokens_details or stated.input_tokens_details) is not None:
        _add_input(usage, details)
    reasoning = stated.reasoning_tokens or 0
    if (details_out := stated.completion_tokens_details or stated.output_tokens_details) is not None:
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
