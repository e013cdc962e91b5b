"""Cost as whole numbers: subsets are never counted twice, and nothing is guessed."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.cost import MOST_NANO, CustomCost, cost_nano, cost_parts, custom_cost, parse_custom_cost, plain_nano
from torana.catalog.prices import FREE, Price, Rates, Tier
from torana.exchange import Usage

USD = 1_000_000_000
PRICE = Price(
    input=3 * USD,
    output=15 * USD,
    cache_read=USD // 10,
    cache_write=4 * USD,
    cache_write_1h=6 * USD,
    audio_in=10 * USD,
    audio_out=20 * USD,
    reasoning=16 * USD,
)


def test_plain_tokens_cost_their_rates() -> None:
    assert cost_nano(Usage(tokens_in=1_000_000, tokens_out=2_000_000), PRICE) == 33 * USD


_TIERED = Price(input=USD, output=2 * USD, tiers=[Tier(above=100, input=2 * USD)])


@pytest.mark.parametrize("price", [PRICE, Price(input=USD), Price(output=USD, request=7), Price(), _TIERED])
@pytest.mark.parametrize("tokens", [(0, 0), (1, 0), (0, 1), (7, 3), (101, 2), (1 << 53, 1 << 53)])
def test_tokens_of_no_special_kind_cost_what_their_usage_does(price: Price, tokens: tuple[int, int]) -> None:
    tokens_in, tokens_out = tokens
    found = cost_nano(Usage(tokens_in, tokens_out), price)
    assert plain_nano(tokens_in, tokens_out, price) == found
    # What is left of a special kind when all of it is cut away is the same, by the longer way.
    assert cost_nano(Usage(tokens_in, tokens_out, audio_tokens_in=-1), price) == found


def test_fewer_tokens_than_none_are_none() -> None:
    assert cost_nano(Usage(tokens_in=-5, tokens_out=1_000_000), PRICE) == cost_nano(Usage(0, 1_000_000), PRICE)


def test_subsets_are_taken_out_of_their_whole() -> None:
    usage = Usage(
        tokens_in=100,
        cached_tokens_in=20,
        cache_write_tokens_in=30,
        cache_write_1h_tokens_in=10,
        audio_tokens_in=5,
        tokens_out=50,
        reasoning_tokens_out=10,
        audio_tokens_out=4,
    )
    expected = 45 * 3 + 20 * 0.1 + 20 * 4 + 10 * 6 + 5 * 10 + 36 * 15 + 10 * 16 + 4 * 20
    assert cost_nano(usage, PRICE) == round(expected * 1000)


def test_a_missing_rate_is_that_of_its_whole() -> None:
    usage = Usage(tokens_in=100, cached_tokens_in=40, cache_write_tokens_in=30, tokens_out=10, reasoning_tokens_out=5)
    plain = Price(input=2 * USD, output=8 * USD)
    assert cost_nano(usage, plain) == 100 * 2_000 + 10 * 8_000


def test_tokens_without_any_rate_have_no_cost() -> None:
    assert cost_nano(Usage(tokens_in=5, tokens_out=5), Price(input=USD)) is None
    assert cost_nano(Usage(tokens_in=5), Price(input=USD)) == 5_000


def test_half_a_nano_is_rounded_up() -> None:
    assert cost_nano(Usage(tokens_in=1), Price(input=499_999)) == 0
    assert cost_nano(Usage(tokens_in=1), Price(input=500_000)) == 1


def test_a_tier_holds_for_the_whole_request_and_only_above_its_bound() -> None:
    price = Price(input=USD, output=USD, cache_read=USD, tiers=[Tier(above=100, input=2 * USD, output=4 * USD)])
    assert cost_nano(Usage(tokens_in=100, tokens_out=1), price) == 101_000
    assert cost_nano(Usage(tokens_in=101, tokens_out=1), price) == 206_000
    assert cost_nano(Usage(tokens_in=101, cached_tokens_in=101), price) == 101_000


def test_a_request_fee_is_added_once() -> None:
    assert cost_nano(Usage(tokens_in=1), Price(input=USD, request=7)) == 1_007


def test_what_is_free_costs_nothing() -> None:
    assert cost_nano(Usage(tokens_in=10**9, tokens_out=10**9, cached_tokens_in=5), FREE) == 0


@given(st.builds(Usage, **{name: st.integers(-5, 2**70) for name in Usage.__struct_fields__ if name != "cost_nano"}))
def test_no_usage_costs_less_than_nothing_or_more_than_the_store_holds(usage: Usage) -> None:
    cost = cost_nano(usage, PRICE)
    assert cost is not None
    assert 0 <= cost <= MOST_NANO


COUNT = st.integers(0, 10**6)


@given(COUNT, st.tuples(COUNT, COUNT, COUNT, COUNT))
def test_with_one_rate_for_all_the_parts_add_up_to_the_whole(whole: int, subsets: tuple[int, int, int, int]) -> None:
    cached, written, hour, audio = subsets
    usage = Usage(
        tokens_in=whole,
        cached_tokens_in=cached,
        cache_write_tokens_in=written,
        cache_write_1h_tokens_in=hour,
        audio_tokens_in=audio,
    )
    assert cost_nano(usage, Price(input=10**6)) == whole


USAGE = Usage(tokens_in=100, cached_tokens_in=40, cache_write_tokens_in=10, tokens_out=20)


@pytest.mark.parametrize(
    ("text", "usage", "expected"),
    [
        ('{"total_cost": 0.25}', None, USD // 4),
        ('{"total_cost": 0}', USAGE, 0),
        ('{"per_token_in": 0.000001, "per_token_out": 0.000002}', USAGE, 140_000),
        ('{"per_token_in": 0.000001, "per_token_out": 0, "per_cache_read_token": 0}', USAGE, 60_000),
        ('{"per_token_in": 0.000001, "per_cache_write_token": 0.000002}', USAGE, 110_000),
        ('{"per_token_in": 1e-6, "per_token_out": 2e-6}', None, None),
        ('{"per_token_in": 1000000000}', Usage(tokens_in=10**6), MOST_NANO),
        ('{"total_cost": -1}', USAGE, None),
        ('{"total_cost": "1E999999"}', USAGE, None),
        ("{}", USAGE, None),
        ("[]", USAGE, None),
        ("nonsense", USAGE, None),
    ],
)
def test_a_callers_own_rates(text: str, usage: Usage | None, expected: int | None) -> None:
    assert custom_cost(text, usage) == expected


RATE = st.one_of(st.none(), st.integers(0, 10**13))
RATES = dict.fromkeys(Rates.__struct_fields__, RATE)
PRICES = st.builds(
    Price,
    **RATES,
    request=st.integers(0, 10**9),
    tiers=st.lists(st.builds(Tier, above=st.integers(0, 10**6), **RATES), max_size=2),
)
USAGES = st.builds(Usage, **{name: COUNT for name in Usage.__struct_fields__ if name != "cost_nano"})


@given(USAGES, PRICES)
def test_parts_of_a_cost_are_that_cost_to_the_nano(usage: Usage, price: Price) -> None:
    parts = cost_parts(usage, price)
    whole = cost_nano(usage, price)
    assert (None if parts is None else sum(part.nano for part in parts)) == whole
    if parts is not None:
        assert len({part.name for part in parts}) == len(parts)
        assert all(abs(part.nano - part.units * part.unit_usd * USD) <= 1 for part in parts)
        assert sum(part.units for part in parts if part.name != "request") == usage.tokens_in + usage.tokens_out


def test_each_kind_of_tokens_is_a_part_at_its_own_rate() -> None:
    usage = Usage(100, 50, 20, 30, 10, 5, 10, 4)
    parts = cost_parts(usage, msgspec.structs.replace(PRICE, request=7))
    assert parts is not None
    assert [(part.name, part.units, part.nano) for part in parts] == [
        ("input", 45, 135_000),
        ("output", 36, 540_000),
        ("cached_input", 20, 2_000),
        ("cache_write", 20, 80_000),
        ("cache_write_1h", 10, 60_000),
        ("audio_input", 5, 50_000),
        ("reasoning", 10, 160_000),
        ("audio_output", 4, 80_000),
        ("request", 1, 7),
    ]
    assert [float(part.unit_usd) for part in parts[:3]] == [3e-6, 15e-6, 1e-7]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"total_cost": 0.25}', [("request", 1, USD // 4)]),
        ('{"per_token_in": 1e-6, "per_token_out": 2e-6}', [("input", 50, 50_000), ("cached_input", 40, 40_000)]),
        ('{"per_token_in": 1e-6, "per_cache_read_token": 0}', [("input", 50, 50_000), ("cached_input", 40, 0)]),
    ],
)
def test_a_callers_own_rates_make_parts_too(text: str, expected: list[tuple[str, int, int]]) -> None:
    custom = parse_custom_cost(text)
    assert custom is not None
    parts = custom.cost_parts(USAGE)
    assert parts is not None
    assert [(part.name, part.units, part.nano) for part in parts][: len(expected)] == expected
    assert sum(part.nano for part in parts) == custom.cost_nano(USAGE)


@given(USAGES, st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_parts_by_a_callers_own_rates_are_the_cost_to_the_nano(usage: Usage, pico: list[int]) -> None:
    names = ("per_token_in", "per_token_out", "per_cache_read_token", "per_cache_write_token")
    custom = CustomCost(**{name: Decimal(rate).scaleb(-12) for name, rate in zip(names, pico, strict=True)})
    parts = custom.cost_parts(usage)
    assert parts is not None
    assert sum(part.nano for part in parts) == custom.cost_nano(usage)


def test_rates_by_the_token_have_no_parts_where_no_tokens_are_stated() -> None:
    custom = parse_custom_cost('{"per_token_in": 1e-6}')
    assert custom is not None
    assert custom.cost_parts(None) is None
