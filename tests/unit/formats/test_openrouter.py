"""What OpenRouter's errors and costs are called in other formats."""

from __future__ import annotations

import pytest

from torana.formats.json import Json
from torana.formats.openrouter import (
    STATUSES,
    costs,
    error_type_in,
    responses_code,
    responses_costs,
    type_of_status,
    with_readable_sources,
)

USAGE: Json = {
    "prompt_tokens": 3,
    "cost": 0.5,
    "is_byok": False,
    "cost_details": {
        "upstream_inference_cost": 0.5,
        "upstream_inference_prompt_cost": 0.25,
        "upstream_inference_completions_cost": 0.25,
    },
}


@pytest.mark.parametrize("status", [*range(400, 430), *range(500, 530)])
def test_a_status_has_a_type_of_its_own_kind(status: int) -> None:
    assert STATUSES[type_of_status(status)] // 100 == (5 if status >= 500 or status == 408 else 4)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 429, "metadata": {"error_type": "refusal"}}, "refusal"),
        ({"code": 429, "error_type": "not_found"}, "not_found"),
        ({"code": 429}, "rate_limit_exceeded"),
        ({"code": "x"}, "unmapped"),
        ({}, "unmapped"),
    ],
)
def test_an_error_has_a_type_wherever_it_is_said(error: Json, kind: str) -> None:
    assert error_type_in(error) == kind


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("rate_limit_exceeded", "rate_limit_exceeded"),
        ("context_length_exceeded", "invalid_prompt"),
        ("invalid_request", "invalid_prompt"),
        ("content_policy_violation", "image_content_policy_violation"),
        ("authentication", "server_error"),
        ("odd", "server_error"),
    ],
)
def test_responses_have_few_codes(kind: str, code: str) -> None:
    assert responses_code(kind) == code


def test_clients_of_openrouter_see_the_sources_that_they_know() -> None:
    web: Json = {"type": "url_citation", "url_citation": {"url": "https://a.org", "title": None, "start_index": 0}}
    other: Json = {"type": "char_location", "cited_text": "x"}
    file: Json = {"type": "file", "file": {"hash": "h", "name": "a.pdf", "content": []}}
    odd: Json = {"type": "file"}
    said: Json = {"role": "assistant", "content": "x"}
    chat: Json = {"id": "gen-1", "choices": [{"index": 0, "message": {**said, "annotations": [web, other, file, odd]}}]}
    told = with_readable_sources(chat, "message")
    web = {"type": "url_citation", "url_citation": {"url": "https://a.org", "start_index": 0}}
    expected = {**said, "annotations": [web, file, {"type": "file", "file": {}}]}
    assert told == {"id": "gen-1", "choices": [{"index": 0, "message": expected}]}
    alone: Json = {"choices": [{"index": 0, "delta": {**said, "annotations": [other]}}, {"index": 1}]}
    assert with_readable_sources(alone, "delta") == {
        "choices": [{"index": 0, "delta": said}, {"index": 1, "delta": {}}]
    }
    assert with_readable_sources({"choices": [{"delta": said}]}, "delta") == {"choices": [{"delta": said}]}


def test_responses_have_other_names_for_costs() -> None:
    assert costs(USAGE) == {name: USAGE[name] for name in ("cost", "is_byok", "cost_details")}
    assert responses_costs(USAGE)["cost_details"] == {
        "upstream_inference_cost": 0.5,
        "upstream_inference_input_cost": 0.25,
        "upstream_inference_output_cost": 0.25,
    }
    assert costs(None) == responses_costs({"prompt_tokens": 3}) == {}
