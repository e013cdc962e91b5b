"""What of a request is for the router alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import CallerError
from torana.formats.json import Json
from torana.formats.translation import Brief
from torana.formats.translators import TRANSLATORS
from torana.surfaces.router.requests import (
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES,
    read,
    restore,
    spell_names,
    take,
)

HI: Json = {"role": "user", "content": "hi"}
BODIES: dict[str, Json] = {
    CHAT: {"model": "a/b", "messages": [HI]},
    COMPLETIONS: {"model": "a/b", "prompt": "hi"},
    MESSAGES: {"model": "a/b", "max_tokens": 9, "messages": [HI]},
    RESPONSES: {"model": "a/b", "input": "hi"},
}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
EXTRAS: Json = {
    "models": ["c/d", "a/b"],
    "provider": {"order": ["groq"]},
    "plugins": [{"id": "web"}],
    "session_id": "s-1",
    "trace": {"trace_id": "t"},
    "debug": {"echo_upstream_body": True},
    "stop_server_tools_when": [{"type": "step_count_is", "step_count": 3}],
    "max_tool_calls": 5,
    "usage": {"include": True},
    "route": "fallback",
    "preset": "mine",
    "user": "me@example.com",
    "transforms": [],
}
ALWAYS = {"models", "provider", "plugins", "session_id", "trace", "debug", "stop_server_tools_when", "usage", "route"}


def body_of(format_: str, **more: object) -> Json:
    copy: Json = json.loads(json.dumps({**BODIES[format_], **more}))
    return copy


@pytest.mark.parametrize("format_", list(BODIES))
def test_what_is_the_routers_is_taken_out_and_the_rest_stays(format_: str) -> None:
    body = body_of(format_, **EXTRAS, from_tomorrow={"x": 1})
    wishes = read(body, format_, "an-account")
    assert wishes.models == ["a/b", "c/d"]
    assert wishes.provider == {"order": ["groq"]}
    assert wishes.plugins == [{"id": "web"}, {"id": "context-compression", "enabled": False}]
    assert (wishes.session_id, wishes.preset, wishes.user) == ("s-1", "mine", "me@example.com")
    assert (wishes.trace, wishes.debug) == ({"trace_id": "t"}, {"echo_upstream_body": True})
    assert (wishes.stop_when, wishes.max_tool_calls) == (EXTRAS["stop_server_tools_when"], 5)
    assert not (ALWAYS | {"preset", "transforms", "max_tool_calls"}) & body.keys()
    assert body["from_tomorrow"] == {"x": 1}
    assert BODIES[format_].items() <= body.items()
    assert "me@example.com" not in json.dumps(body)


def test_a_user_is_somebody_else_in_each_account() -> None:
    one, other, same = (body_of(CHAT, user="me") for _ in range(3))
    for body, salt in ((one, "x"), (other, "y"), (same, "x")):
        read(body, CHAT, salt)
    assert one["user"] == same["user"] != other["user"]
    message = body_of(MESSAGES, user="me")
    read(message, MESSAGES, "x")
    assert message["metadata"] == {"user_id": one["user"]}
    own = body_of(MESSAGES, user="me", metadata={"user_id": "as-it-is"})
    read(own, MESSAGES, "x")
    assert own["metadata"] == {"user_id": "as-it-is"}


@pytest.mark.parametrize(
    ("model", "models", "preset"),
    [
        ("a/b", ["a/b"], ""),
        ("a/b:nitro", ["a/b:nitro"], ""),
        ("@preset/mine", [], "mine"),
        ("a/b@preset/mine", ["a/b"], "mine"),
        (None, [], ""),
    ],
)
def test_a_model_may_name_a_preset(model: str | None, models: list[str], preset: str) -> None:
    wishes = read(body_of(CHAT, model=model), CHAT)
    assert (wishes.models, wishes.preset) == (models, preset)


def test_fallbacks_of_messages_are_models() -> None:
    body = body_of(MESSAGES, fallbacks=[{"model": "c/d"}, {"model": "e/f"}])
    assert read(body, MESSAGES).models == ["a/b", "c/d", "e/f"]
    assert "fallbacks" not in body
    chat = body_of(CHAT, fallbacks="unknown here")
    assert read(chat, CHAT).models == ["a/b"]
    assert chat["fallbacks"] == "unknown here"


@pytest.mark.parametrize(
    ("route", "sort", "told"),
    [
        ("fallback", "price", {"by": "price", "partition": "model"}),
        ("sort", {"by": "price"}, {"by": "price", "partition": "none"}),
        ("sort", {"by": "price", "partition": "model"}, {"by": "price", "partition": "model"}),
        ("fallback", None, None),
        (None, "price", "price"),
    ],
)
def test_the_old_route_is_a_partition(route: str | None, sort: object, told: object) -> None:
    wishes = read(body_of(CHAT, route=route, provider={"sort": sort}), CHAT)
    assert wishes.provider == {"sort": told}


@pytest.mark.parametrize(
    ("transforms", "plugins", "told"),
    [
        (["middle-out"], [], [{"id": "context-compression", "engine": "middle-out"}]),
        ([], [], [{"id": "context-compression", "enabled": False}]),
        (["odd"], [], []),
        (["middle-out"], [{"id": "context-compression", "enabled": False}], None),
    ],
)
def test_transforms_are_a_plugin_now(transforms: list[str], plugins: list[Json], told: list[Json] | None) -> None:
    wishes = read(body_of(CHAT, transforms=transforms, plugins=plugins), CHAT)
    assert wishes.plugins == (plugins if told is None else told)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, None),
        ({"reasoning": {"effort": "high"}}, {"effort": "high"}),
        ({"reasoning_effort": "low"}, {"effort": "low"}),
        (
            {"reasoning_effort": "low", "reasoning": {"effort": "low", "exclude": True}},
            {"effort": "low", "exclude": True},
        ),
        ({"reasoning_effort": "low", "reasoning": {"summary": "auto"}}, {"summary": "auto", "effort": "low"}),
        ({"include_reasoning": False}, {"exclude": True}),
        ({"include_reasoning": True}, {"enabled": True}),
        ({"include_reasoning": False, "reasoning": {"enabled": True}}, {"enabled": True}),
    ],
)
def test_reasoning_is_one_field(asked: Json, told: Json | None) -> None:
    body = body_of(CHAT, **asked)
    wishes = read(body, CHAT)
    assert body.get("reasoning") == told
    assert not {"reasoning_effort", "include_reasoning"} & body.keys()
    assert wishes.hides_reasoning is ((told or {}).get("exclude") is True)


@pytest.mark.parametrize(
    ("format_", "asked", "tier"),
    [
        (CHAT, {"service_tier": "flex"}, "flex"),
        (CHAT, {"service_tier": "fast"}, "priority"),
        (MESSAGES, {"speed": "fast", "service_tier": "auto"}, "priority"),
        (MESSAGES, {"speed": "standard"}, ""),
        (RESPONSES, {}, ""),
    ],
)
def test_a_tier_has_many_names(format_: str, asked: Json, tier: str) -> None:
    body = body_of(format_, **asked)
    assert read(body, format_).service_tier == tier
    assert "speed" not in body


@pytest.mark.parametrize(
    ("format_", "asked", "most"),
    [
        (CHAT, {"max_tokens": 5}, 5),
        (CHAT, {"max_tokens": 5, "max_completion_tokens": 7}, 7),
        (COMPLETIONS, {"max_tokens": 5}, 5),
        (RESPONSES, {"max_output_tokens": 5}, 5),
        (CHAT, {}, None),
    ],
)
def test_the_most_tokens_have_many_names(format_: str, asked: Json, most: int | None) -> None:
    body = body_of(format_, **asked)
    assert read(body, format_).max_tokens == most
    assert not {"max_tokens", "max_completion_tokens"} <= body.keys()


def test_a_chat_may_be_one_prompt() -> None:
    body: Json = {"model": "a/b", "prompt": "hi"}
    read(body, CHAT)
    assert body == {"model": "a/b", "messages": [HI]}


def test_names_of_speakers_stand_before_what_they_say() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    messages: list[Json] = [
        {"role": "user", "name": "Ann", "content": "hi"},
        {"role": "user", "name": "Bo", "content": [image]},
        {"role": "tool", "name": "f", "tool_call_id": "c", "content": "4"},
        {"role": "assistant", "name": "Cy", "content": None},
        HI,
    ]
    assert spell_names(messages) == [
        {"role": "user", "content": "Ann: hi"},
        {"role": "user", "content": [{"type": "text", "text": "Bo: "}, image]},
        messages[2],
        {"role": "assistant", "content": None},
        HI,
    ]


SEARCH = {"type": "openrouter:web_search", "parameters": {"max_results": 3}}


@pytest.mark.parametrize("format_", list(BODIES))
def test_what_was_taken_can_be_put_back_and_taken_again(format_: str) -> None:
    more: Json = {} if format_ == COMPLETIONS else {"tools": [SEARCH]}
    body = body_of(format_, **EXTRAS, **more, service_tier="priority")
    wishes = read(body, format_, "x")
    chat = TRANSLATORS[format_].request_to_chat(body, Brief())
    restored = restore(chat, wishes)
    assert restored["models"] == ["c/d"]
    assert restored["user"] == "me@example.com"
    again = take(restored, salt="x")
    again.max_tokens = wishes.max_tokens
    assert again == wishes
    assert restored["user"] != "me@example.com"


def test_putting_back_nothing_changes_nothing_but_the_model() -> None:
    body = body_of(CHAT)
    wishes = read(body, CHAT)
    assert restore({"messages": [HI]}, wishes) == {"messages": [HI], "model": "a/b"}


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"store": True}, "store"),
    ],
)
def test_responses_are_stateless(asked: Json, about: str) -> None:
    with pytest.raises(CallerError, match=about):
        read(body_of(RESPONSES, **asked), RESPONSES)
    assert read(body_of(RESPONSES, store=False, previous_response_id=None), RESPONSES).models == ["a/b"]


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "model"]), inner),
    max_leaves=5,
)
NAMES = [
    *sorted({*EXTRAS, *BODIES[CHAT], *BODIES[RESPONSES], *BODIES[COMPLETIONS]}),
    *("tools", "tool_choice", "reasoning", "reasoning_effort", "include_reasoning", "stop", "metadata", "fallbacks"),
    *("temperature", "top_logprobs", "max_tokens", "response_format", "stream", "service_tier", "speed", "store"),
]


@given(st.dictionaries(st.sampled_from(NAMES), JSONS, max_size=6), st.sampled_from([*BODIES, "embeddings", ""]))
def test_any_object_is_read_or_refused_with_a_reason(body: dict[str, Any], format_: str) -> None:
    try:
        wishes = read(body, format_)
    except CallerError:
        return
    assert not ALWAYS & body.keys()
    assert all(isinstance(name, str) for name in wishes.models)
