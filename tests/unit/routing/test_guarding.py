"""Guardrails put together: the stricter rule wins."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.routing.guarding import GROUPS, UNGUARDED, Budget, applying, group_of, merge

NAMES = ["OpenAI/gpt-4o", "openai/o3", "anthropic/claude", "x-ai/grok", "meta/llama"]
lists = st.none() | st.lists(st.sampled_from(NAMES), max_size=3)
actions = st.sampled_from(["flag", "redact", "block"])
filters = st.lists(st.fixed_dictionaries({"pattern": st.sampled_from(["a", "b", "c"]), "action": actions}), max_size=3)
builtins = st.lists(
    st.fixed_dictionaries(
        {
            "slug": st.sampled_from(["email", "phone", "regex-prompt-injection"]),
            "action": actions,
            "scan_scope": st.sampled_from(["user_only", "all_messages"]),
        }
    ),
    max_size=3,
)
guardrails = st.lists(
    st.fixed_dictionaries(
        {"id": st.uuids().map(str)},
        optional={
            "allowed_models": lists,
            "ignored_models": lists,
            "allowed_providers": lists,
            "content_filters": filters,
            "content_filter_builtins": builtins,
            "enable_free_model_training": st.none() | st.booleans(),
            **{f"enforce_zdr_{group}": st.none() | st.booleans() for group in GROUPS},
        },
    ),
    max_size=4,
)
STRENGTH = ["flag", "redact", "block"]


@given(guardrails, st.sampled_from(NAMES))
def test_a_model_passes_where_each_guardrail_alone_would_let_it(found: list[dict[str, object]], name: str) -> None:
    alone = [merge([one]).allows_model(name) for one in found]
    assert merge(found).allows_model(name) is all(alone)


@given(guardrails)
def test_zero_retention_is_asked_for_where_any_asks(found: list[dict[str, object]]) -> None:
    whole = merge(found)
    assert whole.zdr == frozenset(group for one in found for group in merge([one]).zdr)
    assert whole.free_training is all(one.get("enable_free_model_training") is not False for one in found)


@given(guardrails)
def test_filters_unite_with_their_strongest_action(found: list[dict[str, object]]) -> None:
    whole = merge(found)
    given_ = [one for each in found for one in merge([each]).filters]
    assert {one.pattern for one in whole.filters} == {one.pattern for one in given_}
    assert len(whole.filters) == len({one.pattern for one in whole.filters})
    for one in whole.filters:
        assert one.action == max((each.action for each in given_ if each.pattern == one.pattern), key=STRENGTH.index)
        assert one.guardrail_id in {each["id"] for each in found}
    for kind in whole.builtins:
        same = [one for each in found for one in merge([each]).builtins if one.slug == kind.slug]
        assert kind.action == max((one.action for one in same), key=STRENGTH.index)
        assert (kind.scan_scope == "user_only") is all(one.scan_scope == "user_only" for one in same)


@given(guardrails)
def test_the_order_decides_nothing_about_what_is_allowed(found: list[dict[str, object]]) -> None:
    there, back = merge(found), merge(reversed(found))
    assert {(f.pattern, f.action) for f in there.filters} == {(f.pattern, f.action) for f in back.filters}
    assert there.zdr == back.zdr
    assert [there.allows_model(name) for name in NAMES] == [back.allows_model(name) for name in NAMES]


def test_lists_that_name_a_model_differently_intersect_by_what_they_mean() -> None:
    found = merge([{"allowed_models": ["openai/gpt-4o"]}, {"allowed_models": ["openai/gpt-4o-2024-08-06"]}])
    assert found.allows_model("openai/gpt-4o", "openai/gpt-4o-2024-08-06")
    assert not found.allows_model("openai/gpt-4o")


def test_nothing_and_an_empty_list_allow_everything() -> None:
    assert merge([]) is UNGUARDED
    assert merge([{"allowed_models": [], "allowed_providers": None}]).allows_model("a/b")
    assert UNGUARDED.allows_provider("openai")


def test_ignored_providers_are_left_out_whoever_allows_them() -> None:
    found = merge([{"allowed_providers": ["openai", "azure"]}, {"ignored_providers": ["Azure"]}])
    assert found.allows_provider("openai", "OpenAI")
    assert not found.allows_provider("azure", "Azure")
    assert not found.allows_provider("groq", "Groq")


def test_budgets_stand_beside_each_other() -> None:
    found = merge(
        [
            {"id": "a", "limit_nano": 5, "reset_interval": "daily"},
            {"id": "b", "limit_nano": 0, "reset_interval": "monthly", "include_byok_in_budgets": True},
            {"id": "c"},
        ]
    )
    assert found.budgets == (Budget("a", 5, "daily", include_byok=False), Budget("b", 0, "monthly", include_byok=True))
    assert found.ids == ("a", "b", "c")


def test_regions_intersect_and_none_means_anywhere() -> None:
    assert merge([{}]).regions is None
    assert merge(
        [{"allowed_data_regions": ["global", "us"]}, {}, {"allowed_data_regions": ["us"]}]
    ).regions == frozenset(("us",))


@pytest.mark.parametrize(
    ("model", "group"),
    [
        ("anthropic/claude", "anthropic"),
        ("~openai/gpt-latest", "openai"),
        ("google/gemini:free", "google"),
        ("x-ai/grok", "xai"),
        ("meta-llama/l", "other"),
        ("plain", "other"),
    ],
)
def test_models_fall_into_groups_by_their_author(model: str, group: str) -> None:
    assert group_of(model) == group
    assert merge([{f"enforce_zdr_{group}": True}]).wants_zdr(model)


def test_the_default_applies_to_all_and_others_where_they_are_assigned() -> None:
    found: dict[str, dict[str, object]] = {"a": {"id": "a"}, "d": {"id": "d", "is_default": True}, "b": {"id": "b"}}
    assert [one["id"] for one in applying(found, ["b", "gone", "b"])] == ["d", "b"]


def test_what_is_no_guardrail_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        merge([{"allowed_models": 3}])
