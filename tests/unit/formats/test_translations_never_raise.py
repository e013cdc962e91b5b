"""Whatever a provider answers, its translation gives something; what a client asks is translated or refused."""

from __future__ import annotations

import base64
import copy
import json
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_cases import ID, Case, all_cases, stream_bytes
from odd import all_in, odd_object, spoilt_object
from torana.errors import CallerError
from torana.formats.eventstream import Frames, event_frame, exception_frame
from torana.formats.json import Json
from torana.formats.translation import Brief, Translator, Turn
from torana.formats.translators import TRANSLATORS

TURN = Turn(ID, 1_700_000_000, "m", {}, {})
CASES = all_cases()
REQUESTS = [case for case in CASES if case.has("request.json")]
REPLIES = [case for case in CASES if case.has("reply.json")]
STREAMS = [case for case in CASES if case.stream is not None]
ROUNDS = 40
TELLING = ("openai_responses", "anthropic_messages")
"""Clients whose streams have the most to keep in mind: they are told whatever the hub was."""
LONGEST_WORD = 40
Event = tuple[str, Json | None]
"""An event's JSON, and what stands before it in its line or what its frame is called."""


def given_of(case: Case, name: str) -> Json:
    found = case.read(name)
    assert isinstance(found, dict)
    return found


def as_sent(value: Json, dice: Random, others: list[object]) -> Json:
    """With one or two things in it wrong."""
    made = spoilt_object(value, dice, others)
    made = spoilt_object(made, dice, others) if dice.random() < 0.3 else made
    sent: Json = json.loads(json.dumps(made))
    return sent


def told(translator: Translator, body: Json, *, is_to_chat: bool) -> None:
    """A request: where it is refused, the reason begins with what is."""
    translate = translator.request_to_chat if is_to_chat else translator.request_from_chat
    try:
        outcome = json.dumps(translate(body, Brief()))
    except CallerError as error:
        outcome = error.message
    assert outcome.startswith(("{", "`"))


def answered(translator: Translator, body: Json, *, is_to_chat: bool) -> None:
    translate = translator.reply_to_chat if is_to_chat else translator.reply_from_chat
    made = translate(body, TURN)
    assert isinstance(made, dict)
    json.dumps(made)


def streamed(translator: Translator, data: bytes) -> None:
    machine = translator.stream_to_chat(TURN)
    chunks = machine.feed(data) + machine.finish()
    json.dumps(chunks, default=str)
    assert machine.is_broken == any("error" in chunk for chunk in chunks)
    for other in TELLING:
        retold(TRANSLATORS[other], copy.deepcopy(chunks))


def retold(translator: Translator, chunks: list[Json]) -> None:
    machine = translator.stream_from_chat(TURN)
    assert isinstance(machine.feed(chunks) + machine.finish(), bytes)


@pytest.mark.parametrize("case", REQUESTS, ids=str)
def test_a_spoilt_request_is_translated_or_refused_with_a_reason(case: Case) -> None:
    dice, body = Random(str(case)), given_of(case, "request.json")  # noqa: S311  # spoils, keeps no secrets
    others = all_in(body)
    for _ in range(ROUNDS):
        told(case.translator, as_sent(body, dice, others), is_to_chat=case.is_to_chat)


@pytest.mark.parametrize("case", REPLIES, ids=str)
def test_no_spoilt_reply_raises(case: Case) -> None:
    dice, body = Random(str(case)), given_of(case, "reply.json")  # noqa: S311  # spoils, keeps no secrets
    others = all_in(body)
    for _ in range(ROUNDS):
        answered(case.translator, as_sent(body, dice, others), is_to_chat=case.is_to_chat)


def events_of(case: Case) -> list[Event]:
    assert case.stream is not None
    data, suffix = stream_bytes(case.stream), case.stream.suffix
    if suffix == ".bin":
        return [(frame.event, json.loads(frame.payload or b"{}")) for frame in Frames().feed(data)]
    if suffix == ".json":
        return [("", each) for each in json.loads(data)]
    return [event_in(line) for line in data.decode().splitlines()]


def event_in(line: str) -> Event:
    head, brace, rest = line.partition("{")
    try:
        return head, json.loads(brace + rest)
    except ValueError:
        return line, None


def written(case: Case, events: list[Event]) -> bytes:
    suffix = case.stream.suffix if case.stream is not None else ""
    if suffix == ".json":
        return json.dumps([event for _, event in events]).encode()
    if suffix == ".bin":
        return b"".join(
            (exception_frame if kind.endswith("Exception") else event_frame)(kind, json.dumps(event).encode())
            for kind, event in events
        )
    return "".join(f"{head}{'' if event is None else json.dumps(event)}\n" for head, event in events).encode()


def spoilt_event(event: Json, dice: Random, others: list[object]) -> Json:
    wrapped = event.get("bytes")
    if isinstance(wrapped, str) and dice.random() < 0.9:  # a frame of InvokeModel
        inner = as_sent(json.loads(base64.b64decode(wrapped)), dice, others)
        return {"bytes": base64.b64encode(json.dumps(inner).encode()).decode()}
    return as_sent(event, dice, others)


def spoilt_stream(events: list[Event], dice: Random, others: list[object]) -> list[Event]:
    """One event is wrong, and now and then one is missing, comes twice or comes early."""
    at = dice.choice([number for number, (_, event) in enumerate(events) if event])
    head, event = events[at]
    made = [*events[:at], (head, spoilt_event(event or {}, dice, others)), *events[at + 1 :]]
    if dice.random() < 0.4:
        moved = made.pop(dice.randrange(len(made)))
        for _ in range(dice.randrange(3)):
            made.insert(dice.randrange(len(made) + 1), moved)
    return made


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_no_spoilt_stream_raises(case: Case) -> None:
    dice, events = Random(str(case)), events_of(case)  # noqa: S311  # spoils, keeps no secrets
    others = all_in([event for _, event in events])
    for _ in range(ROUNDS if any(event for _, event in events) else 0):
        made = spoilt_stream(events, dice, others)
        if case.is_to_chat:
            streamed(case.translator, written(case, made))
        else:
            retold(case.translator, [event for _, event in made if event is not None])


@cache
def words_of(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of fields and the short texts in all that a format's cases are given."""
    names: set[str] = set()
    words: set[str] = set()
    for case in CASES:
        if case.translator.name in (name, TRANSLATORS[name].format):
            found = [case.read(each) for each in ("request.json", "reply.json") if case.has(each)]
            found += [event for _, event in events_of(case)] if case.stream is not None else []
            for value in all_in(found):
                names.update(value if isinstance(value, dict) else ())
                words.update([value] if isinstance(value, str) and len(value) < LONGEST_WORD else ())
    return tuple(sorted(names)), tuple(sorted(words))


@pytest.mark.parametrize("name", sorted(TRANSLATORS))
@given(dice=st.randoms(use_true_random=True))
def test_nothing_of_known_names_is_too_odd(name: str, dice: Random) -> None:
    translator = TRANSLATORS[name]
    names, words = words_of(name)
    for is_to_chat in (True, False):
        told(translator, odd_object(dice, names, words, 5), is_to_chat=is_to_chat)
        answered(translator, odd_object(dice, names, words, 5), is_to_chat=is_to_chat)
    chunks = [odd_object(dice, names, words, 5) for _ in range(3)]
    retold(translator, chunks)
    streamed(translator, b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks))
    streamed(translator, b"".join(event_frame(dice.choice(words), json.dumps(each).encode()) for each in chunks))


@pytest.mark.parametrize("name", sorted(TRANSLATORS))
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[7]", b"null", b'"x"', b'{"error":[]}', b'{"error":{"message":5}}', b"\xff"]
)
def test_no_error_raises(name: str, body: bytes) -> None:
    failure = TRANSLATORS[name].error_to_chat(500, body)
    assert failure.message
    assert isinstance(TRANSLATORS[name].error_from_chat(500, failure, ID), dict)
