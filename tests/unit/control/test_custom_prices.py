"""What a request to an account's own provider costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.cost import cost_nano
from torana.catalog.own import ModelRule
from torana.catalog.prices import FREE
from torana.control.custom_changes import create_cost, create_provider, delete_provider, update_provider
from torana.control.custom_prices import CustomPrices, price_of
from torana.control.custom_providers import CostFields, ProviderFields, TokenPricing
from torana.control.operations import ensure_default, open_store
from torana.exchange import Usage
from torana.settings import Settings

USAGE = Usage(1000, 100, cached_tokens_in=400, cache_write_tokens_in=100, audio_tokens_in=50, reasoning_tokens_out=30)
COUNTS = st.integers(0, 10_000)


def fields(**given_: object) -> CostFields:
    return CostFields(model="m", **given_)  # type: ignore[arg-type]  # each test names its own


@pytest.mark.parametrize(
    ("rule", "micro_usd"),
    [
        (fields(cost_in=1e-6, cost_out=2e-6), 1200),
        (fields(cost_in=1e-6, cost_out=2e-6, token_pricing=TokenPricing(input_cached_tokens=0)), 800),
        (fields(cost_in=1e-6, cost_out=0, token_pricing=TokenPricing(input_cache_creation_tokens=2e-6)), 1100),
        (fields(cost_in=1e-6, cost_out=0, token_pricing=TokenPricing(input_audio_tokens=3e-6)), 1100),
        (fields(cost_in=1e-6, cost_out=0, token_pricing=TokenPricing(input_text_tokens=0)), 550),
        (fields(cost_in=0, cost_out=1e-6, token_pricing=TokenPricing(output_reasoning_tokens=0)), 70),
        (fields(cost_in=9, cost_out=9, token_pricing=TokenPricing(input_tokens=1e-6, output_tokens=0)), 1000),
        (fields(token_pricing=TokenPricing(total_tokens=1e-6)), 1100),
        (fields(cost_in=1e-6, cost_out=1e-6, token_pricing=TokenPricing(total_tokens=1e-6)), 2200),
        (fields(cost_in=1e-6), None),
        (fields(token_pricing=TokenPricing(input_cached_tokens=1e-6, total_tokens=1e-6)), None),
    ],
)
def test_each_kind_has_its_rate(rule: CostFields, micro_usd: int | None) -> None:
    assert cost_nano(USAGE, price_of("", rule)) == (None if micro_usd is None else micro_usd * 1000)


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.integers(0, 1000))
def test_with_one_rate_for_all_no_token_is_charged_twice(
    tokens_in: int, tokens_out: int, cached: int, reasoning: int, nano: int
) -> None:
    usage = Usage(tokens_in, tokens_out, cached_tokens_in=cached, reasoning_tokens_out=reasoning)
    rate = nano / 1e9
    assert cost_nano(usage, price_of("", fields(cost_in=rate, cost_out=rate))) == (tokens_in + tokens_out) * nano
    assert (
        cost_nano(usage, price_of("", fields(token_pricing=TokenPricing(total_tokens=rate))))
        == (tokens_in + tokens_out) * nano
    )


def test_the_strictest_rule_and_then_the_longest_weighs_most() -> None:
    def weight(model: str, rule: str) -> int:
        return ModelRule(rule, model, FREE).weight  # type: ignore[arg-type]  # one of three

    rising = [("x" * 256, "contains"), ("a", "starts-with"), ("ab", "starts-with"), ("a", "equals")]
    assert sorted(rising, key=lambda one: weight(*one)) == rising


def named(prices: CustomPrices, account: str, provider: str, model: str) -> str:
    found = prices.find(account, provider, model)
    return "" if found is None else found.id


def test_the_rules_in_force_are_found_by_account_and_provider(tmp_path: Path) -> None:
    store = open_store(Settings(data_dir=str(tmp_path)))
    account = ensure_default(store).id
    prices = CustomPrices(store.database.writer)
    assert prices.find(account, "custom-a", "m-1") is None
    provider = create_provider(store, account, ProviderFields(name="A", slug="a", base_url="https://a.example"))
    rule = create_cost(store, account, provider.id, CostFields(model="M-", model_rule="starts-with", cost_in=1))
    assert prices.find(account, "custom-a", "m-1") is None, "until it looks again"
    prices.look()
    for model in ("m-1", "M-1", "custom-a/m-1"):
        assert named(prices, account, "custom-a", model) == rule.id
    assert prices.find(account, "custom-a", "x-m-1") is None
    assert prices.find("f" * 32, "custom-a", "m-1") is None
    update_provider(store, account, provider.id, {"slug": "b"})
    prices.look()
    assert prices.find(account, "custom-a", "m-1") is None
    assert named(prices, account, "custom-b", "m-1") == rule.id
    delete_provider(store, account, provider.id)
    prices.look()
    assert prices.find(account, "custom-b", "m-1") is None
    store.close()
