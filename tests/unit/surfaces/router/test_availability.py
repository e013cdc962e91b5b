"""Why nobody served a request."""

from __future__ import annotations

import pytest

from torana.errors import Availability, Constraint, NoEndpoints, UnknownModel
from torana.surfaces.router import availability
from torana.surfaces.router.errors import of_error, render

FULL = Availability(
    code="privacy_restricted",
    requested_models=("a/b",),
    excluded_by=("data_policy:zdr",),
    affected_providers=("Groq",),
    constraint=Constraint(field="provider.zdr", detail="no endpoint retains nothing"),
)


def test_a_policy_that_left_nobody_is_no_missing_model() -> None:
    status, told = of_error(NoEndpoints("No endpoints available matching your data policy", FULL))
    assert status == 404
    error = render(status, told, "openai_chat")["error"]
    assert isinstance(error, dict)
    docs_url = error["availability"].pop("docs_url")
    assert docs_url.startswith("https://")
    assert error == {
        "code": 404,
        "message": "No endpoints available matching your data policy",
        "availability": {
            "code": "privacy_restricted",
            "retryable": False,
            "requested_models": ["a/b"],
            "affected_providers": ["Groq"],
            "excluded_by": ["data_policy:zdr"],
            "constraint": {"field": "provider.zdr", "detail": "no endpoint retains nothing"},
        },
        "error_type": "not_found",
        "http_status": 404,
    }
    missing, other = of_error(UnknownModel("a/c"))
    assert (missing, other.message) == (400, "a/c is not a valid model ID")
    assert other.availability is not None
    assert other.availability["code"] == "model_not_found"


@pytest.mark.parametrize("code", list(availability.STATUSES))
def test_each_code_has_its_status(code: str) -> None:
    why = Availability(code=code, requested_models=("a/b",))
    assert of_error(NoEndpoints("no", why))[0] == availability.STATUSES[code]


@pytest.mark.parametrize(
    ("status", "code", "is_retryable"),
    [
        (404, "model_unavailable_upstream", False),
        (429, "capacity_exhausted", True),
        (503, "temporarily_unavailable", True),
        (529, "temporarily_unavailable", True),
    ],
)
def test_providers_that_were_asked_in_vain_are_named_once(status: int, code: str, *, is_retryable: bool) -> None:
    told = availability.of_failures(status, ["a/b", "a/b"], ["Groq", "Together", "Groq"], 7)
    assert told is not None
    assert (told["code"], told["retryable"], told["retry_after"]) == (code, is_retryable, 7)
    assert (told["requested_models"], told["affected_providers"]) == (["a/b"], ["Groq", "Together"])


def test_other_failures_are_not_for_want_of_room() -> None:
    assert availability.of_failures(400, ["a/b"], ["Groq"]) is None
