"""Answers, which never raise; and the errors in and before them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_cases import ID
from odd import odd_objects
from torana.formats.gemini import TRANSLATOR
from torana.formats.gemini.finish import reason_from_chat, reason_to_chat
from torana.formats.json import Json
from torana.formats.translation import Failure, Turn

TURN = Turn(ID, 1_700_000_000, "m", {"contents": []}, {"messages": []})


@given(
    st.integers(100, 599),
    st.binary(max_size=60)
    | odd_objects(["error", "message", "status", "code"]).map(lambda value: json.dumps(value).encode()),
)
def test_no_error_is_too_odd(status: int, body: bytes) -> None:
    failure = TRANSLATOR.error_to_chat(status, body)
    assert failure.message
    assert failure.type
    told = TRANSLATOR.error_from_chat(status, failure, ID)["error"]
    assert isinstance(told, dict)
    assert (told["code"], told["message"]) == (status, failure.message)


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, "INVALID_ARGUMENT"), (418, "INVALID_ARGUMENT"), (404, "NOT_FOUND"), (500, "INTERNAL"), (555, "INTERNAL")],
)
def test_a_status_has_googles_word(status: int, word: str) -> None:
    told = TRANSLATOR.error_from_chat(status, Failure("no"), ID)
    assert told == {"error": {"code": status, "message": "no", "status": word}}


def test_googles_own_word_is_kept() -> None:
    failure = TRANSLATOR.error_to_chat(400, b'{"error":{"code":400,"message":"m","status":"FAILED_PRECONDITION"}}')
    assert failure == Failure("m", "invalid_request_error", "FAILED_PRECONDITION")
    told = TRANSLATOR.error_from_chat(400, failure, ID)
    assert told == {"error": {"code": 400, "message": "m", "status": "FAILED_PRECONDITION"}}


@pytest.mark.parametrize(
    ("native", "has_calls", "reason"),
    [
        ("STOP", False, "stop"),
        ("STOP", True, "tool_calls"),
        ("MAX_TOKENS", True, "length"),
        ("SAFETY", False, "content_filter"),
        ("IMAGE_SAFETY", False, "content_filter"),
        ("RECITATION", False, "content_filter"),
        ("MALFORMED_FUNCTION_CALL", False, "error"),
        ("UNEXPECTED_TOOL_CALL", True, "error"),
        ("A_NEW_ONE", False, "error"),
    ],
)
def test_why_an_answer_ended_is_told_in_the_hubs_words(native: str, reason: str, *, has_calls: bool) -> None:
    assert reason_to_chat(native, has_calls=has_calls) == reason


@pytest.mark.parametrize(
    ("reason", "native", "word"),
    [
        ("stop", "end_turn", "STOP"),
        ("tool_calls", None, "STOP"),
        ("length", None, "MAX_TOKENS"),
        ("content_filter", None, "SAFETY"),
        ("content_filter", "RECITATION", "RECITATION"),
        ("error", "MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"),
        ("error", None, "OTHER"),
        (None, None, "OTHER"),
    ],
)
def test_why_an_answer_ended_is_told_in_googles_words(reason: str | None, native: str | None, word: str) -> None:
    assert reason_from_chat(reason, native) == word


def test_what_comes_after_an_error_is_not_told() -> None:
    reading = TRANSLATOR.stream_to_chat(TURN)
    chunks = reading.feed(b'data: {"error":{"code":500,"message":"m"}}\n\ndata: {"candidates":[{"index":0}]}\n\n')
    assert len(chunks) == 1
    assert reading.is_broken
    assert not reading.finish()
    writing = TRANSLATOR.stream_from_chat(TURN)
    writing.feed(chunks)
    assert writing.feed([{"choices": [{"index": 0, "delta": {"content": "a"}}]}]) == b""
    assert writing.finish() == b""


def test_calls_that_were_cut_are_not_told_as_calls() -> None:
    writing = TRANSLATOR.stream_from_chat(TURN)
    call: Json = {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"a":'}}
    error: Json = {"error": {"message": "cut", "type": "server_error", "code": 502}, "choices": []}
    told = writing.feed([{"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}, error]) + writing.finish()
    assert json.loads(told.removeprefix(b"data: ")) == {
        "error": {"code": 502, "message": "cut", "status": "UNAVAILABLE"}
    }


def test_an_array_of_nothing_has_its_end_alone() -> None:
    turn = Turn(ID, 1, "m", {}, {}, is_sse=False)
    writing = TRANSLATOR.stream_from_chat(turn)
    assert writing.content_type == b"application/json"
    assert len(json.loads(writing.feed([]) + writing.finish())) == 1
