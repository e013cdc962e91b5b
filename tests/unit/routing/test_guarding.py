"""Which guardrails hold, and what they budget."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.routing.guarding import Budget, Guardrail, applying, budgeted

guardrails = st.lists(
    st.builds(
        Guardrail,
        id=st.uuids().map(str),
        limit_nano=st.none() | st.integers(0, 10**15),
        reset_interval=st.sampled_from(["daily", "weekly", "monthly"]),
        include_byok_in_budgets=st.booleans(),
        allowed_models=st.none() | st.just(["a/b"]),
    ),
    max_size=5,
)


@given(guardrails)
def test_budgets_stand_beside_each_other(found: list[Guardrail]) -> None:
    kept = [msgspec.to_builtins(one) for one in found]
    assert budgeted(kept) == tuple(
        Budget(one.id, one.limit_nano, one.reset_interval, one.include_byok_in_budgets)
        for one in found
        if one.limit_nano is not None and one.reset_interval is not None
    )
    assert budgeted(kept) == tuple(each for one in kept for each in budgeted([one]))


def test_a_limit_without_a_period_is_none() -> None:
    assert budgeted([{"id": "a", "limit_nano": 5}, {"id": "b", "reset_interval": "daily"}]) == ()


def test_the_default_applies_to_all_and_others_where_they_are_assigned() -> None:
    found: dict[str, dict[str, object]] = {"a": {"id": "a"}, "d": {"id": "d", "is_default": True}, "b": {"id": "b"}}
    assert [one["id"] for one in applying(found, ["b", "gone", "b"])] == ["d", "b"]
    assert [one["id"] for one in applying(found, [])] == ["d"]


def test_what_is_no_guardrail_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        budgeted([{"id": "a", "limit_nano": "much"}])
