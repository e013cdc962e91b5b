"""Models and endpoints to choose from, made short."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from torana.catalog.market import Endpoint, Host, Model, Tier
from torana.catalog.prices import ModelPrice
from torana.routing.market.bounds import Bounds
from torana.routing.market.choosing import Choice, Strategy, choose
from torana.routing.market.health import Health, Seen
from torana.routing.market.needs import Needs
from torana.routing.market.wishes import NONE, Wishes

NOW_S = 1_800_000_000.0
USD = 10**9
"""In nano-USD."""
PARAMETERS = frozenset({"temperature", "max_tokens", "tools", "response_format", "structured_outputs", "seed"})


def an_endpoint(  # what tests look at, one by one
    tag: str,
    usd: float = 1,
    *,
    model: str = "maker/model",
    output_usd: float | None = None,
    tier: Tier = "",
    quantization: str = "unknown",
    parameters: frozenset[str] = PARAMETERS,
    name: str = "",
    trains: bool = False,
    retains: bool = False,
    is_zdr: bool = True,
    context: int = 0,
    most: int | None = None,
    request_nano: int = 0,
    cache_read_usd: float | None = None,
    others: dict[str, int] | None = None,
) -> Endpoint:
    """`usd` for a million tokens; its id is the tag."""
    slug = tag.partition("/")[0]
    return Endpoint(
        id=tag if model == "maker/model" else f"{model}@{tag}",
        model=model,
        host=Host(slug=slug, name=name or slug.title(), provider=slug, trains=trains, retains=retains),
        tag=tag,
        name="model",
        price=ModelPrice(
            id="model",
            input=round(usd * USD),
            output=round((usd if output_usd is None else output_usd) * USD),
            cache_read=None if cache_read_usd is None else round(cache_read_usd * USD),
            request=request_nano,
        ),
        others=others or {},
        quantization=quantization,
        context_length=context,
        max_completion_tokens=most,
        supported_parameters=parameters,
        tier=tier,
        is_zdr=is_zdr,
    )


def a_model(*endpoints: Endpoint, name: str = "maker/model", **fields: object) -> Model:
    """`name` is its id; its endpoints have to say it too, where it is another."""
    author, _, slug = name.partition("/")
    given: dict[str, object] = {"created": 1, "canonical_slug": f"{name}-20260101", **fields}
    title = f"{author.title()}: {slug.title()}"
    return Model(id=name, name=title, endpoints=endpoints, **given)  # type: ignore[arg-type]  # whatever it has


def chosen(
    models: Model | Sequence[Model],
    wishes: Wishes | Sequence[Wishes] = NONE,
    needs: Needs | None = None,
    *,
    bounds: Bounds | None = None,
    health: Health | None = None,
    reachable: Callable[[Endpoint], bool] = lambda _: True,
    sticky: str | None = None,
    now_s: float = NOW_S,
    dice: Callable[[], float] = lambda: 0.0,
    strategy: Strategy = "weighted",
) -> Choice:
    return choose(
        [models] if isinstance(models, Model) else models,
        wishes,
        needs or Needs(),
        bounds or Bounds(),
        health or Health(),
        reachable=reachable,
        sticky=sticky,
        now_s=now_s,
        dice=dice,
        strategy=strategy,
    )


def tags(choice: Choice) -> list[str]:
    return [endpoint.tag for endpoint in choice.endpoints]


def reasons(choice: Choice) -> dict[str, str]:
    return {endpoint.tag: reason.name for endpoint, reason in choice.excluded}


def failing(*ids: str, times: int = 3, now_s: float = NOW_S) -> Health:
    """As many failures of each, a second ago."""
    health = Health()
    for endpoint_id in ids:
        for _ in range(times):
            health.observe(endpoint_id, Seen(500), now_s - 1)
    return health


def fast(health: Health, endpoint_id: str, *, latency_s: float = 0.5, tokens_per_s: float = 50.0) -> None:
    health.observe(endpoint_id, Seen(200, latency_s=latency_s, tokens_per_s=tokens_per_s), NOW_S - 1)


def dice(seed: int) -> Callable[[], float]:
    return random.Random(seed).random  # noqa: S311  # no secret
