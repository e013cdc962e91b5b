"""What an error of a provider becomes for callers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.formats.openrouter import STATUSES
from torana.formats.translation import Failure
from torana.surfaces.router.failures import RETURNED, from_failure

TOO_LONG = [
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "prompt is too long: 213462 tokens > 200000 maximum",
    "Input is too long for requested model.",
    "The input token count (1048999) exceeds the maximum number of tokens allowed (1048575).",
]


def told(status: int, failure: Failure, *, is_byok: bool = False, raw: bytes = b"") -> tuple[int, str]:
    shown, made = from_failure(status, failure, raw, "OpenAI", is_byok)
    return shown, made.error_type


@pytest.mark.parametrize(
    ("status", "shown", "kind"),
    [
        (400, 400, "invalid_request"),
        (401, 502, "provider_unavailable"),
        (402, 502, "provider_unavailable"),
        (403, 502, "provider_unavailable"),
        (404, 404, "not_found"),
        (405, 502, "provider_unavailable"),
        (408, 504, "timeout"),
        (410, 404, "not_found"),
        (413, 413, "payload_too_large"),
        (418, 400, "invalid_request"),
        (422, 422, "unprocessable"),
        (429, 429, "rate_limit_exceeded"),
        (500, 502, "provider_unavailable"),
        (502, 502, "provider_unavailable"),
        (503, 503, "provider_overloaded"),
        (504, 504, "timeout"),
        (520, 502, "provider_unavailable"),
        (524, 524, "timeout"),
        (529, 529, "provider_overloaded"),
    ],
)
def test_each_status_has_its_own_for_callers(status: int, shown: int, kind: str) -> None:
    assert told(status, Failure("no")) == (shown, kind)


def test_an_error_has_both_its_documented_and_its_recorded_form() -> None:
    raw = b'{"error":{"message":"no such voice","code":"bad_voice"}}'
    status, made = from_failure(400, Failure("no such voice", "", "bad_voice"), raw, "OpenAI", is_byok=False)
    assert (status, made.message) == (400, RETURNED)
    assert made.told_metadata() == {
        "raw": raw.decode(),
        "error_type": "invalid_request",
        "provider_name": "OpenAI",
        "provider_code": "bad_voice",
        "provider_error_code": "upstream_400",
        "is_byok": False,
    }


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refusal_of_the_operators_key_shows_nothing_of_it(status: int) -> None:
    raw = b'{"error":{"message":"Incorrect API key provided: sk-proj-ab*****cd"}}'
    shown, made = from_failure(
        status, Failure("Incorrect API key", "", "invalid_api_key"), raw, "OpenAI", is_byok=False
    )
    assert shown == 502
    assert made.raw is None
    assert made.provider_error_code == f"upstream_{status}"
    assert "sk-proj" not in str(made.told_metadata())
    assert "invalid_api_key" not in str(made.told_metadata())


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refusal_of_the_callers_own_key_is_told_as_it_is(status: int) -> None:
    shown, made = from_failure(status, Failure("Incorrect API key"), b"raw words", "OpenAI", is_byok=True)
    assert (shown, made.raw, made.is_byok) == (status, "raw words", True)


def test_a_limit_says_whose_it_is() -> None:
    raw = b'{"error":{"message":"Rate limit reached for gpt-5 in organization org-abc"}}'
    status, made = from_failure(429, Failure("x"), raw, "OpenAI", is_byok=False, model="openai/gpt-5", retry_after_s=7)
    assert (status, made.limit_source, made.retry_after_s) == (429, "upstream_provider_shared_pool", 7)
    assert made.raw is not None
    assert made.raw.startswith("openai/gpt-5 is temporarily rate-limited upstream.")
    assert "org-abc" not in str(made.told_metadata())
    _, own = from_failure(429, Failure("x"), raw, "OpenAI", is_byok=True)
    assert (own.limit_source, own.raw) == ("upstream_provider_account", raw.decode())
    assert own.remedy_hint != made.remedy_hint


@pytest.mark.parametrize("message", TOO_LONG)
def test_a_question_that_is_too_long_says_so(message: str) -> None:
    shown, made = from_failure(400, Failure(message), b"", "Anthropic", is_byok=False)
    assert (shown, made.error_type, made.message) == (400, "context_length_exceeded", message)


@pytest.mark.parametrize(
    ("status", "failure", "shown", "kind"),
    [
        (400, Failure("x", "", "context_length_exceeded"), 400, "context_length_exceeded"),
        (400, Failure("flagged by content filter", "", "content_filter"), 400, "content_policy_violation"),
        (403, Failure("your request was blocked by moderation"), 403, "content_policy_violation"),
        (400, Failure("x", "", "invalid_image_url"), 400, "image_download_failed"),
        (500, Failure("The model is overloaded"), 502, "provider_unavailable"),
        (503, Failure("The model is overloaded"), 503, "provider_overloaded"),
        (403, Failure("Quota exceeded", "", "rate_limit_exceeded"), 429, "rate_limit_exceeded"),
        (404, Failure("maximum context", ""), 404, "not_found"),
    ],
)
def test_what_the_provider_says_counts_beside_its_status(status: int, failure: Failure, shown: int, kind: str) -> None:
    assert told(status, failure) == (shown, kind)


TEXTS = st.text(max_size=30) | st.sampled_from([*TOO_LONG, "content_filter", "overloaded", *STATUSES])


@given(
    status=st.integers(0, 999),
    message=TEXTS,
    kind=TEXTS,
    code=TEXTS,
    raw=st.binary(max_size=20),
    is_byok=st.booleans(),
)
def test_no_failure_looks_like_a_fault_of_the_routers_own_key(
    status: int, message: str, kind: str, code: str, raw: bytes, *, is_byok: bool
) -> None:
    shown, made = from_failure(status, Failure(message, kind, code), raw, "X", is_byok)
    assert 400 <= shown < 600
    assert made.error_type in STATUSES
    if not is_byok:
        assert shown not in (401, 402)
