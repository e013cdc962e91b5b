"""The router's own tools, taken out of a request."""

from __future__ import annotations

import json

import pytest

from torana.formats.json import Json
from torana.surfaces.router.tools import WEB_SEARCH, hoist

FUNCTION = {"type": "function", "function": {"name": "f"}}
OURS = {"type": "openrouter:datetime"}
SEARCH = {"type": WEB_SEARCH, "parameters": {"max_results": 3}}


def test_they_are_never_left_to_be_functions() -> None:
    body: Json = {"tools": [FUNCTION, SEARCH, OURS], "tool_choice": "auto", "parallel_tool_calls": False}
    found = hoist(body)
    assert found.tools == [SEARCH, {**OURS, "parameters": {}}]
    assert found.forced == ""
    assert body == {"tools": [FUNCTION], "tool_choice": "auto", "parallel_tool_calls": False}


def test_where_no_others_are_left_there_is_nothing_to_choose_from() -> None:
    body: Json = {"tools": [SEARCH], "tool_choice": "auto", "parallel_tool_calls": True, "model": "a/b"}
    assert hoist(body).forced == ""
    assert body == {"model": "a/b"}


@pytest.mark.parametrize(
    "choice",
    [
        {"type": WEB_SEARCH},
        {"type": "web_search"},
        {"type": "web_search_preview"},
        {"type": "tool", "name": "web_search"},
        {"type": "function", "function": {"name": "web_search"}},
    ],
)
def test_one_that_is_chosen_has_to_be_used(choice: Json) -> None:
    body: Json = {
        "tools": [FUNCTION, {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}],
        "tool_choice": choice,
    }
    found = hoist(body)
    assert found.forced == WEB_SEARCH
    assert body == {"tools": [FUNCTION]}


@pytest.mark.parametrize("choice", ["required", {"type": "any"}])
def test_the_only_one_has_to_be_used_where_any_has_to_be(choice: object) -> None:
    assert hoist({"tools": [OURS], "tool_choice": choice}).forced == "openrouter:datetime"
    body: Json = {"tools": [OURS, FUNCTION], "tool_choice": choice}
    assert hoist(body).forced == ""
    assert body["tool_choice"] == choice


@pytest.mark.parametrize(
    ("tool", "parameters"),
    [
        ({"type": "web_search"}, {}),
        ({"type": "web_search_preview", "search_context_size": "low"}, {"search_context_size": "low"}),
        (
            {"type": "web_search_preview_2025_03_11", "user_location": {"city": "Oslo"}},
            {"user_location": {"city": "Oslo"}},
        ),
        ({"type": "web_search", "filters": {"allowed_domains": ["a.org"]}}, {"allowed_domains": ["a.org"]}),
        (
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 2, "blocked_domains": ["a.org"]},
            {"max_uses": 2, "excluded_domains": ["a.org"]},
        ),
    ],
)
def test_searches_of_other_apis_are_ours(tool: Json, parameters: Json) -> None:
    assert hoist({"tools": [tool]}).tools == [{"type": WEB_SEARCH, "parameters": parameters}]


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "web_search"}, FUNCTION]},
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FUNCTION, {"type": WEB_SEARCH}]}},
    ],
)
def test_of_several_that_may_be_used_ours_are_left_out(choice: Json) -> None:
    body: Json = {"tools": [SEARCH, FUNCTION], "tool_choice": choice}
    assert hoist(body).forced == ""
    told = json.dumps(body["tool_choice"])
    assert "web_search" not in told
    assert json.dumps(FUNCTION) in told


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"tools": None, "tool_choice": "none"},
        {"tools": "odd"},
        {"tools": [{"type": "web_search", "external_web_access": False}]},
        {"tools": [{"type": "bash_20250124", "name": "bash"}, 3]},
    ],
)
def test_other_tools_stay_as_they_are(body: Json) -> None:
    before = json.dumps(body)
    assert hoist(body).tools == []
    assert json.dumps(body) == before
