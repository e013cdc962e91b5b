"""Requests that are refused before anybody is asked."""

from __future__ import annotations

import pytest

from torana.errors import CallerError
from torana.formats.json import Json
from torana.surfaces.router.checks import check
from torana.surfaces.router.requests import read

HI = {"role": "user", "content": "hi"}
INPUT = 'Input required: specify "prompt" or "messages"'
WRONG: list[tuple[Json, str]] = [
    ({"messages": []}, INPUT),
    ({"messages": None}, INPUT),
    ({"messages": "hi"}, "messages"),
    ({"messages": ["hi"]}, r"messages\[0\]"),
    ({"messages": [HI, {"content": "x"}]}, r"messages\[1\]"),
    ({"model": 3}, "model"),
    ({"models": "a/b"}, "models"),
    ({"models": ["a/b", 3]}, "models"),
    ({"provider": ["groq"]}, "provider"),
    ({"plugins": {"id": "web"}}, "plugins"),
    ({"plugins": [{}]}, "plugins"),
    ({"stop": ["a"] * 5}, "stop"),
    ({"stop": 3}, "stop"),
    ({"metadata": {str(n): "x" for n in range(17)}}, "16 pairs"),
    ({"metadata": {"k" * 65: "x"}}, "64"),
    ({"metadata": {"k": "x" * 513}}, "512"),
    ({"metadata": {"k": 3}}, "metadata.k"),
    ({"metadata": [1]}, "metadata"),
    ({"session_id": "x" * 257}, "session_id"),
    ({"top_logprobs": 21}, "top_logprobs"),
    ({"top_logprobs": -1}, "top_logprobs"),
    ({"top_logprobs": True}, "top_logprobs"),
    ({"top_logprobs": 1.5}, "top_logprobs"),
    ({"temperature": 2.1}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"top_p": -0.1}, "top_p"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"stream": "yes"}, "stream"),
    ({"reasoning": "high"}, "reasoning"),
    ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
    ({"reasoning_effort": "huge"}, "reasoning_effort"),
    ({"reasoning": {"effort": "low"}, "reasoning_effort": "high"}, "differ"),
    ({"reasoning": {"effort": "low", "max_tokens": 2000}}, "exclude each other"),
    ({"reasoning": {"max_tokens": 2000}, "reasoning_effort": "low"}, "exclude each other"),
    ({"stop_server_tools_when": [{"type": "moon_is_full"}]}, "moon_is_full"),
    ({"stop_server_tools_when": [{"type": {"odd": 1}}]}, "stop_server_tools_when"),
    ({"reasoning_effort": ["low"]}, "reasoning_effort"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "n" * 65}}}, "name"),
]
RIGHT: list[Json] = [
    {"stop": "x"},
    {"stop": ["a"] * 4},
    {"metadata": {"k" * 64: "x" * 512}},
    {"session_id": "x" * 256},
    {"top_logprobs": 20, "logprobs": True},
    {"temperature": 2, "top_p": 1.0, "repetition_penalty": 0},
    {"reasoning": {"max_tokens": 2000}},
    {"reasoning": None, "plugins": None, "provider": None, "models": None, "stop": None, "temperature": None},
    {"stop_server_tools_when": [{"type": "max_cost", "max_cost_in_dollars": 1}]},
]
FALLBACKS: list[tuple[Json, str]] = [
    ({"fallbacks": [{"model": "a"}] * 4}, "at most 3"),
    ({"fallbacks": [{"model": "a", "x": 1}]}, "nothing else"),
    ({"fallbacks": [{"model": 3}]}, "nothing else"),
    ({"fallbacks": [{"model": "a"}], "models": ["b"]}, "models"),
    ({"messages": [], "prompt": "hi"}, INPUT),
]


@pytest.mark.parametrize(("more", "about"), WRONG)
def test_what_is_wrong_is_named(more: Json, about: str) -> None:
    with pytest.raises(CallerError, match=about) as refused:
        read({"model": "a/b", "messages": [HI], **more}, "openai_chat")
    assert refused.value.status == 400


@pytest.mark.parametrize("more", RIGHT)
def test_what_may_be_asked_is_let_through(more: Json) -> None:
    check({"model": "a/b", "messages": [HI], **more}, "openai_chat")


@pytest.mark.parametrize(("more", "about"), FALLBACKS)
def test_messages_have_rules_of_their_own(more: Json, about: str) -> None:
    with pytest.raises(CallerError, match=about):
        check({"model": "a/b", "messages": [HI], **more}, "anthropic_messages")


def test_messages_have_metadata_of_their_own() -> None:
    check({"messages": [HI], "metadata": {"user_id": "x" * 600}}, "anthropic_messages")


@pytest.mark.parametrize(
    ("body", "format_"),
    [
        ({}, "completions"),
        ({"prompt": ""}, "completions"),
        ({}, "openai_responses"),
        ({"input": []}, "openai_responses"),
    ],
)
def test_a_request_asks_something(body: Json, format_: str) -> None:
    with pytest.raises(CallerError):
        check(body, format_)


def test_other_operations_ask_otherwise() -> None:
    check({"model": "a/b", "input": ["x"], "provider": {}}, "embeddings")
