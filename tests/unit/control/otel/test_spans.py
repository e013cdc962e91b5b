"""An exchange as spans: ids, times, names, what is told and what is not."""

from __future__ import annotations

import json

import msgspec
import pytest

from torana.control.logs import Bodies
from torana.control.otel.encoding import encode
from torana.control.otel.spans import CLIENT, ERROR, MOST_CONTENT, OK, SERVER, spans_of
from torana.exchange import Attempt, Usage
from unit.storage.records import ACCOUNT, NOW_MS, make_record

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ASKED = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
    ],
}
ANSWERED = {"choices": [{"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]}


def bodies(asked: object = ASKED, answered: object = ANSWERED) -> Bodies:
    return Bodies([], json.dumps(asked).encode(), [], json.dumps(answered).encode(), b"")


def test_the_caller_s_trace_goes_on() -> None:
    root, attempt = spans_of(make_record(1, trace_id=TRACE, parent_span_id=SPAN), None, None)
    assert (root.trace_id, root.parent_id, root.kind) == (TRACE, SPAN, SERVER)
    assert (attempt.trace_id, attempt.parent_id, attempt.kind) == (TRACE, root.span_id, CLIENT)
    assert attempt.span_id != root.span_id


def test_without_one_the_log_is_the_trace_and_is_so_each_time() -> None:
    record = make_record(1)
    root, _ = spans_of(record, None, None)
    assert root.trace_id == record.id.replace("-", "")
    assert root.parent_id == ""
    assert spans_of(record, None, None)[0] == root


@pytest.mark.parametrize("masked", ["***51916cd43dd8448eb211c80319c", "0af765", "X" * 32])
def test_an_id_that_was_masked_is_none(masked: str) -> None:
    root, _ = spans_of(make_record(1, trace_id=masked, parent_span_id=SPAN), None, None)
    assert (root.trace_id, root.parent_id) == (make_record(1).id.replace("-", ""), "")
    assert encode([root], {}, "protobuf")


def test_what_a_request_was_stands_under_both_names() -> None:
    usage = Usage(tokens_in=10, tokens_out=5, cached_tokens_in=4, reasoning_tokens_out=2)
    metadata = '{"user": "ann", "paid": true, "n": 2, "gen_ai.system": "x", "big": 99999999999999999999}'
    record = make_record(1, usage=usage, metadata=metadata, provider="mistral", is_stream=True)
    root, _ = spans_of(record, bodies(), 2_500_000)
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.model.provider": "mistral",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "gen_ai.usage.cost": 0.0025,
        "gen_ai.response.time_to_first_chunk": 0.4,
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.path": f"/v1/{ACCOUNT}/default/mistral/chat/completions",
        "user_agent.original": "test",
        "torana.log.id": record.id,
        "torana.event.id": "event-1",
        "torana.account.id": ACCOUNT,
        "torana.gateway.id": "default",
        "torana.cached": False,
        "torana.streamed": True,
        "user": "ann",
        "paid": True,
        "n": 2,
    }
    content = {"gen_ai.prompt_json", "gen_ai.completion_json", "gen_ai.input.messages", "gen_ai.output.messages"}
    assert {key: value for key, value in root.attributes.items() if key not in content} == told
    assert root.attributes.keys() >= content
    assert (root.name, root.status) == ("chat gpt-4o", OK)
    assert (root.start_ns, root.end_ns) == ((NOW_MS + 1) * 10**6, (NOW_MS + 1) * 10**6 + 412 * 10**6)


def test_messages_are_as_the_conventions_write_them() -> None:
    attributes = spans_of(make_record(1), bodies(), None)[0].attributes
    assert json.loads(str(attributes["gen_ai.prompt_json"])) == ASKED
    assert json.loads(str(attributes["gen_ai.input.messages"])) == [
        {"role": "system", "parts": [{"type": "text", "content": "be brief"}]},
        {"role": "user", "parts": [{"type": "text", "content": "hi"}]},
    ]
    assert json.loads(str(attributes["gen_ai.output.messages"])) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "hello"}], "finish_reason": "stop"}
    ]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (
            {"system": "be brief", "messages": [{"role": "user", "content": "hi"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "hello"}], "stop_reason": "stop"},
        ),
        (
            {"systemInstruction": {"parts": [{"text": "be brief"}]}, "contents": [{"parts": [{"text": "hi"}]}]},
            {"candidates": [{"content": {"role": "model", "parts": [{"text": "hello"}]}, "finishReason": "stop"}]},
        ),
        (
            {"instructions": "be brief", "input": "hi"},
            {"status": "stop", "output": [{"type": "message", "content": [{"type": "output_text", "text": "hello"}]}]},
        ),
        (
            {"system": [{"text": "be brief"}], "messages": [{"role": "user", "content": [{"text": "hi"}]}]},
            {"stopReason": "stop", "output": {"message": {"role": "assistant", "content": [{"text": "hello"}]}}},
        ),
    ],
    ids=["anthropic", "gemini", "responses", "converse"],
)
def test_all_formats_with_roles_say_the_same(asked: object, answered: object) -> None:
    expected = spans_of(make_record(1), bodies(), None)[0].attributes
    found = spans_of(make_record(1), bodies(asked, answered), None)[0].attributes
    for name in ("gen_ai.input.messages", "gen_ai.output.messages"):
        assert json.loads(str(found[name])) == json.loads(str(expected[name])), name


def test_a_call_of_a_tool_is_a_part() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    answered = {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [call]}}]}
    attributes = spans_of(make_record(1), bodies(ASKED, answered), None)[0].attributes
    [message] = json.loads(str(attributes["gen_ai.output.messages"]))
    assert message["parts"] == [{"type": "tool_call", "id": "c1", "name": "look", "arguments": "{}"}]


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"[]", b"\xff", b"[" * 9_999, b'{"messages": 1, "choices": {}}', b"{}"]
)
def test_what_cannot_be_read_is_left_out(body: bytes) -> None:
    attributes = spans_of(make_record(1), Bodies([], body, [], body, b""), None)[0].attributes
    assert "gen_ai.input.messages" not in attributes
    assert "gen_ai.output.messages" not in attributes


def test_content_that_is_too_long_is_left_out_whole() -> None:
    long = {"messages": [{"role": "user", "content": "x" * MOST_CONTENT}]}
    attributes = spans_of(make_record(1), bodies(long), None)[0].attributes
    assert "gen_ai.prompt_json" not in attributes
    assert "gen_ai.completion_json" in attributes


def test_without_kept_bodies_there_is_no_content() -> None:
    attributes = spans_of(make_record(1), None, None)[0].attributes
    assert not [name for name in attributes if "json" in name or "messages" in name]


def test_failures_are_errors_and_attempts_tell_how_they_went() -> None:
    attempts = [
        Attempt("openai", "gpt-4o", 0, 0.0, None, 0.1, "connection refused"),
        Attempt("openai", "gpt-4o", 503, 0.2, 0.3, 0.35),
    ]
    root, first, second = spans_of(make_record(1, status=503, error="it is away", attempts=attempts), None, None)
    assert (root.status, root.message, root.attributes["error.type"]) == (ERROR, "it is away", "503")
    assert (first.status, first.message, first.attributes["error.type"]) == (ERROR, "connection refused", "no_answer")
    assert second.attributes["http.request.resend_count"] == 1
    assert second.start_ns - root.start_ns == 200 * 10**6
    assert second.end_ns - root.start_ns == 350 * 10**6


def test_half_a_surrogate_pair_can_be_written() -> None:
    root, _ = spans_of(make_record(1), None, None)
    odd = msgspec.structs.replace(root, attributes={"a": "\ud800"})
    assert encode([odd], {}, "protobuf")
