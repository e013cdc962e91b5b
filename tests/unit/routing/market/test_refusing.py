"""What is said where nobody may serve a request?"""

from __future__ import annotations

import pytest

from market import a_model, an_endpoint, chosen
from torana.errors import NoEndpoints
from torana.routing.market.bounds import Bounds, read_bounds
from torana.routing.market.needs import Needs
from torana.routing.market.wishes import NONE, Wishes, read_wishes

PRIVATE = "No endpoints available matching your guardrail restrictions and data policy. "
MODEL = a_model(
    an_endpoint("a", 1, retains=True, is_zdr=False, name="Host A"),
    an_endpoint("b", 2, retains=True, trains=True, is_zdr=False, name="Host B"),
)


def refused(wishes: Wishes = NONE, *, bounds: Bounds | None = None, needs: Needs | None = None) -> NoEndpoints:
    with pytest.raises(NoEndpoints) as found:
        chosen(MODEL, wishes, needs, bounds=bounds)
    assert found.value.status == 404
    assert found.value.availability.requested_models == ("maker/model",)
    assert not found.value.availability.retryable
    return found.value


@pytest.mark.parametrize(
    ("provider", "excluded_by", "field"),
    [
        ({"zdr": True}, ("data_policy:zdr",), "provider.zdr"),
        ({"data_collection": "deny"}, ("data_policy:training",), "provider.data_collection"),
        ({"data_collection": "deny", "only": ["a"]}, ("data_policy:training",), "provider.data_collection"),
        ({"zdr": True, "max_price": {"prompt": 0}}, ("data_policy:zdr",), "provider.zdr"),
    ],
)
def test_a_data_policy_never_looks_like_a_missing_model(
    provider: dict[str, object], excluded_by: tuple[str, ...], field: str
) -> None:
    error = refused(read_wishes(provider))
    assert error.message.startswith(PRIVATE)
    assert error.availability.code == "privacy_restricted"
    assert error.availability.excluded_by == excluded_by
    assert error.availability.constraint is not None
    assert error.availability.constraint.field == field
    assert error.availability.affected_providers == ("Host A", "Host B")


@pytest.mark.parametrize(
    ("guardrail", "field"),
    [
        ({"allowed_models": ["other/*"]}, "guardrail.allowed_models"),
        ({"ignored_models": ["maker/model"]}, "guardrail.allowed_models"),
        ({"allowed_providers": ["c"]}, "guardrail.allowed_providers"),
        ({"ignored_providers": ["a", "Host B"]}, "guardrail.allowed_providers"),
        ({"enforce_zdr_other": True}, "provider.zdr"),
    ],
)
def test_neither_does_a_guardrail(guardrail: dict[str, object], field: str) -> None:
    error = refused(bounds=read_bounds(guardrail))
    assert error.message.startswith(PRIVATE)
    assert error.availability.code == "privacy_restricted"
    assert error.availability.constraint is not None
    assert error.availability.constraint.field == field


@pytest.mark.parametrize(
    "provider", [{"only": ["c"]}, {"ignore": ["a", "b"]}, {"order": ["c"], "allow_fallbacks": False}]
)
def test_providers_that_are_not_allowed_are_said_to_be(provider: dict[str, object]) -> None:
    error = refused(read_wishes(provider))
    assert error.message.startswith("No allowed providers are available for the selected model.")
    assert error.availability.code == "constraint_filtered"
    assert error.availability.excluded_by == ("allowed_providers",)


@pytest.mark.parametrize(
    ("provider", "excluded_by"),
    [
        ({"max_price": {"prompt": 0.5}}, "max_price"),
        ({"quantizations": ["fp8"]}, "quantization"),
        ({"require_parameters": True}, "require_parameters"),
    ],
)
def test_other_wishes_are_named(provider: dict[str, object], excluded_by: str) -> None:
    error = refused(read_wishes(provider), needs=Needs(parameters=frozenset({"logprobs"})))
    assert error.message.startswith("No endpoints found for maker/model: ")
    assert error.availability.code == "constraint_filtered"
    assert error.availability.excluded_by == (excluded_by,)


def test_a_model_without_endpoints_or_keys_is_said_to_have_none() -> None:
    for model, reachable in ((a_model(), True), (MODEL, False)):
        with pytest.raises(NoEndpoints) as found:
            chosen(model, reachable=lambda _, reachable=reachable: reachable)  # type: ignore[misc]  # bound at once
        assert found.value.message.startswith("No endpoints found for maker/model")
        assert ("torana provider-keys set" in found.value.message) is bool(model.endpoints)
        assert found.value.availability.code == "no_endpoints"
        assert found.value.availability.excluded_by == ()


def test_several_models_are_all_named_and_so_is_all_that_kept_them_out() -> None:
    other = a_model(an_endpoint("c", 9, model="maker/other"), name="maker/other")
    with pytest.raises(NoEndpoints) as found:
        chosen([MODEL, other], read_wishes({"only": ["c"], "max_price": {"prompt": 1}}))
    assert found.value.availability.requested_models == ("maker/model", "maker/other")
    assert found.value.availability.excluded_by == ("allowed_providers", "max_price")
    assert found.value.message.startswith("No allowed providers are available")
