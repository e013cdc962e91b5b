"""Token counts and money: what every reader of usage keeps to."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torana.exchange import Usage
from torana.formats import FORMATS
from torana.formats.counts import within

NUMBER = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=1)
)


def stated(*names: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, NUMBER))


OPENAI = st.tuples(
    stated("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens", "cached_tokens"),
    stated("prompt_cache_hit_tokens", "reasoning_tokens", "cost", "is_byok", "cost_in_usd_ticks"),
    stated("cached_tokens", "cache_write_tokens", "audio_tokens", "reasoning_tokens", "upstream_inference_cost"),
).map(lambda t: t[0] | t[1] | {"prompt_tokens_details": t[2], "completion_tokens_details": t[2], "cost_details": t[2]})
ANTHROPIC = stated(
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "iterations", "cost"
)
GEMINI = stated(
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
    "toolUsePromptTokenCount",
    "totalTokenCount",
    "promptTokensDetails",
)
CONVERSE = stated("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens", "cacheDetails")


def check(usage: Usage | None) -> None:
    if usage is None:
        return
    assert all(isinstance(n, int) and 0 <= n < 1 << 63 for n in msgspec.structs.astuple(usage)[:-1])
    assert usage.cached_tokens_in + usage.cache_write_tokens_in <= usage.tokens_in
    assert usage.cache_write_1h_tokens_in <= usage.cache_write_tokens_in
    assert usage.audio_tokens_in <= usage.tokens_in
    assert usage.reasoning_tokens_out <= usage.tokens_out
    assert usage.audio_tokens_out <= usage.tokens_out
    assert usage.cost_nano is None or 0 <= usage.cost_nano < 1 << 63
    msgspec.msgpack.encode(usage)


@settings(max_examples=60)
@given(OPENAI | ANTHROPIC | CONVERSE, GEMINI)
def test_subsets_stay_within_their_totals_and_all_within_64_bits(
    usage: dict[str, object], google: dict[str, object]
) -> None:
    body = json.dumps({"usage": usage, "usageMetadata": google}).encode()
    for format_ in FORMATS.values():
        check(format_.read_usage(body))


def test_a_subset_that_is_larger_than_its_total_is_cut() -> None:
    usage = Usage(10, 5, 8, 9, 7, 11, 6, 6)
    assert within(usage) == Usage(10, 5, 8, 2, 2, 10, 5, 5)


def openai(**usage: object) -> Usage | None:
    return FORMATS["openai_chat"].read_usage(json.dumps({"usage": usage}).encode())


@pytest.mark.parametrize(
    ("usage", "cost_nano"),
    [
        ({"cost": 0.0000126}, 12_600),
        ({"cost": 0}, 0),
        ({"cost": 0.25, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.25}}, 250_000_000),
        ({"cost": 0.25, "cost_details": {"upstream_inference_cost": 0.25}}, 250_000_000),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.25}}, 260_000_000),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.25}}, 250_000_000),
        ({"cost": None, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.25}}, 250_000_000),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}, 10_000_000),
        ({"cost": 0.01, "is_byok": True}, 10_000_000),
        ({"cost": {"total_cost": 0.006}}, 6_000_000),
        ({"cost": {"total_cost": None}}, None),
        ({"cost_in_usd_ticks": 37_756_000}, 3_775_600),
        ({"cost": 0.1, "cost_in_usd_ticks": 5}, 100_000_000),
        ({"cost": -1}, None),
        ({"cost": 1e300}, None),
        ({}, None),
    ],
)
def test_the_cost_that_a_provider_states(usage: dict[str, object], cost_nano: int | None) -> None:
    found = openai(prompt_tokens=1, **usage)
    assert found is not None
    assert found.cost_nano == cost_nano


def test_a_cost_without_tokens_is_usage_too() -> None:
    assert openai(cost=0.002) == Usage(cost_nano=2_000_000)


def test_usage_that_says_nothing_is_none() -> None:
    assert openai() is None
    assert openai(queue_time=0.1) is None


def test_details_go_before_the_older_fields_of_the_same_meaning() -> None:
    usage = openai(prompt_tokens=100, cached_tokens=7, prompt_tokens_details={"cached_tokens": 9})
    assert usage == Usage(100, 0, 9)
    assert openai(prompt_tokens=100, cached_tokens=7, prompt_tokens_details={}) == Usage(100, 0, 7)
    assert openai(input_tokens=100, input_tokens_details={"cache_read_input_tokens": 5}) == Usage(100, 0, 5)
