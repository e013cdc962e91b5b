"""Presets: what a request is put on top of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.formats.translation import Brief
from torana.formats.translators import TRANSLATORS
from torana.surfaces.router.presets import CONFIG, Caching, apply, caching, capture

USER = {"role": "user", "content": "hi"}
SAME = {"max_tokens", "max_completion_tokens", "reasoning", "reasoning_effort", "include_reasoning"}
CACHE = {"cache_enabled", "cache_ttl_seconds"}
values = st.none() | st.integers() | st.text(max_size=3)
configs = st.dictionaries(st.sampled_from(sorted(CONFIG - {"tools"} - SAME)), values)


def function(name: str, about: str = "") -> dict[str, object]:
    return {"type": "function", "function": {"name": name, "description": about}}


@given(configs, configs)
def test_the_request_wins_and_the_rest_of_the_preset_stays(config: dict[str, object], own: dict[str, object]) -> None:
    request = own | {"messages": [USER]}
    before = (dict(config), dict(request))
    merged = apply(request, {"id": "p", "config": config, "system_prompt": None})
    assert merged == {name: value for name, value in config.items() if name not in CACHE} | request
    assert (config, request) == before


names = st.lists(st.sampled_from("abcd"), unique=True)


@given(names, names)
def test_tools_are_united_by_their_names(kept: list[str], own: list[str]) -> None:
    preset = {"config": {"tools": [function(name, "preset") for name in kept]}}
    merged = apply({"messages": [USER], "tools": [function(name, "request") for name in own]}, preset)
    expected = [function(name, "request" if name in own else "preset") for name in kept]
    assert merged["tools"] == expected + [function(name, "request") for name in own if name not in kept]


def test_named_helpers_are_told_apart_and_other_server_tools_are_not() -> None:
    advisor = {"type": "openrouter:advisor", "parameters": {"name": "a"}}
    other = {"type": "openrouter:advisor", "parameters": {"name": "b"}}
    search, wider = (
        {"type": "openrouter:web_search"},
        {"type": "openrouter:web_search", "parameters": {"max_results": 9}},
    )
    merged = apply({"tools": [wider, other]}, {"config": {"tools": [advisor, search]}})
    assert merged["tools"] == [advisor, wider, other]


def test_tools_of_no_known_shape_are_all_kept() -> None:
    merged = apply({"tools": ["x", {"type": 3}]}, {"config": {"tools": ["x", {"type": 3}]}})
    assert merged["tools"] == ["x", {"type": 3}, "x", {"type": 3}]


def test_the_prompt_comes_first_unless_the_request_has_its_own() -> None:
    preset = {"config": {}, "system_prompt": "Be kind."}
    assert apply({"messages": [USER]}, preset)["messages"] == [{"role": "system", "content": "Be kind."}, USER]
    own = [{"role": "developer", "content": "Be brief."}, USER]
    assert apply({"messages": own}, preset)["messages"] == own
    assert "messages" not in apply({"prompt": "hi"}, preset)


def test_a_request_that_says_a_thing_in_other_words_says_it_all() -> None:
    preset = {"config": {"max_tokens": 5, "reasoning": {"effort": "high"}}}
    request = {"max_completion_tokens": 9, "reasoning_effort": "low"}
    assert apply(request, preset) == request
    assert apply({"max_completion_tokens": None}, preset)["max_tokens"] == 5


def test_what_is_said_of_the_cache_is_read_apart() -> None:
    preset = {"config": {"cache_enabled": False, "cache_ttl_seconds": 60}}
    assert caching(preset) == Caching(enabled=False, ttl_s=60)
    assert caching({"config": {"cache_enabled": 1, "cache_ttl_seconds": True}}) == Caching()
    assert apply({}, preset) == {}


def captured(format_: str, body: dict[str, object]) -> tuple[dict[str, object], str | None]:
    found = capture(TRANSLATORS[format_].request_to_chat({**body}, Brief()), body)
    return found.config, found.system_prompt


def test_of_a_chat_request_the_settings_are_kept() -> None:
    body: dict[str, object] = {
        "model": "openai/gpt-4o",
        "temperature": 0.7,
        "provider": {"sort": "price"},
        "models": ["a/b"],
        "stream": True,
        "user": "u",
        "messages": [{"role": "system", "content": "Be kind."}, USER],
    }
    assert captured("openai_chat", body) == (
        {"model": "openai/gpt-4o", "temperature": 0.7, "provider": {"sort": "price"}, "models": ["a/b"]},
        "Be kind.",
    )


def test_of_other_formats_the_same_is_kept_in_the_hubs_words() -> None:
    tool = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
    config, prompt = captured(
        "anthropic_messages",
        {
            "model": "anthropic/claude",
            "max_tokens": 1024,
            "system": "Review.",
            "stop_sequences": ["x"],
            "tools": [tool],
            "provider": {"only": ["anthropic"]},
            "messages": [USER],
        },
    )
    assert prompt == "Review."
    assert config["tools"][0]["function"]["name"] == "f"  # type: ignore[index]  # as it was put there
    assert {name: config[name] for name in config if name != "tools"} == {
        "model": "anthropic/claude",
        "max_tokens": 1024,
        "stop": ["x"],
        "provider": {"only": ["anthropic"]},
    }
    config, prompt = captured(
        "openai_responses",
        {"model": "openai/gpt-4o", "instructions": "Classify.", "input": "Hello", "reasoning": {"effort": "low"}},
    )
    assert (config, prompt) == ({"model": "openai/gpt-4o", "reasoning": {"effort": "low"}}, "Classify.")


def test_a_captured_request_applied_to_an_empty_one_is_itself() -> None:
    body: dict[str, object] = {"model": "a/b", "top_k": 3, "messages": [{"role": "system", "content": "S"}, USER]}
    config, prompt = captured("openai_chat", body)
    assert apply({"messages": [USER]}, {"config": config, "system_prompt": prompt}) == body
