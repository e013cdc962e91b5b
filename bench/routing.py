"""What does routing add to a request: from a model's name and its wishes to the walk over endpoints?

All in this process: a catalogue of 500 models with ten endpoints each, of which a request touches one model's; each
request asks for another model, and has every filter of `provider`. A worker has seen traffic at all of them.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from bench.figure import Row
from bench.translation import seconds
from torana.catalog.market import Catalogue, Endpoint, Host, Model
from torana.catalog.prices import ModelPrice
from torana.routing.market.bounds import Bounds
from torana.routing.market.choosing import choose
from torana.routing.market.health import Health, Seen
from torana.routing.market.naming import find_model, read_name
from torana.routing.market.needs import read_needs
from torana.routing.market.patterns import patterns
from torana.routing.market.route import Market
from torana.routing.market.wishes import read_wishes

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.figure import Setup
    from torana.formats.json import Json

MODELS, ENDPOINTS = 500, 10
_REQUESTS = 20
_NOW_S = 1_800_000_000.0
_PARAMETERS = frozenset({"temperature", "max_tokens", "tools", "tool_choice", "response_format", "seed"})
_WISHES: Json = {
    "only": [f"Host {n}" for n in range(8)],
    "ignore": ["host-0", "host-9"],
    "quantizations": ["fp8", "bf16"],
    "data_collection": "deny",
    "zdr": True,
    "require_parameters": True,
    "max_price": {"prompt": 5, "completion": "20", "request": 0.1},
    "preferred_min_throughput": {"p50": 30, "p90": 10},
    "preferred_max_latency": {"p90": 2.5},
}
_CHAT: Json = {
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is a rim?"}],
    "temperature": 0.7,
    "max_tokens": 256,
    "tools": [{"type": "function", "function": {"name": "find_part"}}],
}
_BOUNDS = Bounds(
    allowed_models=(patterns(["author-*"]),),
    allowed_providers=(frozenset(f"host-{n}" for n in range(9)),),
    ignored_providers=frozenset({"host-8"}),
    zdr=frozenset({"other"}),
    paid_training=False,
)

_UNBOUNDED = Bounds()


def _endpoint(model: str, number: int) -> Endpoint:
    host = Host(slug=f"host-{number}", name=f"Host {number}", provider="openai", retains=False)
    nano = (number % 5 + 1) * 10**9
    return Endpoint(
        id=f"{model}@{number}",
        model=model,
        host=host,
        tag=f"host-{number}/fp8",
        name="a-model",
        price=ModelPrice(id="a-model", input=nano, output=nano * 3),
        quantization="fp8",
        context_length=128_000,
        max_completion_tokens=8_192,
        supported_parameters=_PARAMETERS,
        is_zdr=True,
    )


def catalogue() -> Catalogue:
    return Catalogue(
        Model(
            id=f"author-{n % 20}/model-{n}",
            canonical_slug=f"author-{n % 20}/model-{n}-20260101",
            name=f"Author {n % 20}: Model {n}",
            created=n,
            endpoints=tuple(_endpoint(f"author-{n % 20}/model-{n}", k) for k in range(ENDPOINTS)),
        )
        for n in range(MODELS)
    )


def _watched(models: Catalogue, dice: random.Random) -> Health:
    health = Health()
    for model in models.models:
        for endpoint in model.endpoints:
            for age_s in range(40, 0, -1):
                status = 500 if dice.random() < 0.02 else 200
                seen = Seen(status, latency_s=dice.random(), tokens_per_s=60 * dice.random())
                health.observe(endpoint.id, seen, _NOW_S - age_s)
    return health


def requests(suffix: str, wishes: Json) -> Callable[[], object]:
    """Twenty of them; the clock goes on by a millisecond with each."""
    models, dice = catalogue(), random.Random(5)
    health = _watched(models, dice)
    names = [model.id + suffix for model in models.models]
    made = 0

    def once() -> object:
        nonlocal made
        for _ in range(_REQUESTS):
            made += 1
            named = read_name(names[made * 7 % MODELS])
            choice = choose(
                [find_model(models, named)],
                read_wishes(wishes, suffixes=named.suffixes),
                read_needs(_CHAT, 40),
                _BOUNDS if wishes else _UNBOUNDED,
                health,
                reachable=lambda _: True,
                now_s=_NOW_S + made / 1000,
                dice=dice.random,
            )
            Market(choice.endpoints).first()
        return None

    once()
    return once


def routing(setup: Setup) -> list[Row]:  # noqa: ARG001  # what all figures are given
    plain = seconds(requests("", {})) * 1e6 / _REQUESTS
    fastest = seconds(requests(":nitro", _WISHES)) * 1e6 / _REQUESTS
    full = seconds(requests("", _WISHES)) * 1e6 / _REQUESTS
    detail = (
        f"{MODELS} models of {ENDPOINTS} endpoints; with `:nitro` too {fastest:.1f}, without wishes {plain:.1f} µs; "
        "with the reading of name, wishes and needs; processor time in one process"
    )
    return [Row("routing", "routing of a request with all filters", full, 40.0, "µs", detail)]
