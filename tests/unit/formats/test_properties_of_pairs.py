"""What holds for any client in front of any provider: requests are told or refused, and thoughts come back."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations import PDF, PNG, Writer, as_objects
from golden_cases import ID
from torana.errors import CallerError
from torana.formats import FORMATS
from torana.formats.json import Json, as_list, as_object
from torana.formats.kept_reasoning import is_signed
from torana.formats.reasoning import ANTHROPIC, GEMINI, RESPONSES
from torana.formats.translation import Brief, Turn
from torana.formats.translators import TRANSLATORS
from unit.formats.means import MEANS, details_of

DICE = st.randoms(use_true_random=True)
NAMES = sorted(TRANSLATORS)
SIGNERS = {
    ANTHROPIC: [name for name, means in MEANS.items() if means.maker == ANTHROPIC],
    GEMINI: ["gemini"],
    RESPONSES: ["openai_responses"],
}
SHOWN: dict[str, Json] = {"gemini": {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}}
"""What a client adds that wants to see thoughts, where they are hidden else."""
GoesOn = Callable[[Json, Json], Json]


def wire(value: object) -> Json:
    sent = json.loads(json.dumps(value, default=str))
    assert isinstance(sent, dict)
    return sent


def with_last(field: str, *path: str | int) -> GoesOn:
    """An answer's turn becomes the last of a field."""

    def goes_on(request: Json, reply: Json) -> Json:
        said: object = reply
        for step in path:
            said = as_list(said)[step] if isinstance(step, int) else as_object(said)[step]
        return {**request, field: [*as_list(request[field]), *(said if isinstance(said, list) else [said])]}

    return goes_on


def with_content(request: Json, reply: Json) -> Json:
    said: Json = {"role": "assistant", "content": reply["content"]}
    return {**request, "messages": [*as_list(request["messages"]), said]}


GOES_ON: dict[str, GoesOn] = {
    "openai_chat": with_last("messages", "choices", 0, "message"),
    "anthropic_messages": with_content,
    "vertex_claude": with_content,
    "bedrock_invoke_claude": with_content,
    "bedrock_converse": with_last("messages", "output", "message"),
    "bedrock_invoke_nova": with_last("messages", "output", "message"),
    "openai_responses": with_last("input", "output"),
    "cohere": with_last("messages", "message"),
    "gemini": with_last("contents", "candidates", 0, "content"),
    "ollama": with_last("messages", "message"),
}
"""What a client asks next, of what it asked and the answer; one of completions gives no thoughts back."""


def asked_by(name: str, dice: Random) -> Json | None:
    """A request as a client of the format would write it; None of a conversation that it has no words for."""
    means = MEANS[name]
    chat = Writer(dice, means.maker, (PNG, PDF) if means.has_files else (PNG,)).request(
        means.model, is_plain=means.is_plain
    )
    try:
        return wire(TRANSLATORS[name].request_from_chat(chat, Brief(means.provider)))
    except CallerError:
        return None


@pytest.mark.parametrize("client", NAMES)
@settings(max_examples=60)
@given(dice=DICE)
def test_what_a_client_asks_is_told_to_any_provider_or_refused(client: str, dice: Random) -> None:
    request = asked_by(client, dice)
    if request is None:
        return
    for name in NAMES:
        means = MEANS[name]
        chat = TRANSLATORS[client].request_to_chat(copy.deepcopy(request), Brief())
        try:
            told = json.dumps(
                TRANSLATORS[name].request_from_chat({**chat, "model": means.model}, Brief(means.provider))
            )
        except CallerError as error:
            told = error.message
        assert told.startswith(("{", "`"))


def answer(client: str, completion: Json, turn: Turn) -> Json:
    return wire(TRANSLATORS[client].reply_from_chat(completion, turn))


def streamed_answer(client: str, chunks: list[Json], turn: Turn) -> Json:
    """As a client puts it together."""
    translator = TRANSLATORS[client]
    machine = translator.stream_from_chat(turn)
    whole = FORMATS[translator.format or translator.name].assemble(machine.feed(chunks) + machine.finish())
    return wire(json.loads(whole or b"{}"))


@pytest.mark.parametrize("client", sorted(GOES_ON))
@settings(max_examples=60)
@given(dice=DICE, maker=st.sampled_from(sorted(SIGNERS)), is_streamed=st.booleans())
def test_what_a_provider_signed_comes_back_to_it(client: str, dice: Random, maker: str, *, is_streamed: bool) -> None:
    writer = Writer(dice, maker)
    completion = writer.completion()
    message = as_object(as_objects(completion["choices"])[0]["message"])
    means = MEANS[client]
    asked = wire(TRANSLATORS[client].request_from_chat({"messages": [writer.user()]}, Brief(means.provider)))
    is_shown = dice.random() < 0.7
    turn = Turn(ID, 1, "m", asked | SHOWN.get(client, {}) if is_shown else asked, {})
    given_back = (
        streamed_answer(client, writer.chunks(completion), turn)
        if is_streamed
        else answer(client, copy.deepcopy(completion), turn)
    )
    chat = TRANSLATORS[client].request_to_chat(wire(GOES_ON[client](asked, given_back)), Brief())
    if client in SHOWN and not is_shown and maker == means.maker:  # what it does not show is not to come back
        message["reasoning_details"] = [
            each for each in as_objects(message.get("reasoning_details") or []) if is_signed(each)
        ]
    assert details_of(as_objects(chat["messages"])[-1]) == details_of(message)
    for signer in SIGNERS[maker]:
        check_told(signer, wire(chat), message)


def check_told(signer: str, chat: Json, message: Json) -> None:
    """The provider is given all that it signed."""
    body = TRANSLATORS[signer].request_from_chat({**chat, "model": MEANS[signer].model}, Brief(MEANS[signer].provider))
    back = wire(TRANSLATORS[signer].request_to_chat(wire(body), Brief()))
    assert details_of(as_objects(back["messages"])[-1]) == details_of(message)
