"""What holds for every valid answer of the hub, whole and streamed, in whichever format a client wants it."""

from __future__ import annotations

import copy
import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations import Writer, as_objects
from golden_cases import ID
from torana.formats.json import Json, as_object
from torana.formats.kept_reasoning import thought_in
from torana.formats.reasoning import ANTHROPIC, GEMINI, RESPONSES
from torana.formats.translation import Turn
from torana.formats.translators import TRANSLATORS
from torana.formats.whole import from_chunks
from unit.formats.means import details_of

DICE = st.randoms(use_true_random=True)
WITHOUT_TOOLS = ("completions",)
NAMES = sorted(TRANSLATORS)
MAKERS = ["", "unknown", ANTHROPIC, GEMINI, RESPONSES]
TEXTS_ALONE = {
    # That no signature will follow is not known yet when the first thought is told.
    **dict.fromkeys(("anthropic_messages", "bedrock_invoke_claude", "vertex_claude"), ("unknown", GEMINI, RESPONSES)),
    "openai_responses": ("unknown", ANTHROPIC, GEMINI, RESPONSES),
}
"""Makers whose thoughts, sealed by another gateway, stay sealed where the text of a stream was told before."""


def turn_of(name: str) -> Turn:
    """Its client wants to see thoughts, and to know what was used."""
    usage: Json = {"stream_options": {"include_usage": True}}
    thoughts: Json = {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
    return Turn(ID, 1_700_000_000, "m", thoughts if name == "gemini" else usage, usage)


def wire(value: Json) -> Json:
    sent = json.loads(json.dumps(value, default=str))
    assert isinstance(sent, dict)
    return sent


def answer_of(name: str, dice: Random, maker: str = "") -> tuple[Writer, Json]:
    writer = Writer(dice, maker)
    completion = writer.completion()
    while name in WITHOUT_TOOLS and "tool_calls" in message_of(completion):
        completion = writer.completion()
    return writer, completion


def message_of(completion: Json) -> Json:
    (choice,) = as_objects(completion["choices"])
    return as_object(choice["message"])


def told_by(completion: Json) -> Json:
    """What any format can say of an answer."""
    (choice,) = as_objects(completion["choices"])
    message, usage = message_of(completion), as_object(completion["usage"])
    calls = [as_object(call["function"]) | {"id": call["id"]} for call in as_objects(message.get("tool_calls") or [])]
    return {
        "content": message.get("content") or "",
        "calls": [(call["id"], call["name"], json.loads(str(call["arguments"]))) for call in calls],
        "finish_reason": choice["finish_reason"],
        "usage": (usage["prompt_tokens"], usage["completion_tokens"]),
    }


def there_and_back(name: str, completion: Json) -> Json:
    translator, turn = TRANSLATORS[name], turn_of(name)
    reply = wire(translator.reply_from_chat(copy.deepcopy(completion), turn))
    return wire(translator.reply_to_chat(reply, turn))


@pytest.mark.parametrize("name", NAMES)
@given(dice=DICE)
def test_an_answer_comes_back_as_it_was(name: str, dice: Random) -> None:
    _, completion = answer_of(name, dice)
    assert told_by(there_and_back(name, completion)) == told_by(completion)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150)
@given(dice=DICE, maker=st.sampled_from(MAKERS))
def test_a_stream_adds_up_to_the_whole_answer(name: str, dice: Random, maker: str) -> None:
    writer, completion = answer_of(name, dice, maker)
    telling, reading = (
        TRANSLATORS[name].stream_from_chat(turn_of(name)),
        TRANSLATORS[name].stream_to_chat(turn_of(name)),
    )
    data = telling.feed(copy.deepcopy(writer.chunks(completion))) + telling.finish()
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(8)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    chunks = [chunk for piece in pieces for chunk in reading.feed(piece)] + reading.finish()
    assert not reading.is_broken
    streamed = wire(from_chunks(chunks))
    whole = there_and_back(name, completion)
    assert told_by(streamed) == told_by(whole) == told_by(completion)
    assert thoughts_of(streamed, name, maker) == thoughts_of(whole, name, maker)


def thoughts_of(completion: Json, name: str, maker: str) -> object:
    details = details_of(message_of(completion))
    return thought_in(details) if maker in TEXTS_ALONE.get(name, ()) else details
