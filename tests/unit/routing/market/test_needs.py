"""What does a request take of an endpoint?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.routing.market.needs import Needs, read_needs

FUNCTION = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("chat", "parameters"),
    [
        ({}, set()),
        ({"temperature": 0, "top_p": None, "stream": True, "user": "me"}, {"temperature"}),
        ({"max_completion_tokens": 5}, {"max_tokens"}),
        ({"reasoning_effort": "low"}, {"reasoning"}),
        ({"tools": [FUNCTION], "tool_choice": "auto"}, {"tools", "tool_choice"}),
        ({"tools": []}, set()),
        ({"tools": [{"type": "openrouter:web_search"}]}, set()),
        ({"tools": [{"type": "openrouter:web_search"}, FUNCTION]}, {"tools"}),
        ({"response_format": {"type": "json_object"}}, {"response_format"}),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, {"structured_outputs"}),
        ({"response_format": {"type": "text"}}, set()),
        ({"response_format": "odd"}, set()),
        ({"verbosity": "low", "safe_prompt": True}, {"verbosity"}),
    ],
)
def test_parameters_go_by_the_catalogues_names(chat: dict[str, object], parameters: set[str]) -> None:
    assert read_needs(chat).parameters == parameters


def test_some_are_preferred_without_being_required() -> None:
    needs = read_needs({"tools": [FUNCTION], "verbosity": "low", "seed": 1, "response_format": {"type": "json_object"}})
    assert needs.soft == ("tools", "response_format", "verbosity")
    assert needs.has_tools


@pytest.mark.parametrize(
    ("kind", "modality"),
    [
        ("image_url", "image"),
        ("file", "file"),
        ("input_audio", "audio"),
        ("video_url", "video"),
        ("input_video", "video"),
    ],
)
def test_parts_of_messages_say_the_modalities(kind: str, modality: str) -> None:
    chat = {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, {"type": kind}]}]}
    assert read_needs(chat).inputs == {modality}


def test_what_the_answer_is_to_be_and_how_long() -> None:
    needs = read_needs({"modalities": ["text", "audio"], "max_tokens": 7, "max_completion_tokens": 9}, 123)
    assert (needs.outputs, needs.max_tokens, needs.tokens_in) == (frozenset({"audio"}), 9, 123)
    assert read_needs({"max_tokens": 7}).max_tokens == 7
    assert read_needs({"max_tokens": True, "modalities": "text"}) == Needs(parameters=frozenset({"max_tokens"}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "content", "role", "tools", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["messages", "tools", "modalities", "response_format", "max_tokens"]), JSON))
def test_what_is_malformed_is_left_to_others(chat: dict[str, object]) -> None:
    assert read_needs(chat).tokens_in == 0
