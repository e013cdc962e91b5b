"""What holds for every valid request of the hub, whoever it is told to: `means.py` says who cannot say what."""

from __future__ import annotations

import copy
import json
import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations import KNOBS, PDF, PIECE, PNG, URL, Writer, as_objects
from torana.errors import CallerError
from torana.formats.json import Json, as_list, as_object
from torana.formats.reasoning import wish_of
from torana.formats.translation import Brief
from torana.formats.translators import TRANSLATORS
from unit.formats.means import MEANS, Means, details_of

DICE = st.randoms(use_true_random=True)
NAMES = sorted(TRANSLATORS)
LIMITS = ("max_completion_tokens", "max_tokens")
Told = list[tuple[object, ...]]


def writer_for(name: str, dice: Random) -> Writer:
    media = (PNG,) if "image_url" in TRANSLATORS[name].inlines else (PNG, URL)
    return Writer(dice, MEANS[name].maker, (*media, PDF) if MEANS[name].has_files else media)


def wire(body: Json) -> Json:
    sent = json.loads(json.dumps(body))
    assert isinstance(sent, dict)
    return sent


def is_there(chat: Json, where: str) -> bool:
    """Whether the field that a refusal names, or at least what it would be in, is in the request."""
    at: object = chat
    *holders, _ = re.findall(r"[^.\[\]]+", where)
    for step in holders:
        at = as_list(at)[int(step)] if step.isdigit() else as_object(at).get(step)
    return isinstance(at, dict | list | str)


def check_refusal(error: CallerError, chat: Json, means: Means) -> None:
    where = error.message.split("`")[1]
    assert is_there(chat, where), error.message
    assert where.startswith(means.refuses), error.message


def said_in(messages: object, means: Means) -> Told:
    """Who says what in which order, and what is called with what result; ids are as good as the calls' numbers."""
    told: Told = []
    numbers: dict[object, int] = {}
    for message in as_objects(messages):
        role, content = message["role"], message.get("content")
        texts = [content] if isinstance(content, str) else [part.get("text") for part in as_list(content)]  # type: ignore[attr-defined]  # JSON
        pieces = [piece for text in texts if isinstance(text, str) for piece in PIECE.findall(plain(text))]
        if role == "tool":
            has_failed = means.has_failures and message.get("is_error") is True
            told.append(("result", numbers[message["tool_call_id"]], has_failed, *pieces))
        else:
            told += [(role, piece) for piece in pieces]
        for call in as_objects(message.get("tool_calls") or []):
            function = as_object(call["function"])
            numbers[call["id"]] = len(numbers)
            told.append(("call", numbers[call["id"]], function["name"], json.loads(str(function["arguments"]))))
    return in_order(told)


def resettled(messages: object, late_system: str) -> list[Json]:
    """With what the system says between the turns where a format has it."""
    given_ = as_objects(messages)
    start = next(number for number, message in enumerate(given_) if message["role"] != "system")
    late = [message for message in given_[start:] if message["role"] == "system"]
    if late_system == "first":
        return given_[:start] + late + [message for message in given_[start:] if message not in late]
    return given_[:start] + [{**each, "role": late_system} if each in late else each for each in given_[start:]]


def plain(text: str) -> str:
    """Results may be JSON in JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return " ".join(map(plain, value.values())) if isinstance(value, dict) else text


def in_order(told: Told) -> Told:
    """Results of one turn stand in any order."""
    made: Told = []
    for each in told:
        at = len(made)
        while each[0] == "result" and at and made[at - 1][0] == "result" and made[at - 1][1:2] > each[1:2]:
            at -= 1
        made.insert(at, each)
    return made


def media_in(value: object) -> list[int]:
    return [json.dumps(value).count(url) for url in (PNG, URL, PDF)]


def test_every_translator_says_what_it_can() -> None:
    assert set(MEANS) == set(TRANSLATORS)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150)
@given(dice=DICE)
def test_a_request_is_told_or_refused_for_a_field_of_it_and_comes_back(name: str, dice: Random) -> None:
    translator, means = TRANSLATORS[name], MEANS[name]
    chat = writer_for(name, dice).request(means.model, is_plain=means.is_plain and dice.random() < 0.8)
    brief = Brief(means.provider)
    try:
        body = wire(translator.request_from_chat(copy.deepcopy(chat), brief))
    except CallerError as error:
        check_refusal(error, chat, means)
        return
    back = wire(translator.request_to_chat(body, Brief()))
    assert said_in(back["messages"], means) == said_in(resettled(chat["messages"], means.late_system), means)
    assert media_in(back) == media_in(chat)
    assert thoughts_in(back["messages"]) == (thoughts_in(chat["messages"]) if means.maker else [])
    check_tools(chat, back, brief, means)
    check_knobs(chat, back, brief, means)
    check_wishes(chat, back, brief, means)


def thoughts_in(messages: object) -> list[list[Json]]:
    found = [details_of(message) for message in as_objects(messages)]
    return [details for details in found if details]


def check_tools(chat: Json, back: Json, brief: Brief, means: Means) -> None:
    wanted, choice = as_list(chat.get("tools")), chat.get("tool_choice", "auto")
    chosen = name_of(choice) if isinstance(choice, dict) else ""
    if choice == "none" and not back.get("tools"):
        return  # a model that knows no tool calls none
    told = {name_of(tool): tool for tool in as_objects(back.get("tools") or [])}
    only = chosen if means.has_only_chosen else ""
    assert list(told) == [name_of(tool) for tool in wanted if only in ("", name_of(tool))]
    for tool in wanted:
        function = as_object(as_object(told.get(name_of(tool))).get("function"))
        assert not function or function.get("description") == as_object(as_object(tool)["function"]).get("description")
    if not (wanted and "tool_choice" in brief.dropped):
        assert back.get("tool_choice", "auto") == ("required" if only else choice)


def name_of(tool: object) -> str:
    return str(as_object(as_object(tool).get("function")).get("name"))


def check_knobs(chat: Json, back: Json, brief: Brief, means: Means) -> None:
    for name in chat.keys() & KNOBS.keys() - set(brief.dropped) - means.rewords:
        told = next((back[each] for each in LIMITS if each in back), None) if name in LIMITS else back.get(name)
        assert told in (chat[name], [chat[name]]), name


def check_wishes(chat: Json, back: Json, brief: Brief, means: Means) -> None:
    if wish_of(chat).is_on is not None and "reasoning" not in means.rewords:
        assert wish_of(back).is_on == wish_of(chat).is_on or {"reasoning", "reasoning_effort"} & set(brief.dropped)
    kind = as_object(chat.get("response_format")).get("type", "text")
    assert as_object(back.get("response_format")).get("type", "text") == kind or "response_format" in brief.dropped
