"""Which models, where the caller leaves that open?"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import NOW_S, a_model, an_endpoint, dice
from torana.catalog.market import Catalogue, Model
from torana.errors import BadWish, NoEndpoints
from torana.routing.market.auto import AutoWishes, find_latest, kind_of, pick_auto, pick_free, read_auto
from torana.routing.market.needs import Needs, read_needs


def made(name: str, usd: float, score: float | None = None, **fields: object) -> Model:
    return a_model(an_endpoint("host", usd, model=name), name=name, score=score, **fields)


CHEAP = made("small/cheap", 0.1, 0.4)
FAIR = made("middle/fair", 1, 0.7)
ABLE = made("big/able", 10, 0.95, input_modalities=("text", "image"))
UNKNOWN = made("new/unknown", 0.1)
FREE = made("small/cheap:free", 0, 0.4)
ROUTER = made("openrouter/auto", 1, 1.0)
MODELS = (CHEAP, FAIR, ABLE, UNKNOWN, FREE, ROUTER)


def said(text: str, **rest: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}], **rest}


def ids(
    chat: dict[str, object], wishes: AutoWishes | None = None, models: tuple[Model, ...] = MODELS, last: str = ""
) -> list[str]:
    found = pick_auto(
        models, chat, read_needs(chat), wishes or AutoWishes(), reachable=lambda _: True, now_s=NOW_S, last=last
    )
    return [model.id for model in found]


@pytest.mark.parametrize(
    ("chat", "kind"),
    [
        (said("Hello there"), "chat"),
        (said("Write a Python function that parses dates"), "code"),
        (said("```\nx = 1\n```"), "code"),
        (said("Prove that the square root of two is irrational"), "reasoning"),
        (said("Hello", reasoning={"effort": "high"}), "reasoning"),
        (said("Hello", tools=[{"type": "function", "function": {"name": "f"}}]), "tools"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "?"}]}]}, "vision"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "fix the bug"}]}]}, "code"),
        ({"messages": [{"role": "user", "content": "fix the bug"}, {"role": "assistant", "content": "?"}]}, "code"),
        ({}, "chat"),
        ({"messages": [7, {"role": "user", "content": 7}]}, "chat"),
    ],
)
def test_a_request_is_of_a_kind(chat: dict[str, object], kind: str) -> None:
    assert kind_of(chat, read_needs(chat)) == kind
    assert kind_of(chat, Needs(tokens_in=100_000)) == "long"


def test_what_needs_little_gets_a_cheap_model_and_what_needs_more_an_able_one() -> None:
    assert ids(said("Hello there"))[0] == "small/cheap"
    assert ids(said("Prove that it terminates"))[0] in {"middle/fair", "big/able"}
    everything = AutoWishes(cost_quality_tradeoff=0)
    assert ids(said("Hello there"), everything) == ["big/able", "middle/fair", "small/cheap"]


def test_the_same_request_gets_the_same_models_whatever_their_order() -> None:
    assert ids(said("Hello")) == ids(said("Hello"), models=MODELS[::-1])
    assert len(ids(said("Hello"))) == 3


def test_a_cost_tier_is_a_fifth_of_the_models_by_price() -> None:
    models = tuple(made(f"maker/m-{number}", number + 1, number / 10) for number in range(10))
    for place, tier in enumerate(("low", "medium", "high", "xhigh", "max"), 1):
        found = pick_auto(
            models,
            {},
            Needs(),
            AutoWishes(cost_tier=tier, cost_quality_tradeoff=0),
            reachable=lambda _: True,
            now_s=NOW_S,
        )
        assert found[0].id == f"maker/m-{place * 2 - 1}"


def test_patterns_let_in_and_keep_out() -> None:
    assert ids(said("Hi"), read_auto([{"id": "auto-router", "allowed_models": ["big/*"]}])) == ["big/able"]
    excluded = read_auto([{"id": "auto-router", "excluded_models": ["*/cheap", "big/able-*"]}])
    assert set(ids(said("Hi"), excluded)) == {"middle/fair", "new/unknown"}


def test_only_models_that_can_serve_the_request() -> None:
    picture: dict[str, object] = {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}
    assert ids(picture) == ["big/able"]
    blunt = a_model(an_endpoint("host", model="a/blunt", parameters=frozenset()), name="a/blunt", score=1.0)
    tools = said("Hi", tools=[{"type": "function", "function": {"name": "f"}}])
    assert "a/blunt" not in ids(tools, models=(*MODELS, blunt))
    assert "a/blunt" in ids(said("Hi"), AutoWishes(cost_quality_tradeoff=0), models=(*MODELS, blunt))


def test_a_conversation_keeps_its_model_while_it_is_a_candidate() -> None:
    assert ids(said("Hello there"), last="big/able")[0] == "big/able"
    assert ids(said("Hello there"), last="gone/away")[0] == "small/cheap"


def test_nothing_left_is_a_404_in_the_documented_words() -> None:
    with pytest.raises(NoEndpoints, match=r"^No models match your request and model restrictions$") as refused:
        ids(said("Hi"), read_auto([{"id": "auto-router", "allowed_models": ["nobody/*"]}]))
    assert (refused.value.status, refused.value.availability.code) == (404, "constraint_filtered")
    with pytest.raises(NoEndpoints):
        pick_auto(MODELS, {}, Needs(), AutoWishes(), reachable=lambda _: False, now_s=NOW_S)
    with pytest.raises(NoEndpoints):
        pick_free(MODELS, Needs(inputs=frozenset({"image"})), reachable=lambda _: True, now_s=NOW_S, dice=dice(1))


@pytest.mark.parametrize(
    ("plugin", "field"),
    [
        ({"cost_tier": "huge"}, "cost_tier"),
        ({"cost_quality_tradeoff": 11}, "cost_quality_tradeoff"),
        ({"cost_quality_tradeoff": "5"}, "cost_quality_tradeoff"),
        ({"allowed_models": "a/*"}, "allowed_models"),
        ({"allowed_models": [1]}, "allowed_models"),
        ({"excluded_models": ["a"] * 1025}, "excluded_models"),
        ({"excluded_models": ["a" * 1025]}, "excluded_models"),
        ({"excluded_models": ["a" * 1024] * 65}, "excluded_models"),
    ],
)
def test_what_cannot_be_read_is_named(plugin: dict[str, object], field: str) -> None:
    with pytest.raises(BadWish, match=re.escape(f"`plugins[1].{field}`")):
        read_auto([{"id": "web"}, {"id": "auto-router", **plugin}])


@pytest.mark.parametrize(
    "plugins", [None, [], "web", [{"id": "web"}], [{"id": "auto-router", "enabled": False, "cost_tier": "low"}], [3]]
)
def test_without_the_plugin_nothing_is_restricted(plugins: object) -> None:
    assert read_auto(plugins) == AutoWishes()


def test_free_models_are_drawn_each_alike() -> None:
    models = (*MODELS, made("other/free:free", 0), made("third/free:free", 0))
    throw = dice(7)
    found = Counter(
        pick_free(models, Needs(), reachable=lambda _: True, now_s=NOW_S, dice=throw)[0].id for _ in range(9_000)
    )
    assert set(found) == {"small/cheap:free", "other/free:free", "third/free:free"}
    assert all(count == pytest.approx(3_000, abs=200) for count in found.values())
    kept = pick_free(models, Needs(), reachable=lambda _: True, now_s=NOW_S, dice=throw, last="third/free:free")
    assert kept[0].id == "third/free:free"


def test_latest_is_what_the_catalogue_says_or_the_familys_newest() -> None:
    old = made("maker/swift-sonnet-3", 1, created=1)
    new = made("maker/swift-sonnet-4.5", 1, created=3)
    free = made("maker/swift-sonnet-5:free", 0, created=9)
    other = made("maker/swift-opus-4", 1, created=5)
    catalogue = Catalogue([old, new, other, free])
    assert find_latest(catalogue, "~maker/swift-sonnet-latest") is new
    assert find_latest(catalogue, "~maker/swift-latest") is other
    assert find_latest(catalogue, "~maker/haiku-latest") is None
    assert find_latest(catalogue, "~other/swift-latest") is None
    assert find_latest(catalogue, "maker/swift-opus-4") is other
    assert find_latest(catalogue, "maker/nothing-latest") is None
    alias = a_model(name="~maker/swift-sonnet-latest", alias_of="maker/swift-sonnet-3")
    assert find_latest(Catalogue([old, new, alias]), "~maker/swift-sonnet-latest") is old


@given(
    st.lists(st.tuples(st.floats(0.01, 100), st.none() | st.floats(0, 1)), min_size=1, max_size=12),
    st.sampled_from(["", "low", "medium", "high", "xhigh", "max"]),
    st.integers(0, 10),
    st.text(max_size=30),
)
def test_whatever_there_is_somebody_is_picked_and_nobody_twice(
    priced: list[tuple[float, float | None]], tier: str, tradeoff: int, text: str
) -> None:
    models = tuple(made(f"m/{place}", usd, score) for place, (usd, score) in enumerate(priced))
    found = ids(said(text), AutoWishes(cost_tier=tier, cost_quality_tradeoff=tradeoff), models)
    assert 1 <= len(found) <= 3
    assert len(set(found)) == len(found)
