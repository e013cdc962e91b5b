"""Which answers of status 200 are errors, or not whole."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripted_answers import Received, default_answer
from torana.formats.outcome import stream_went_well, went_well
from unit.formats.test_eventstream import event, frame, header

SSE = b"text/event-stream; charset=utf-8"
AWS = b"application/vnd.amazon.eventstream"
LINES = b"application/x-ndjson"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"id": "c1", "choices": []}', True),
        (b' {"error": null, "status": "completed"}', True),
        (b'{"error": {}}', True),
        (b'{"error": {"message": "overloaded", "code": 502}}', False),
        (b'{"error": "no"}', False),
        (b'{"choices": [{"error": {"a": 1}}]}', True),
        (b'{"id": "c1", "choi', False),
        (b"", False),
        (b"\xff\xfe", False),
        (b"<html>", False),
        (b"[" * 100_000, False),
        (b"[0.5, 1]", True),
        (b'[{"candidates": []}, {"error": {"code": 500}}]', False),
        (b'[{"candidates": []}]', True),
        (b'"text"', True),
    ],
)
def test_json_goes_well_where_it_is_whole_and_tells_of_no_error(body: bytes, *, expected: bool) -> None:
    assert went_well(body) is expected


def streamed(path: str) -> list[bytes]:
    answer = default_answer(Received(b"POST", path.encode(), [], b'{"stream": true}'))
    assert answer.chunks
    return answer.chunks


GOOD: dict[str, list[bytes]] = {
    "openai_chat": streamed("/chat/completions"),
    "completions": [b'data: {"choices": [{"text": "a"}]}\n\n', b"data: [DONE]\n\n"],
    "workers_ai": [b'data: {"response": "a"}\n\n', b"data: [DONE]\n\n"],
    "anthropic_messages": streamed("/v1/messages"),
    "openai_responses": streamed("/responses"),
    "gemini": streamed("/x:streamGenerateContent?alt=sse"),
    "cohere": [b'event: message-end\ndata: {"type": "message-end", "delta": {}}\n\n'],
}


@pytest.mark.parametrize("name", GOOD)
def test_a_stream_goes_well_where_it_has_its_formats_end(name: str) -> None:
    assert stream_went_well(name, SSE, b"".join(GOOD[name]))
    assert stream_went_well(name, SSE, b"".join(GOOD[name]).replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("name", GOOD)
def test_cut_anywhere_before_its_end_it_does_not(name: str) -> None:
    stream = b"".join(GOOD[name])
    for at in range(len(stream)):
        assert not stream_went_well(name, SSE, stream[:at]), stream[:at][-80:]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    "wrong",
    [
        b'event: error\ndata: {"type": "error"}\n\n',
        b'data: {"error": {"message": "overloaded"}}\n\n',
        b'data: {"type": "error", "error": {"type": "overloaded_error"}}\n\n',
        b'data: {"error"\n\n',
    ],
)
def test_with_an_error_in_it_it_does_not(name: str, wrong: bytes) -> None:
    events = GOOD[name]
    assert not stream_went_well(name, SSE, b"".join([*events[:-1], wrong, events[-1]]))


def test_what_a_model_says_of_errors_is_none() -> None:
    told = msgspec.json.encode({"choices": [{"delta": {"content": 'print("error": 1)'}}], "error": None})
    assert stream_went_well("openai_chat", SSE, b"data: " + told + b"\n\ndata: [DONE]\n\n")
    done = msgspec.json.encode({"choices": [{"delta": {"content": "message_stop [DONE]"}}]})
    assert not stream_went_well("openai_chat", SSE, b"data: " + done + b"\n\n")
    assert not stream_went_well("anthropic_messages", SSE, b'data: {"text": "message_stop"}\n\n')


def test_streams_whose_end_is_not_known_do_not() -> None:
    assert not stream_went_well("raw", SSE, b"data: [DONE]\n\n")
    assert not stream_went_well("openai_chat", b"application/x-ndjson", b"{}\n")
    assert not stream_went_well("bedrock_invoke", AWS, event("messageStop", b"{}"))


def test_of_aws_frames_all_are_events_and_one_is_the_last() -> None:
    delta, stop = event("contentBlockDelta", b"{}"), event("messageStop", b"{}")
    assert stream_went_well("bedrock_converse", AWS, delta + stop)
    assert not stream_went_well("bedrock_converse", AWS, delta)
    assert not stream_went_well("bedrock_converse", AWS, delta + stop[:-1])
    assert not stream_went_well(
        "bedrock_converse", AWS, delta + stop + frame(header(":exception-type", 7, b"x"), b"{}")
    )


def test_of_lines_none_is_an_error_and_the_last_says_that_it_is() -> None:
    line, end = (
        b'{"message":{"content":"\\"done\\":true"},"done":false}\n',
        b'{"message":{},"done":true,"eval_count":1}\n',
    )
    assert stream_went_well("ollama", LINES, line + end)
    for at in range(len(line + end)):
        assert not stream_went_well("ollama", LINES, (line + end)[:at])
    assert not stream_went_well("ollama", LINES, b'{"error":"stopped"}\n' + end)
    assert not stream_went_well("ollama", LINES, line + b'{"message":{"tool_calls":[{"done":true}]}}\n')


@given(
    st.binary(max_size=300),
    st.sampled_from([SSE, AWS, LINES]),
    st.sampled_from([*GOOD, "bedrock_converse", "ollama"]),
)
def test_no_bytes_make_it_raise(data: bytes, kind: bytes, name: str) -> None:
    went_well(data)
    stream_went_well(name, kind, data)
