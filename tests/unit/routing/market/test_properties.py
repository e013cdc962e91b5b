"""What holds for every request: no route breaks a hard filter, asks anybody twice or leaves anybody out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from market import NOW_S, a_model, an_endpoint, dice
from torana.catalog.market import Endpoint, Model
from torana.errors import NoEndpoints
from torana.routing.market.bounds import Bounds, read_bounds
from torana.routing.market.choosing import Choice, choose
from torana.routing.market.health import Health, Seen
from torana.routing.market.needs import Needs
from torana.routing.market.wishes import Wishes, read_wishes

TAGS = ["a", "b", "b/fp8", "c/east", "c/west", "d/priority", "d/flex", "d"]
SLUGS = ["a", "b", "c", "d", "B", "c/east", "d/priority", "nobody"]
TIERS = {"d/priority": "priority", "d/flex": "flex"}
PARAMETERS = ["tools", "seed", "response_format"]


@st.composite
def models(draw: st.DrawFn) -> list[Model]:
    found = []
    for name in draw(st.lists(st.sampled_from(["m/one", "m/two", "n/three"]), min_size=1, max_size=3, unique=True)):
        endpoints = [
            an_endpoint(
                tag,
                draw(st.sampled_from([0, 0.5, 1, 2, 10])),
                model=name,
                tier=TIERS.get(tag, ""),  # type: ignore[arg-type]  # one of them
                quantization=draw(st.sampled_from(["fp8", "mxfp8", "bf16", "unknown"])),
                parameters=frozenset(draw(st.lists(st.sampled_from(PARAMETERS), unique=True))),
                trains=draw(st.booleans()),
                retains=draw(st.booleans()),
                is_zdr=draw(st.booleans()),
            )
            for tag in draw(st.lists(st.sampled_from(TAGS), max_size=8, unique=True))
        ]
        found.append(a_model(*endpoints, name=name, is_distillable=draw(st.sampled_from([True, False, None]))))
    return found


names = st.lists(st.sampled_from(SLUGS), max_size=3, unique=True)
providers = st.fixed_dictionaries(
    {},
    optional={
        "order": names,
        "only": names,
        "ignore": names,
        "allow_fallbacks": st.booleans(),
        "require_parameters": st.booleans(),
        "data_collection": st.sampled_from(["allow", "deny"]),
        "zdr": st.booleans(),
        "enforce_distillable_text": st.booleans(),
        "quantizations": st.lists(st.sampled_from(["fp8", "bf16"]), max_size=2),
        "sort": st.sampled_from(["price", "throughput", "latency", "exacto", "adaptive"])
        | st.fixed_dictionaries({"partition": st.sampled_from(["model", "none"])}),
        "max_price": st.fixed_dictionaries({"prompt": st.sampled_from([0, 1, 5])}),
        "preferred_min_throughput": st.sampled_from([10, 50]),
        "preferred_max_latency": st.fixed_dictionaries({"p90": st.sampled_from([0.5, 2])}),
    },
)
guardrails = st.fixed_dictionaries(
    {},
    optional={
        "allowed_models": st.lists(st.sampled_from(["m/*", "n/three"]), max_size=2),
        "allowed_providers": names,
        "ignored_providers": names,
        "enforce_zdr_other": st.booleans(),
        "enable_paid_model_training": st.booleans(),
    },
)
observations = st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from([200, 429, 500])), max_size=20)


def watched(models: list[Model], observed: list[tuple[str, int]]) -> Health:
    health = Health()
    for model in models:
        for tag, status in observed:
            health.observe(f"{model.id}@{tag}", Seen(status, latency_s=1.0, tokens_per_s=20.0), NOW_S - 5)
    return health


def tiers_of(wishes: Wishes) -> set[str]:
    return {str(tier) for tier in (wishes.service_tier, *wishes.admits) if tier}


def is_meant(name: str, endpoint: Endpoint, tiers: set[str]) -> bool:
    """A plain twin of the rule of 2.3."""
    name, slug = name.lower(), endpoint.host.slug
    if name == endpoint.tag:
        return True
    is_open = not endpoint.tier or endpoint.tier in tiers
    return is_open and (name in (slug, endpoint.host.name.lower()) or endpoint.tag.startswith(f"{name}/"))


def check_wishes(endpoint: Endpoint, model: Model, given: dict[str, object], wishes: Wishes, needs: Needs) -> None:
    tiers = tiers_of(wishes)
    only, ignore, order = (list(given.get(name) or []) for name in ("only", "ignore", "order"))  # type: ignore[call-overload]
    assert not only or any(is_meant(name, endpoint, tiers) for name in only)
    assert not any(is_meant(name, endpoint, {"priority", "flex"}) for name in ignore)
    if order and not wishes.allow_fallbacks:
        assert any(is_meant(name, endpoint, tiers) for name in order)
    if wishes.data_collection == "deny":
        assert not endpoint.host.trains
        assert not endpoint.host.retains
    assert endpoint.is_zdr or not wishes.zdr
    assert model.is_distillable or not wishes.enforce_distillable_text
    if given.get("quantizations"):
        allowed = {"fp8": {"fp8", "mxfp8"}, "bf16": {"bf16"}}
        assert endpoint.quantization in set().union(*(allowed[each] for each in given["quantizations"]))  # type: ignore[attr-defined]
    if wishes.max_price is not None and wishes.max_price.prompt is not None:
        assert (endpoint.price.input or 0) <= wishes.max_price.prompt
    if wishes.require_parameters:
        assert needs.parameters <= endpoint.supported_parameters
    if endpoint.tier and endpoint.tier not in tiers:
        assert endpoint.tag in {*only, *order}


def check_bounds(endpoint: Endpoint, model: Model, guardrail: dict[str, object]) -> None:
    every = {"priority", "flex"}
    allowed, ignored = guardrail.get("allowed_providers"), guardrail.get("ignored_providers") or []
    if isinstance(allowed, list):
        assert any(is_meant(name, endpoint, every) for name in allowed)
    assert not any(is_meant(name, endpoint, every) for name in ignored)  # type: ignore[attr-defined]
    if guardrail.get("enforce_zdr_other"):
        assert endpoint.is_zdr
    if guardrail.get("enable_paid_model_training") is False and endpoint.price.input:
        assert not endpoint.host.trains
    patterns = guardrail.get("allowed_models")
    if isinstance(patterns, list):
        assert any(model.id == each or (each == "m/*" and model.id.startswith("m/")) for each in patterns)


def check_order(choice: Choice, models: list[Model], wishes: Wishes) -> None:
    """Where an order is wished, nobody that it names later stands before one that it names earlier."""
    tiers = tiers_of(wishes)
    for model in models:
        mine = [endpoint for endpoint in choice.endpoints if endpoint.model == model.id]
        places = [
            next((at for at, name in enumerate(wishes.order) if is_meant(name, each, tiers)), len(wishes.order))
            for each in mine
        ]
        assert places == sorted(places)


@settings(max_examples=400, deadline=None)
@given(
    asked=models(),
    provider=providers,
    guardrail=guardrails,
    observed=observations,
    suffixes=st.lists(st.sampled_from(["nitro", "floor", "exacto"]), max_size=1),
    tier=st.sampled_from(["", "priority", "flex"]),
    sent=st.lists(st.sampled_from(PARAMETERS), unique=True),
    seed=st.integers(0, 99),
    sticky=st.none() | st.sampled_from([f"m/one@{tag}" for tag in TAGS]),
)
def test_no_route_breaks_a_hard_filter(  # noqa: PLR0917  # drawn
    asked: list[Model],
    provider: dict[str, object],
    guardrail: dict[str, object],
    observed: list[tuple[str, int]],
    suffixes: list[str],
    tier: str,
    sent: list[str],
    seed: int,
    sticky: str | None,
) -> None:
    wishes = read_wishes(provider, suffixes=suffixes, service_tier=tier)
    needs = Needs(parameters=frozenset(sent), soft=tuple(each for each in ("tools", "response_format") if each in sent))
    by_id = {model.id: model for model in asked}
    health, bounds = watched(asked, observed), read_bounds(guardrail)

    def reachable(endpoint: Endpoint) -> bool:
        return endpoint.host.slug != "a"

    try:
        choice = choose(
            asked, wishes, needs, bounds, health, reachable=reachable, sticky=sticky, now_s=NOW_S, dice=dice(seed)
        )
    except NoEndpoints:
        return
    ids = [endpoint.id for endpoint in choice.endpoints]
    assert len(set(ids)) == len(ids) > 0
    assert not {endpoint.id for endpoint, _ in choice.excluded} & set(ids)
    for endpoint in choice.endpoints:
        assert reachable(endpoint)
        check_wishes(endpoint, by_id[endpoint.model], provider, wishes, needs)
        check_bounds(endpoint, by_id[endpoint.model], guardrail)
    if wishes.order and wishes.partition == "model":
        check_order(choice, asked, wishes)
    if wishes.partition == "model":
        order = [endpoint.model for endpoint in choice.endpoints]
        assert order == sorted(order, key=list(by_id).index)


@settings(deadline=None)
@given(asked=models(), observed=observations, seed=st.integers(0, 99))
def test_without_wishes_everybody_who_can_be_asked_is(
    asked: list[Model], observed: list[tuple[str, int]], seed: int
) -> None:
    plain = {each.id for model in asked for each in model.endpoints if not each.tier}
    try:
        choice = choose(
            asked,
            read_wishes(None),
            Needs(),
            Bounds(),
            watched(asked, observed),
            reachable=lambda _: True,
            now_s=NOW_S,
            dice=dice(seed),
        )
    except NoEndpoints:
        assert not plain
        return
    assert {endpoint.id for endpoint in choice.endpoints} == plain
