"""The operator's own models: three ways to write them, and errors that say where."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.own_models import Own, OwnModelsError, parse

YAML = b"""
models:
  - id: openai/gpt-3.5-turbo
    endpoints:
      - provider: local
        model: smollm2-135m-instruct
  - id: acme/house-7b
    name: "Acme: House 7B"
    context_length: 32768
    supported_parameters: [temperature, tools]
    endpoints:
      - {provider: custom-acme, model: house-7b, tag: acme/fast, price: {input: 0.1, output: 0.4}}
aliases:
  acme/default: acme/house-7b
hidden: ["x-ai/*"]
"""

TOML = b"""
hidden = ["x-ai/*"]
[aliases]
"acme/default" = "acme/house-7b"
[[models]]
id = "openai/gpt-3.5-turbo"
endpoints = [{ provider = "local", model = "smollm2-135m-instruct" }]
[[models]]
id = "acme/house-7b"
name = "Acme: House 7B"
context_length = 32768
supported_parameters = ["temperature", "tools"]
[[models.endpoints]]
provider = "custom-acme"
model = "house-7b"
tag = "acme/fast"
price = { input = 0.1, output = 0.4 }
"""

JSON = json.dumps(
    {
        "models": [
            {
                "id": "openai/gpt-3.5-turbo",
                "endpoints": [{"provider": "local", "model": "smollm2-135m-instruct"}],
            },
            {
                "id": "acme/house-7b",
                "name": "Acme: House 7B",
                "context_length": 32768,
                "supported_parameters": ["temperature", "tools"],
                "endpoints": [
                    {
                        "provider": "custom-acme",
                        "model": "house-7b",
                        "tag": "acme/fast",
                        "price": {"input": 0.1, "output": 0.4},
                    }
                ],
            },
        ],
        "aliases": {"acme/default": "acme/house-7b"},
        "hidden": ["x-ai/*"],
    }
).encode()


def test_it_is_the_same_in_every_way_of_writing() -> None:
    yaml, toml, json_ = parse(YAML, ".yaml"), parse(TOML, ".toml"), parse(JSON, ".json")
    assert yaml == toml == json_
    price = yaml.models[1].endpoints[0].price
    assert price is not None
    assert (price.input, price.output) == (Decimal("0.1"), Decimal("0.4"))


def test_nothing_is_written_in_an_empty_file() -> None:
    assert parse(b"", ".yaml") == Own()


def test_hidden_ones_are_told_by_a_glob_whatever_their_case() -> None:
    own = parse(b"hidden: [x-ai/*, OpenAI/gpt-4]", ".yaml")
    assert own.hides("x-ai/grok-4")
    assert own.hides("openai/GPT-4")
    assert not own.hides("openai/gpt-4o")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: [{id: gpt}]", r"`models\[0\].id`: `gpt` is no"),
        ("models: [{id: a/b}, {id: A/B}]", r"`models\[1\].id`: `A/B` stands there twice"),
        ("models: [{id: a/b, score: 2}]", r"`models\[0\].score`"),
        ("models: [{id: a/b, colour: red}]", "colour"),
        ("models: [{id: a/b, endpoints: [{provider: nobody, model: m}]}]", "no provider of models `nobody`"),
        ("models: [{id: a/b, endpoints: [{provider: local, model: ''}]}]", r"endpoints\[0\].model`: it is empty"),
        ("models: [{id: a/b, endpoints: [{provider: local}]}]", r"`models\[0\].endpoints\[0\]`: .*`model`"),
        ("models: [{id: a/b, endpoints: [{provider: local, model: m, tag: /}]}]", "is no tag"),
        (
            "models: [{id: a/b, endpoints: [{provider: local, model: m, price: {input: -1}}]}]",
            r"price.input`: a price is zero or more USD",
        ),
        ("models: [{id: a/b, endpoints: [{provider: local, model: m, price: {input: x}}]}]", "price.input"),
        ("aliases: {b: a/b}", "`b` is no"),
        ("aliases: {a/b: a/c, a/c: a/d}", "itself an alias"),
        ("models: {", "line 1"),
        ("- 1", "Expected `object`"),
    ],
)
def test_errors_say_where(text: str, said: str) -> None:
    with pytest.raises(OwnModelsError, match=said):
        parse(text.encode(), ".yaml")


@pytest.mark.parametrize("suffix", [".json", ".toml", ".yaml"])
@given(data=st.binary(max_size=120))
def test_bytes_are_read_or_refused(data: bytes, suffix: str) -> None:
    try:
        found = parse(data, suffix)
    except OwnModelsError:
        return
    assert isinstance(found, Own)
