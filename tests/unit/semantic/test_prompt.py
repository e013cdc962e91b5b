"""What a request asks, in each format; what is no plain question; and what the rest of it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.formats import FORMATS
from torana.semantic.prompt import MOST_CHARACTERS, MOST_TURNS, Prompt, take_apart

Body = dict[str, object]


def chat(text: object = "Hi?", **more: object) -> Body:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def gemini(text: str = "Hi?", **more: object) -> Body:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}


def taken(format_: str, body: object) -> Prompt | None:
    return take_apart(format_, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("format_", "body"),
    [
        ("openai_chat", chat()),
        ("openai_chat", chat([{"type": "text", "text": "Hi?"}])),
        ("openai_chat", chat(tools=[], temperature=0, stream=True)),
        ("anthropic_messages", chat(system="Be brief.", max_tokens=5)),
        ("anthropic_messages", chat([{"type": "text", "text": "Hi?"}])),
        ("openai_responses", {"model": "m", "input": "Hi?", "instructions": "Be brief."}),
        ("openai_responses", {"input": [{"role": "user", "content": "Hi?"}]}),
        ("openai_responses", {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi?"}]}]}),
        ("gemini", gemini()),
        ("gemini", {"contents": [{"parts": [{"text": "Hi?"}]}]}),
    ],
)
def test_the_last_text_is_found(format_: str, body: Body) -> None:
    found = taken(format_, body)
    assert found is not None
    assert found.text == "Hi?"


IMAGE = {"type": "image_url", "image_url": {"url": "https://x"}}
TURN = {"role": "user", "content": "Hi?"}


@pytest.mark.parametrize(
    ("format_", "body"),
    [
        ("openai_chat", chat(tools=[{"type": "function"}])),
        ("openai_chat", chat(functions=[{}])),
        ("openai_chat", chat([{"type": "text", "text": "Hi?"}, IMAGE])),
        ("openai_chat", chat([IMAGE])),
        ("openai_chat", chat([{"type": "text", "text": "Hi?", "cache_control": {}}])),
        ("openai_chat", chat("")),
        ("openai_chat", chat(" \n")),
        ("openai_chat", chat("x" * (MOST_CHARACTERS + 1))),
        ("openai_chat", chat(7)),
        ("openai_chat", {"messages": []}),
        ("openai_chat", {"messages": [TURN, {"role": "assistant", "content": "Hello"}]}),
        ("openai_chat", {"messages": [TURN, {"role": "tool", "content": "7"}]}),
        ("openai_chat", {"messages": [TURN] * (MOST_TURNS + 1)}),
        ("openai_chat", {"messages": "Hi?"}),
        ("openai_chat", []),
        ("openai_responses", {"input": "Hi?", "previous_response_id": "r"}),
        ("openai_responses", {"input": [{"role": "user", "content": [{"type": "input_file"}]}]}),
        ("gemini", gemini(tools=[{"google_search": {}}])),
        ("gemini", {"contents": [{"parts": [{"text": "Hi?"}, {"inlineData": {}}]}]}),
        ("embeddings", {"input": "Hi?"}),
        ("raw", chat()),
    ],
)
def test_what_is_no_plain_question_is_not_taken(format_: str, body: object) -> None:
    assert taken(format_, body) is None


def test_a_body_that_is_no_json_is_not_taken() -> None:
    for body in (b"", b"{", b'{"messages": [}', b"\xff", b'{"a":' * 5000):
        assert take_apart("openai_chat", body) is None


@pytest.mark.parametrize(
    "other",
    [
        chat("Hi?", temperature=1),
        chat("Hi?") | {"model": "n"},
        chat("Hi?", system="Be brief."),
        {"model": "m", "messages": [{"role": "system", "content": "Be brief."}, TURN]},
        {"model": "m", "messages": [TURN, {"role": "assistant", "content": "Hello"}, TURN]},
        chat("Hi?", stream=True),
        chat([{"type": "text", "text": "Hi?"}]),
    ],
)
def test_anything_else_that_differs_makes_another_rest(other: Body) -> None:
    one, another = taken("openai_chat", chat()), taken("openai_chat", other)
    assert one is not None
    assert another is not None
    assert one.rest != another.rest


def test_the_text_and_the_order_of_fields_are_no_part_of_the_rest() -> None:
    one = taken("openai_chat", chat("Hi?", temperature=0, seed=1))
    other = taken("openai_chat", {"seed": 1, "temperature": 0, **chat("Hello?")})
    assert one is not None
    assert other is not None
    assert one.rest == other.rest


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "parts", "text", "type", "user"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(FORMATS)), st.dictionaries(st.sampled_from(["messages", "input", "contents"]), JSON))
def test_no_body_makes_it_fail(format_: str, body: Body) -> None:
    taken(format_, body)
