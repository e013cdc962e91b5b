"""With which of the callers' own keys a provider is asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.market import Model
from torana.routing.byok import rank
from torana.snapshot import ByokConfig

MODEL = Model(id="openai/gpt-4o:free", canonical_slug="openai/gpt-4o-2024-08-06:free", name="GPT-4o", created=0)
configs = st.builds(
    ByokConfig,
    id=st.uuids().map(str),
    provider=st.sampled_from(["openai", "groq"]),
    data_key_id=st.just(""),
    sealed=st.just(""),
    is_fallback=st.booleans(),
    is_byok_only=st.booleans(),
    is_required=st.booleans(),
    sort_order=st.integers(0, 3),
    allowed_models=st.none() | st.lists(st.sampled_from(["OpenAI/gpt-4o", "openai/gpt-4o:free", "a/b"]), max_size=2),
    allowed_keys=st.none() | st.lists(st.sampled_from(["k1", "k2"]), max_size=2),
)


def config(name: str, **fields: object) -> ByokConfig:
    return ByokConfig(**{"id": name, "provider": "openai", "data_key_id": "", "sealed": "", **fields})  # type: ignore[arg-type]  # the tests' own


@given(st.lists(configs, max_size=6))
def test_only_keys_that_may_serve_are_ranked_each_once_and_in_order(found: list[ByokConfig]) -> None:
    ranked = rank(found, MODEL, "openai", "k1")
    for one in (*ranked.prioritised, *ranked.fallback):
        assert one.provider == "openai"
        assert one.allowed_keys is None or "k1" in one.allowed_keys
        assert one.allowed_models is None or set(one.allowed_models) & {"OpenAI/gpt-4o", "openai/gpt-4o:free"}
    for group in (ranked.prioritised, ranked.fallback):
        orders = [one.sort_order for one in group]
        assert orders == sorted(orders)
    assert not any(one.is_fallback for one in ranked.prioritised)
    assert all(one.is_fallback for one in ranked.fallback)


def test_keys_of_one_place_keep_their_order() -> None:
    found = [config("b"), config("c", is_fallback=True), config("a"), config("z", sort_order=-1)]
    ranked = rank(found, MODEL, "openai", "k")
    assert [one.id for one in ranked.prioritised] == ["z", "b", "a"]
    assert [one.id for one in ranked.fallback] == ["c"]
    assert not ranked.is_only


def test_always_use_forbids_the_operators_keys_for_models_it_does_not_serve_too() -> None:
    ranked = rank([config("a", is_byok_only=True, allowed_models=["a/b"])], MODEL, "openai", "k")
    assert ranked.is_only
    assert ranked.prioritised == ()


def test_a_required_key_forbids_them_for_its_models_alone() -> None:
    assert rank([config("a", is_required=True)], MODEL, "openai", "k").is_only
    assert not rank([config("a", is_required=True, allowed_models=["a/b"])], MODEL, "openai", "k").is_only


def test_what_others_keep_for_themselves_says_nothing() -> None:
    assert not rank([config("a", is_byok_only=True, allowed_keys=["other"])], MODEL, "openai", "k").is_only
    assert not rank([config("a", is_byok_only=True)], MODEL, "groq", "k").is_only


def test_a_model_may_be_named_by_its_permanent_slug() -> None:
    assert rank([config("a", allowed_models=["openai/gpt-4o-2024-08-06"])], MODEL, "openai", "k").prioritised
