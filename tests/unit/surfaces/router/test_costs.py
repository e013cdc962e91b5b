"""What an answer costs, and how it is told."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.cost import cost_nano
from torana.catalog.prices import Price, Tier
from torana.exchange import Usage
from torana.surfaces.router.costs import Cost, cost, usd

RATES = st.integers(0, 10**11)
PRICES = st.builds(
    Price,
    input=RATES,
    output=RATES,
    cache_read=st.none() | RATES,
    cache_write=st.none() | RATES,
    reasoning=st.none() | RATES,
    request=st.integers(0, 10**8),
    tiers=st.just([]) | st.builds(lambda above, rate: [Tier(above=above, input=rate)], st.integers(0, 2000), RATES),
)
COUNTS = st.integers(0, 10**6)
USAGES = st.builds(Usage, COUNTS, COUNTS, cached_tokens_in=COUNTS, reasoning_tokens_out=COUNTS)


@given(USAGES, PRICES)
def test_the_parts_of_a_cost_add_up_to_the_whole(usage: Usage, price: Price) -> None:
    made = cost(usage, price)
    assert made.prompt_nano >= 0
    assert made.completion_nano >= 0
    assert made.upstream_nano == made.charged_nano == cost_nano(usage, price)


@given(USAGES, PRICES, st.integers(0, 10**12))
def test_what_the_provider_states_wins_and_its_parts_add_up(usage: Usage, price: Price, stated: int) -> None:
    usage.cost_nano = stated
    made = cost(usage, price)
    assert made.upstream_nano == stated
    assert 0 <= made.prompt_nano <= stated


@given(st.integers(0, 10**15))
def test_usd_are_written_without_a_digit_too_many(nano: int) -> None:
    assert Decimal(json.dumps(usd(nano))) == Decimal(nano) / 10**9


def test_a_question_alone_is_what_the_prompt_costs() -> None:
    made = cost(Usage(1_000, 10), Price(input=10**9, output=4 * 10**9, request=5))
    assert (made.prompt_nano, made.completion_nano) == (10**6 + 5, 40_000)


@pytest.mark.parametrize("price", [None, Price(input=1)])
def test_without_a_rate_for_what_was_used_there_is_no_cost(price: Price | None) -> None:
    assert cost(Usage(1, 1), price) == Cost()
    assert cost(Usage(1, 1, cost_nano=7), price).upstream_nano == 7


def test_a_caller_with_a_key_of_their_own_pays_for_tools_alone() -> None:
    made = cost(Usage(10, 10), Price(input=10**9, output=10**9), is_byok=True, tools_nano=3)
    assert made.charged_nano == 3
    told = made.told()
    assert told["cost"] == 3e-9
    assert told["is_byok"] is True
    assert told["cost_details"] == {
        "upstream_inference_cost": 0.00002,
        "upstream_inference_prompt_cost": 0.00001,
        "upstream_inference_completions_cost": 0.00001,
        "server_tool_cost": 3e-9,
    }


def test_an_insured_answer_costs_its_tools_and_no_more() -> None:
    assert Cost(5, 6, 7).insured() == Cost(tools_nano=7)
    own = Cost(5, 6, 7, is_byok=True)
    assert own.insured() == own
