"""Whatever a provider answers, its translation gives something."""

from __future__ import annotations

import json
from random import Random

import pytest

from golden_cases import ID, Case, all_cases, stream_bytes
from torana.formats.json import Json
from torana.formats.translation import Turn
from torana.formats.translators import TRANSLATORS

TURN = Turn(ID, 1_700_000_000, "m", {}, {})
JUNK: tuple[object, ...] = (None, True, -1, 1e300, "x", "\ud800", [], {}, [None], {"type": 5}, [[{}]], {"text": {}})
CASES = all_cases()
REPLIES = [case for case in CASES if case.has("reply.json")]
LINES = [case for case in CASES if case.stream is not None and case.stream.suffix in (".sse", ".ndjson", ".jsonl")]
ROUNDS = 40


def spoilt(value: object, dice: Random) -> object:
    """The same with one thing in it replaced."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        name = dice.choice(sorted(value))
        return {**value, name: spoilt(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.85:
        at = dice.randrange(len(value))
        return [*value[:at], spoilt(value[at], dice), *value[at + 1 :]]
    return dice.choice(JUNK)


def spoilt_object(value: Json, dice: Random) -> Json:
    name = dice.choice(sorted(value))
    return {**value, name: spoilt(value[name], dice)}


@pytest.mark.parametrize("case", REPLIES, ids=str)
def test_no_reply_raises(case: Case) -> None:
    dice = Random(str(case))  # noqa: S311  # spoils, keeps no secrets
    reply = case.read("reply.json")
    assert isinstance(reply, dict)
    for _ in range(ROUNDS):
        given = json.loads(json.dumps(spoilt_object(reply, dice)))
        turned = case.translator.reply_to_chat if case.is_to_chat else case.translator.reply_from_chat
        assert isinstance(turned(given, TURN), dict)


@pytest.mark.parametrize("case", LINES, ids=str)
def test_no_stream_raises(case: Case) -> None:
    dice = Random(str(case))  # noqa: S311  # spoils, keeps no secrets
    assert case.stream is not None
    lines = stream_bytes(case.stream).decode().splitlines()
    events = [number for number, line in enumerate(lines) if "{" in line]
    for _ in range(ROUNDS if events else 0):
        at = dice.choice(events)
        head, brace, rest = lines[at].partition("{")
        try:
            event = json.loads(brace + rest)
        except ValueError:
            continue
        spoilt_line = head + json.dumps(spoilt_object(event, dice) if event else {})
        data = "\n".join([*lines[:at], spoilt_line, *lines[at + 1 :], ""])
        if case.is_to_chat:
            machine = case.translator.stream_to_chat(TURN)
            machine.feed(data.encode())
            machine.finish()
        else:
            teller = case.translator.stream_from_chat(TURN)
            teller.feed([json.loads(line) for line in data.splitlines() if line])
            assert isinstance(teller.finish(), bytes)


@pytest.mark.parametrize("name", sorted(TRANSLATORS))
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[7]", b"null", b'"x"', b'{"error":[]}', b'{"error":{"message":5}}', b"\xff"]
)
def test_no_error_raises(name: str, body: bytes) -> None:
    failure = TRANSLATORS[name].error_to_chat(500, body)
    assert failure.message
    assert isinstance(TRANSLATORS[name].error_from_chat(500, failure, ID), dict)
