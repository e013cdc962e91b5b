"""The error envelopes of each format of clients."""

from __future__ import annotations

import json

import pytest
from openrouter import components

from torana import errors as ours
from torana.formats.json import Json
from torana.formats.openrouter import STATUSES
from torana.formats.translation import Failure
from torana.surfaces.router.errors import answer, from_failure, of_error, refuse, render
from torana.surfaces.router.told import Told, elided

CHAT, MESSAGES, RESPONSES = "openai_chat", "anthropic_messages", "openai_responses"
PROVIDERS = from_failure(429, Failure("slow down"), b"", "Groq", is_byok=False, model="meta/llama", retry_after_s=3)[1]
GONE: Json = {"code": "privacy_restricted", "retryable": False, "requested_models": ["a/b"], "docs_url": "x"}


@pytest.mark.parametrize("format_", [CHAT, "completions", "embeddings", "rerank", ""])
def test_most_formats_have_one_envelope(format_: str) -> None:
    told = Told("No auth credentials found", "authentication")
    assert render(401, told, format_, user_id="user_1", metadata={"attempt": 0}) == {
        "error": {
            "code": 401,
            "message": "No auth credentials found",
            "metadata": {"error_type": "authentication"},
        },
        "user_id": "user_1",
        "openrouter_metadata": {"attempt": 0},
    }


def test_an_error_without_a_cause_says_no_more_than_its_message() -> None:
    assert render(400, Told("x is not a valid model ID"), CHAT) == {
        "error": {"code": 400, "message": "x is not a valid model ID"}
    }


def test_a_missing_endpoint_says_why_in_all_forms_that_are_documented() -> None:
    told = Told("No endpoints found", availability=GONE)
    assert render(404, told, CHAT)["error"] == {
        "code": 404,
        "message": "No endpoints found",
        "availability": GONE,
        "error_type": "not_found",
        "http_status": 404,
    }
    for format_ in (MESSAGES, RESPONSES):
        error = render(404, told, format_)["error"]
        assert isinstance(error, dict)
        assert error["availability"] == GONE


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("authentication", "authentication_error"),
        ("permission_denied", "permission_error"),
        ("payment_required", "billing_error"),
        ("not_found", "not_found_error"),
        ("image_not_found", "not_found_error"),
        ("rate_limit_exceeded", "rate_limit_error"),
        ("provider_overloaded", "overloaded_error"),
        ("timeout", "timeout_error"),
        ("context_length_exceeded", "invalid_request_error"),
        ("content_policy_violation", "invalid_request_error"),
        ("payload_too_large", "invalid_request_error"),
        ("provider_unavailable", "api_error"),
        ("server", "api_error"),
        ("unmapped", "api_error"),
    ],
)
def test_clients_of_messages_get_anthropics_words(kind: str, type_: str) -> None:
    told = render(STATUSES[kind], Told("no", kind), MESSAGES, "gen-1")
    error = told["error"]
    assert isinstance(error, dict)
    assert (told["type"], told["request_id"], error["type"]) == ("error", "gen-1", type_)
    if STATUSES[kind] != 500:
        assert (error["message"], error["error_type"]) == ("no", kind)
    assert render(400, Told("no"), MESSAGES)["request_id"] is None


def test_clients_of_responses_get_the_type_beside_the_error() -> None:
    """The code is a number, as OpenRouter's SDKs read it; its pages show a word there."""
    assert render(400, Told("Invalid Responses API request"), RESPONSES) == {
        "error": {"code": 400, "message": "Invalid Responses API request"},
        "error_type": "invalid_request",
    }
    told = render(429, PROVIDERS, RESPONSES)
    error = told["error"]
    assert isinstance(error, dict)
    assert (error["code"], told["error_type"]) == (429, "rate_limit_exceeded")


@pytest.mark.parametrize("format_", [CHAT, MESSAGES, RESPONSES])
def test_a_fault_of_ours_is_masked(format_: str) -> None:
    told = Told("key sk-123 of 10.0.0.7", "server", provider_code="x", raw="sk-123", provider_name="X")
    body = render(500, told, format_, "gen-1", metadata={"attempt": 1})
    assert "openrouter_metadata" not in body
    assert "sk-123" not in json.dumps(body)
    assert "Internal Server Error" in json.dumps(body)
    assert "provider_code" not in json.dumps(body)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (ours.Unauthorized("No auth credentials found"), 401, "authentication"),
        (ours.CallerError("no"), 400, "invalid_request"),
        (ours.BodyTooLarge("no"), 413, "payload_too_large"),
        (ours.RequestTimedOut("no"), 408, "timeout"),
        (ours.RateLimited("no"), 429, "rate_limit_exceeded"),
        (ours.ContentBlocked("Request blocked", {"patterns": ["a"]}), 403, "permission_denied"),
        (ours.InsufficientCredits("no", {"limit_source": "openrouter_credits"}), 402, "payment_required"),
        (ours.KeyLimitExceeded("no", {}), 403, "permission_denied"),
        (ours.UpstreamUnreachable("no"), 502, "provider_unavailable"),
        (ours.UpstreamTimedOut("no"), 504, "timeout"),
        (ours.UpstreamBroken("no"), 502, "provider_unavailable"),
        (ours.CredentialRefused("no"), 502, "provider_unavailable"),
        (ours.Overloaded("no"), 503, "provider_overloaded"),
        (ours.Internal("trace"), 500, "server"),
        (ours.SpendLimitExceeded("no"), 403, "permission_denied"),
    ],
)
def test_errors_of_ours_have_a_status_and_a_type(error: ours.ToranaError, status: int, kind: str) -> None:
    shown, told = of_error(error)
    assert shown == status
    assert render(shown, told, MESSAGES)["error"]["error_type"] == kind  # type: ignore[index]  # JSON


def test_errors_of_ours_may_tell_more() -> None:
    error = ours.ContentBlocked("Request blocked", {"patterns": ["a"]})
    assert render(*of_error(error), CHAT)["error"] == {
        "code": 403,
        "message": "Request blocked",
        "metadata": {"patterns": ["a"]},
    }
    _, waiting = of_error(ours.InsufficientCredits("no", {"reason": "in_flight_budget_exhausted"}, 1))
    assert (waiting.retry_after_s, waiting.told_metadata()) == (1, {"reason": "in_flight_budget_exhausted"})
    assert of_error(ours.InsufficientCredits("no", {}))[1].retry_after_s is None
    assert of_error(ours.SpendLimitExceeded("no"))[1].limit_source == "openrouter_workspace_budget"


def test_an_answer_says_when_to_come_back() -> None:
    told = Told("Rate limit exceeded: free-models-per-day", headers={"X-RateLimit-Limit": "50"}, retry_after_s=60)
    reply = answer(429, told, CHAT, "gen-1")
    assert reply.status == 429
    assert reply.headers == [
        (b"content-type", b"application/json"),
        (b"retry-after", b"60"),
        (b"x-ratelimit-limit", b"50"),
    ]
    assert isinstance(reply.body, bytes)
    assert json.loads(reply.body)["error"]["metadata"] == {"headers": {"X-RateLimit-Limit": "50"}}


def test_an_early_refusal_is_in_chats_envelope() -> None:
    reply = refuse(ours.Unauthorized("No auth credentials found"))
    assert isinstance(reply.body, bytes)
    assert json.loads(reply.body) == {"error": {"code": 401, "message": "No auth credentials found"}}


@pytest.mark.parametrize("length", [0, 5, 99, 100, 101, 1000])
def test_a_flagged_text_is_shown_without_its_middle(length: int) -> None:
    text = ("abcdefghij" * 100)[:length]
    shown = elided(text)
    assert len(shown) == min(length, 100)
    assert shown == text if length <= 100 else (shown[:40] == text[:40] and shown[-40:] == text[-40:] and "…" in shown)


@pytest.mark.parametrize("name", [name for name in dir(components) if name.endswith("ResponseErrorData")])
def test_openrouters_own_sdk_reads_the_error(name: str) -> None:
    error = render(429, PROVIDERS, CHAT)["error"]
    kind = getattr(components, name)
    made = kind.model_validate(error)
    assert (made.code, made.message) == (429, "Provider returned error")
    assert made.metadata == PROVIDERS.told_metadata()
