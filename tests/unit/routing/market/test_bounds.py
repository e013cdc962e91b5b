"""What do guardrails allow?"""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import a_model, an_endpoint, chosen, tags
from torana.errors import NoEndpoints
from torana.routing.market.bounds import Bounds, merged, read_bounds
from torana.routing.market.patterns import patterns
from torana.routing.market.wishes import read_wishes

MODEL = a_model(
    an_endpoint("kept", 1, retains=True, is_zdr=False),
    an_endpoint("safe", 2),
    an_endpoint("trains", 3, trains=True, retains=True, is_zdr=False),
    an_endpoint("trains-free", 0, trains=True, retains=True, is_zdr=False),
)


@pytest.mark.parametrize(
    ("guardrail", "kept"),
    [
        ({}, {"kept", "safe", "trains", "trains-free"}),
        ({"allowed_providers": None, "allowed_models": None}, {"kept", "safe", "trains", "trains-free"}),
        ({"enable_paid_model_training": False}, {"kept", "safe", "trains-free"}),
        ({"enable_free_model_training": False}, {"kept", "safe", "trains"}),
        ({"enable_free_model_publication": False}, {"kept", "safe", "trains"}),
        ({"enforce_zdr_other": True}, {"safe"}),
        ({"enforce_zdr_anthropic": True}, {"kept", "safe", "trains", "trains-free"}),
        ({"allowed_providers": ["Safe", "kept"]}, {"kept", "safe"}),
        ({"ignored_providers": ["TRAINS"]}, {"kept", "safe", "trains-free"}),
        ({"allowed_models": ["maker/*"], "ignored_models": ["maker/other"]}, {"kept", "safe", "trains", "trains-free"}),
    ],
)
def test_a_guardrail_keeps_out_what_it_says(guardrail: dict[str, object], kept: set[str]) -> None:
    assert set(tags(chosen(MODEL, bounds=read_bounds(guardrail)))) == kept


@pytest.mark.parametrize(
    ("author", "group"),
    [("anthropic", "anthropic"), ("openai", "openai"), ("google", "google"), ("x-ai", "xai"), ("mistralai", "other")],
)
def test_zero_data_retention_is_switched_by_author(author: str, group: str) -> None:
    model = a_model(an_endpoint("a", model=f"{author}/m", is_zdr=False), name=f"{author}/m")
    for each in ("anthropic", "openai", "google", "xai", "other"):
        bounds = read_bounds({f"enforce_zdr_{each}": True})
        if each != group:
            assert tags(chosen(model, bounds=bounds)) == ["a"]
        else:
            with pytest.raises(NoEndpoints):
                chosen(model, bounds=bounds)


def test_a_request_cannot_loosen_what_a_guardrail_says() -> None:
    bounds = read_bounds({"enforce_zdr_other": True})
    assert tags(chosen(MODEL, read_wishes({"zdr": False, "data_collection": "allow"}), bounds=bounds)) == ["safe"]


def test_a_model_may_be_allowed_by_its_permanent_slug() -> None:
    assert tags(chosen(MODEL, bounds=read_bounds({"allowed_models": ["maker/model-2026*"]})))


GUARDRAILS = st.fixed_dictionaries(
    {},
    optional={
        "allowed_models": st.lists(st.sampled_from(["maker/*", "maker/model", "other/*"]), max_size=2),
        "ignored_models": st.lists(st.sampled_from(["maker/x", "*/model", "other/*"]), max_size=2),
        "allowed_providers": st.lists(st.sampled_from(["kept", "safe", "trains"]), max_size=3),
        "ignored_providers": st.lists(st.sampled_from(["kept", "safe", "trains"]), max_size=3),
        "enforce_zdr_other": st.booleans(),
        "enable_paid_model_training": st.booleans(),
        "enable_free_model_training": st.booleans(),
    },
)


def allowed(bounds: Bounds) -> set[str]:
    try:
        return set(tags(chosen(MODEL, bounds=bounds)))
    except NoEndpoints:
        return set()


@given(st.lists(GUARDRAILS, max_size=3))
def test_several_guardrails_allow_what_each_of_them_does(guardrails: list[dict[str, object]]) -> None:
    each = [read_bounds(guardrail) for guardrail in guardrails]
    together = {"kept", "safe", "trains", "trains-free"}
    for bounds in each:
        together &= allowed(bounds)
    assert allowed(merged(each)) == together


@given(
    st.lists(st.text(alphabet="ab*", max_size=6), max_size=4),
    st.text(alphabet="ab", max_size=8),
)
def test_stars_stand_for_anything(texts: list[str], name: str) -> None:
    assert patterns(texts).has(name) == any(fnmatch.fnmatchcase(name, text) for text in texts)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    assert not patterns(["*a" * 500 + "b"]).has("a" * 400)
    assert patterns(["*" * 500]).has("anything")


@given(st.text(max_size=6))
def test_nothing_but_a_star_is_special(text: str) -> None:
    if "*" not in text:
        assert patterns([text]).has(text.strip().lower())
        assert not patterns([text]).has(text.strip().lower() + "x")
