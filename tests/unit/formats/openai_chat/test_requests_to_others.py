"""What providers that speak OpenAI's format are spared, as they would refuse it."""

from __future__ import annotations

import pytest

from torana.formats.json import Json
from torana.formats.openai_chat.request import request_from_chat
from torana.formats.translation import Brief


def told(provider: str, model: str, **fields: object) -> tuple[Json, list[str]]:
    brief = Brief(provider)
    chat: Json = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **fields}
    return request_from_chat(chat, brief), brief.dropped


@pytest.mark.parametrize(
    ("provider", "model", "effort"),
    [
        ("openai", "gpt-5.1", "high"),
        ("openai", "o4-mini", "high"),
        ("openai", "gpt-4o", None),
        ("openai", "gpt-5-chat-latest", None),
        ("azure-openai", "my-gpt-5", "high"),
        ("groq", "openai/gpt-oss-120b", "high"),
        ("groq", "llama-3.3-70b-versatile", None),
        ("mistral", "mistral-large-latest", None),
        ("grok", "grok-4", None),
        ("grok", "grok-3-mini", "high"),
        ("custom-mine", "llama", "high"),
    ],
)
def test_who_has_no_thoughts_is_not_asked_to_think(provider: str, model: str, effort: str | None) -> None:
    body, dropped = told(provider, model, reasoning={"effort": "high", "enabled": True})
    assert body.get("reasoning_effort") == effort
    assert dropped == ([] if effort else ["reasoning"])


def test_a_wish_not_to_think_is_no_loss_where_nothing_thinks() -> None:
    body, dropped = told("openai", "gpt-4o", reasoning={"enabled": False})
    assert ("reasoning_effort" in body, dropped) == (False, [])
    assert told("openai", "gpt-5.1", reasoning={"enabled": False})[0]["reasoning_effort"] == "none"


def test_names_that_are_too_long_for_openai_are_told_by_what_stands_for_them() -> None:
    name = '{"device_id":"' + "d" * 64 + '"}'
    body, _ = told("openai", "gpt-4o", user=name, prompt_cache_key="short")
    user = body["user"]
    assert isinstance(user, str)
    assert len(user) == 64
    assert "d" * 64 not in user
    assert told("openai", "gpt-4o", user=name)[0]["user"] == user, "the same one each time"
    assert body["prompt_cache_key"] == "short"


def test_mistral_is_told_what_it_knows_by_the_names_that_it_has() -> None:
    body, dropped = told("mistral", "mistral-large-latest", stream=True, seed=7, user="me", max_completion_tokens=9)
    assert body.keys() == {"model", "messages", "stream", "random_seed", "max_tokens"}
    assert dropped == ["user"]


def test_knobs_go_to_those_who_have_them() -> None:
    assert told("local", "m", top_k=5, top_a=0.1) == ({**told("local", "m")[0], "top_k": 5}, ["top_a"])
    assert told("openai", "gpt-4o", top_k=5)[1] == ["top_k"]
