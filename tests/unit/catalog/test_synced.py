"""A list of models of another server: what is made of it, whatever is in it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.prices import Tier
from torana.catalog.synced import SyncedError, SyncedModel, parse, parse_endpoints

ENTRY = {
    "id": "acme/house-7b",
    "canonical_slug": "acme/house-7b-20260101",
    "name": "Acme: House 7B",
    "created": 1_767_225_600,
    "description": "A house.",
    "context_length": 32_768,
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"], "tokenizer": "Other"},
    "pricing": {"prompt": "0.0000001", "completion": "0.0000004", "image": "0.001", "request": "0"},
    "top_provider": {"context_length": 32_768, "max_completion_tokens": 4_096, "is_moderated": False},
    "supported_parameters": ["temperature", "tools"],
    "a_field_of_tomorrow": {"x": 1},
}


def document(*entries: object) -> bytes:
    return json.dumps({"data": entries}).encode()


def one(**changes: object) -> SyncedModel:
    return parse(document({**ENTRY, **changes})).models[0]


def test_a_model_is_read_with_its_price() -> None:
    model = one()
    price = model.price()
    assert price is not None
    assert (price.input, price.output, price.request, price.cache_read) == (100_000_000, 400_000_000, 0, None)
    assert model.others() == {"image": 1_000_000}
    assert model.top_provider is not None
    assert model.top_provider.max_completion_tokens == 4_096


def test_a_part_that_costs_nothing_has_no_price_of_its_own() -> None:
    """Zeros stand there for what is not priced apart: reasoning would be free of charge."""
    pricing = {"prompt": "0.000001", "completion": "0.000002", "internal_reasoning": "0", "input_cache_read": "0"}
    price = one(pricing=pricing).price()
    assert price is not None
    assert (price.reasoning, price.cache_read) == (None, None)


@pytest.mark.parametrize(
    "pricing", [{}, {"prompt": "-1", "completion": "-1"}, {"prompt": "?"}, {"prompt": None}, {"prompt": []}]
)
def test_a_model_without_a_price_that_can_be_understood_has_none(pricing: object) -> None:
    assert one(pricing=pricing).price() is None


def test_long_prompts_and_hours_have_prices_of_their_own() -> None:
    pricing = {
        "prompt": "0.000002",
        "completion": "0.00001",
        "request": "0.001",
        "overrides": [
            {"min_prompt_tokens": 500_000, "prompt": "0.000008"},
            {"min_prompt_tokens": 200_000, "prompt": "0.000004"},
            {"utc_start": "1630", "utc_end": "0030", "prompt": "0.000001"},
            {"min_prompt_tokens": 1, "utc_start": 0, "utc_end": 1, "prompt": "9"},
            "nonsense",
        ],
    }
    price = one(pricing=pricing).price()
    assert price is not None
    assert price.tiers == [
        Tier(above=200_000, input=4_000_000_000, output=10_000_000_000),
        Tier(above=500_000, input=8_000_000_000, output=10_000_000_000),
    ]
    change = price.at(17 * 3_600_000)
    assert (change.input, change.output, change.request) == (1_000_000_000, 10_000_000_000, 1_000_000)
    assert price.at(12 * 3_600_000) is price


def test_entries_that_are_no_models_are_left_out_and_counted() -> None:
    found = parse(document(ENTRY, {"name": "no id"}, 7, ENTRY))
    assert ([model.id for model in found.models], found.left_out) == (["acme/house-7b"], 2)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"data": 1}', b'{"data": []}', b'{"data": [{}]}', b"\xff", b"<html>"])
def test_what_is_no_list_of_models_is_refused(data: bytes) -> None:
    with pytest.raises(SyncedError):
        parse(data)


def test_endpoints_of_a_model_are_read() -> None:
    endpoint = {"tag": "openai", "provider_name": "OpenAI", "context_length": 128_000, "quantization": None}
    id_, endpoints = parse_endpoints(json.dumps({"data": {"id": "openai/gpt-4o", "endpoints": [endpoint]}}).encode())
    assert (id_, endpoints[0].tag, endpoints[0].context_length) == ("openai/gpt-4o", "openai", 128_000)
    with pytest.raises(SyncedError):
        parse_endpoints(b'{"data": {"id": 1}}')


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([*ENTRY, "reasoning", "default_parameters", "alias_target", "endpoints", "supported_voices"])
pricings = st.dictionaries(st.sampled_from(["prompt", "completion", "request", "overrides", "image", "audio"]), values)


@given(st.dictionaries(fields, values), pricings)
def test_whatever_stands_there_nothing_else_than_a_refusal_comes_of_it(
    changes: dict[str, object], pricing: dict[str, object]
) -> None:
    for entry in ({**ENTRY, **changes}, {**ENTRY, "pricing": pricing}):
        try:
            found = parse(document(entry))
        except SyncedError:
            continue
        for model in found.models:
            price = model.price()
            assert price is None or price.input is not None
            assert all(nano > 0 for nano in model.others().values())


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except SyncedError:
        return
    raise AssertionError("there is no model in that")


def test_the_reader_takes_what_msgspec_writes() -> None:
    model = one()
    assert parse(msgspec.json.encode({"data": [model]})).models[0].id == model.id
