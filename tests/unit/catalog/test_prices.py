"""The price table: what a name means, and that the built-in one says what its source says."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest
from genai_prices import Usage as ForeignUsage
from genai_prices.data import providers as known

from torana.catalog.cost import cost_nano
from torana.catalog.prices import FREE, Change, ModelPrice, Prices, PricesError, parse, parse_override
from torana.exchange import Usage
from torana.storage.pricing import builtin_table

DAY_MS = 86_400_000
BUILTIN = builtin_table()


@pytest.fixture(scope="module")
def prices() -> Prices:
    return Prices(BUILTIN)


def found(prices: Prices, provider: str, model: str) -> str | None:
    price = prices.find(provider, model)
    return None if price is None else price.id


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("openai", "gpt-4o", "gpt-4o"),
        ("openai", "GPT-4o", "gpt-4o"),
        ("openai", "openai/gpt-4o-mini", "gpt-4o-mini"),
        ("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("google-ai-studio", "models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("google-vertex-ai", "google/gemini-2.5-pro", "gemini-2.5-pro"),
        ("google-vertex-ai", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("azure-openai", "gpt-4o", "gpt-4o"),
        ("openrouter", "openai/gpt-3.5-turbo", "openai/gpt-3.5-turbo"),
        ("openrouter", "openai/gpt-3.5-turbo:nitro", "openai/gpt-3.5-turbo"),
        ("openrouter", "nobody/knows-this:free", "free"),
        ("local", "smollm2-135m-instruct", "free"),
    ],
)
def test_a_model_is_found_by_the_names_it_goes_by(prices: Prices, provider: str, model: str, expected: str) -> None:
    assert found(prices, provider, model) == expected


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-unheard-of"),
        ("openai", ""),
        ("openai", "gpt-4o" + "x" * 300),
        ("nobody", "gpt-4o"),
        ("openrouter", "openai/gpt-3.5-turbo:unheard-of"),
        ("openai", "gpt-image-1"),  # image and text tokens cost differently, and usage does not tell them apart
        ("openai", "whisper-1"),  # priced by the hour
    ],
)
def test_what_is_not_known_for_certain_has_no_price(prices: Prices, provider: str, model: str) -> None:
    assert found(prices, provider, model) is None


def test_the_cache_of_names_is_bounded(prices: Prices) -> None:
    for number in range(10_000):
        prices.find("openai", f"made-up-{number}")
    assert len(prices._cache) <= 4_096
    assert found(prices, "openai", "gpt-4o") == "gpt-4o"


SLUGS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "aws": "aws-bedrock",
    "deepseek": "deepseek",
    "mistral": "mistral",
}
SLUGS |= {"google": "google-ai-studio", "groq": "groq", "openrouter": "openrouter", "x-ai": "grok", "cohere": "cohere"}


def test_the_built_in_table_agrees_with_its_source_on_every_model(prices: Prices) -> None:
    moment = datetime.fromisoformat(BUILTIN.version.split("/")[0]).replace(hour=2, tzinfo=UTC)
    at_ms = int(moment.timestamp()) * 1000
    usage = Usage(tokens_in=250_000, tokens_out=1_000, cached_tokens_in=40_000)
    compared = 0
    for provider in (p for p in known if p.id in SLUGS):
        for info in provider.models:
            price = prices.find(SLUGS[provider.id], info.id)
            if price is None or price is FREE:
                continue
            theirs = genai_prices.calc_price(
                ForeignUsage(input_tokens=250_000, output_tokens=1_000, cache_read_tokens=40_000),
                info.id,
                provider_id=provider.id,
                genai_request_timestamp=moment,
            )
            ours = cost_nano(usage, price.at(at_ms))
            if ours is None:  # an embedding model: theirs calls the output that it cannot have free
                assert price.output is None or price.input is None
                continue
            if theirs.model.id == price.id:
                requests = theirs.model_price.requests_kcount
                compared += 1
                assert abs(Decimal(ours) - theirs.total_price * 10**9) <= 1, (provider.id, info.id, requests)
    assert compared > 900


def test_a_price_changes_on_its_day_and_by_the_hour() -> None:
    night = Change(input=1, minutes=(22 * 60, 60))
    model = ModelPrice(id="m", input=3, changes=[Change(input=2, since_ms=DAY_MS), night])
    assert model.at(12 * 3_600_000).input == 3
    assert model.at(DAY_MS + 12 * 3_600_000).input == 2
    assert model.at(DAY_MS + 23 * 3_600_000).input == 1
    assert model.at(DAY_MS + 30 * 60_000).input == 1
    assert model.at(DAY_MS + 60 * 60_000).input == 2


def test_rules_match_in_their_forms() -> None:
    table = parse(
        b"""{"version": "1", "providers": {"p": {"models": [
        {"id": "begins", "match": ["ab*"], "input": 1}, {"id": "ends", "match": ["*yz"], "input": 1},
        {"id": "holds", "match": ["*mid*"], "input": 1}, {"id": "regex", "match": ["re:^r\\\\d+$"], "input": 1},
        {"id": "abc", "input": 1}]}, "reseller": {"also": ["p"]}}}"""
    )
    prices = Prices(table)
    names = ("abx", "xyz", "a-mid-b", "r12", "abc", "r12x")
    assert [found(prices, "p", name) for name in names] == ["begins", "ends", "holds", "regex", "abc", None]
    assert found(prices, "reseller", "r12") == "regex"


def test_a_date_may_follow_a_name_that_is_known() -> None:
    prices = Prices(parse(b'{"version": "1", "providers": {"p": {"models": [{"id": "m", "input": 1}]}}}'))
    assert [found(prices, "p", "m" + tail) for tail in ("-20310102", "@20310102", "-2031-01-02")] == ["m"] * 3
    assert [found(prices, "p", "m" + tail) for tail in ("-2031", "-12345678", "-20310102-x")] == [None] * 3


def test_all_rows_can_be_listed_the_operators_first() -> None:
    own = parse_override(b'{"x": {"y": {"input": 1}}}', "own")
    rows = list(Prices(BUILTIN, own).rows())
    assert (rows[0][0], rows[0][1].id) == ("x", "y")
    assert len(rows) == 1 + sum(len(provider.models) for provider in BUILTIN.providers.values())


def test_a_providers_models_are_listed_with_those_it_resells() -> None:
    own = parse_override(b'{"azure-openai": {"mine": {"input": 1}}}', "own")
    models = Prices(BUILTIN, own).models("azure-openai")
    assert models[0] == "mine"
    assert {"gpt-4o", "claude-sonnet-4-5"} <= set(models)
    assert len(models) == len(set(models))
    assert Prices(BUILTIN).models("unheard-of") == []


def test_the_operators_prices_come_first_in_either_shape() -> None:
    short = parse_override(
        b'{"openai": {"gpt-4o": {"input": 1.25, "output": 2}}, "custom-x": {"*": {"input": 0}}}', "own"
    )
    prices = Prices(BUILTIN, short)
    price = prices.find("openai", "gpt-4o")
    assert price is not None
    assert (price.input, price.output) == (1_250_000_000, 2_000_000_000)
    assert found(prices, "custom-x", "anything") == "*"
    assert found(prices, "openai", "gpt-4o-mini") == "gpt-4o-mini"
    assert prices.version == BUILTIN.version + "+own"
    whole = parse_override(b'{"version": "w", "providers": {"openai": {"models": [{"id": "m", "input": 5}]}}}', "own")
    assert Prices(None, whole).version == "w"
    assert found(Prices(None, whole), "openai", "m") == "m"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"nonsense", "not a price table"),
        (b'{"openai": {"m": {"input": -1}}}', "zero or more"),
        (b'{"openai": {"m": {"inptu": 1}}}', "inptu"),
        (b'{"openai": {"m": {"input": "1E999999"}}}', "zero or more"),
        (b'{"openai": {"re:(": {"input": 1}}}', "regular expression"),
        (b'{"version": "1", "providers": {"p": {"models": [{"id": "re:(", "input": 1}]}}}', "not a price table"),
    ],
)
def test_a_bad_table_is_refused_and_says_where(data: bytes, told: str) -> None:
    with pytest.raises(PricesError, match=told):
        parse_override(data, "own")
