"""Converse: what holds for all conversations and answers, whatever is in them."""

from __future__ import annotations

from itertools import pairwise
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_cases import ID
from torana.errors import BadChatFormat, Untranslatable
from torana.formats.bedrock_converse import TRANSLATOR
from torana.formats.bedrock_converse.media import Names
from torana.formats.bedrock_converse.models import model_of
from torana.formats.eventstream import event_frame, exception_frame
from torana.formats.json import Json, as_list, as_object
from torana.formats.translation import Brief, Turn

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
TURN = Turn(ID, 1_700_000_000, "m", {}, {"model": CLAUDE})

messages = st.lists(
    st.sampled_from(
        [
            {"role": "user", "content": "a"},
            {"role": "user", "content": " "},
            {"role": "assistant", "content": "b"},
            {"role": "assistant", "content": ""},
            {"role": "system", "content": "c"},
            {"role": "tool", "tool_call_id": "x", "content": ""},
            {"role": "user", "content": [{"type": "text", "text": "d", "cache_control": {"type": "ephemeral"}}]},
        ]
    ),
    max_size=8,
)


@given(messages)
def test_roles_take_turns_and_no_text_is_blank(given_: list[Json]) -> None:
    body = TRANSLATOR.request_from_chat({"model": CLAUDE, "messages": given_}, Brief())
    turns = [as_object(turn) for turn in as_list(body["messages"])]
    assert all(before["role"] != after["role"] for before, after in pairwise(turns))
    for turn in turns:
        blocks = [as_object(block) for block in as_list(turn["content"])]
        assert blocks
        assert all(str(block["text"]).strip() for block in blocks if "text" in block)
        assert not any("cachePoint" in a and "cachePoint" in b for a, b in pairwise(blocks))


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_ids_are_such_as_bedrock_takes_and_stay_apart(one: str, two: str) -> None:
    calls = [{"id": id_, "type": "function", "function": {"name": "f", "arguments": "{}"}} for id_ in (one, two)]
    results = [{"role": "tool", "tool_call_id": id_, "content": "r"} for id_ in (one, two)]
    chat: Json = {
        "model": CLAUDE,
        "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": calls}, *results],
    }
    body = TRANSLATOR.request_from_chat(chat, Brief())
    _, said, given_ = (as_list(as_object(turn)["content"]) for turn in as_list(body["messages"]))
    ids = [str(as_object(as_object(block)["toolUse"])["toolUseId"]) for block in said]
    assert ids == [as_object(as_object(block)["toolResult"])["toolUseId"] for block in given_]
    assert all(set(id_) <= {*ascii_letters, *digits, *"_-"} and 1 <= len(id_) <= 64 for id_ in ids)
    assert (ids[0] == ids[1]) == (one == two)


@given(st.lists(st.text(max_size=260), max_size=4))
def test_names_of_documents_are_plain_and_each_once(filenames: list[str]) -> None:
    names = Names()
    made = [names.name(filename) for filename in filenames]
    assert len(set(made)) == len(made)
    for name in made:
        assert 1 <= len(name) <= 200
        assert set(name) <= {*ascii_letters, *digits, *" -()[]"}
        assert "  " not in name


@pytest.mark.parametrize(
    ("name", "family", "caches", "is_adaptive"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", "claude", False, False),
        ("anthropic.claude-3-5-haiku-20241022-v1:0", "claude", True, False),
        ("eu.anthropic.claude-opus-4-6-v1", "claude", True, True),
        ("arn:aws:bedrock:eu-west-1:1:inference-profile/us.anthropic.claude-fable-5", "claude", True, True),
        ("us.amazon.nova-2-lite-v1:0", "nova", True, False),
        ("openai.gpt-oss-120b-1:0", "gpt-oss", False, False),
        ("arn:aws:bedrock:eu-west-1:1:application-inference-profile/abcd1234", "", True, False),
    ],
)
def test_a_model_is_known_by_its_id(name: str, family: str, *, caches: bool, is_adaptive: bool) -> None:
    model = model_of(name)
    assert (model.family, model.caches) == (family, caches)
    assert (model.claude is not None and model.claude.is_adaptive) == is_adaptive


@pytest.mark.parametrize(
    ("chat", "where"),
    [
        ({"messages": "hi"}, "`messages`"),
        ({"messages": [{"role": 7}]}, "`messages[0].role`"),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]}, "[0].file.file_data`"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]}, ".format`"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "`messages[0].tool_call_id`"),
        ({"messages": [], "tools": [{"type": "function", "function": {}}]}, "`tools[0].function.name`"),
        ({"messages": [], "stop": [1]}, "`stop[0]`"),
        ({"messages": [], "response_format": {"type": "json_schema"}}, "`response_format.json_schema`"),
    ],
)
def test_what_is_wrong_in_the_hub_is_named(chat: Json, where: str) -> None:
    with pytest.raises(BadChatFormat) as caught:
        TRANSLATOR.request_from_chat(chat, Brief())
    assert where in str(caught.value)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "`messages`"),
        ({"messages": [{"role": "user", "content": [7]}]}, "`messages[0].content[0]`"),
        ({"messages": [{"role": "user", "content": [{"image": "x"}]}]}, "`messages[0].content[0].image`"),
        ({"messages": [{"role": "user", "content": [{"toolResult": {}}]}]}, "[0].toolResult.content`"),
        ({"messages": [{"role": "assistant", "content": [{"toolUse": {}}]}]}, "[0].toolUse.toolUseId`"),
        ({"messages": [], "inferenceConfig": []}, "`inferenceConfig`"),
        ({"messages": [], "toolConfig": {"tools": [{"toolSpec": {}}]}}, "tools[0].toolSpec.inputSchema`"),
        ({"messages": [], "system": "x"}, "`system`"),
    ],
)
def test_what_is_wrong_in_a_clients_request_is_named(body: Json, where: str) -> None:
    with pytest.raises(BadChatFormat) as caught:
        TRANSLATOR.request_to_chat(body, Brief())
    assert where in str(caught.value)


def test_what_cannot_be_told_is_not_left_out() -> None:
    chat: Json = {"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}
    with pytest.raises(Untranslatable):
        TRANSLATOR.request_from_chat(chat, Brief())


def test_nothing_is_told_after_an_exception() -> None:
    machine = TRANSLATOR.stream_to_chat(TURN)
    late = event_frame("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"text":"late"}}')
    chunks = machine.feed(exception_frame("validationException", b'{"message":"no"}') + late) + machine.finish()
    assert [as_object(chunk["error"])["message"] for chunk in chunks] == ["no"]
    assert machine.is_broken
