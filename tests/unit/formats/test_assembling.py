"""Streams put together: what the golden cases do not show, and events that no provider would send."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odd import odd_objects
from torana.formats import FORMATS

Event = Mapping[str, object]


def events(*found: Event) -> bytes:
    return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in found)


def frames(*found: tuple[str, Event]) -> bytes:
    out = b""
    for name, payload in found:
        headers = b"\x0b:event-type\x07" + struct.pack(">H", len(name)) + name.encode()
        body = json.dumps(payload).encode()
        prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
        message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
        out += message + struct.pack(">I", zlib.crc32(message))
    return out


def wrapped(*found: Event) -> bytes:
    return frames(*[("chunk", {"bytes": base64.b64encode(json.dumps(each).encode()).decode()}) for each in found])


def assembled(name: str, stream: bytes) -> dict[str, object] | None:
    whole = FORMATS[name].assemble(stream)
    value: dict[str, object] | None = None if whole is None else json.loads(whole)
    return value


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "stream", [b"", b"\n\n", b"<html>bad gateway</html>", b"data: [DONE]\n\n", b"\x00\x01\x02" * 20]
)
def test_what_is_no_stream_is_no_message(name: str, stream: bytes) -> None:
    assert assembled(name, stream) is None


def message(*deltas: Event) -> object:
    whole = assembled("openai_chat", events(*[{"choices": [{"delta": each}]} for each in deltas])) or {}
    choices = whole["choices"]
    assert isinstance(choices, list)
    return choices[0]["message"]


def test_chat_joins_the_older_function_call_and_audio() -> None:
    call = message(
        {"function_call": {"name": "f", "arguments": "{"}}, {"function_call": {"name": None, "arguments": "}"}}
    )
    assert call == {"function_call": {"name": "f", "arguments": "{}"}}
    audio = message(
        {"audio": {"id": "a", "data": "AA"}}, {"audio": {"data": "BB", "transcript": "hi", "expires_at": 5}}
    )
    assert audio == {"audio": {"id": "a", "data": "AABB", "transcript": "hi", "expires_at": 5}}


def test_chat_joins_a_call_that_is_never_numbered() -> None:
    start = {"id": "c1", "function": {"name": "f", "arguments": ""}}
    made = message(
        {"tool_calls": [start]}, {"tool_calls": [{"function": {"arguments": "{}"}}, 5]}, {"tool_calls": "no"}
    )
    assert isinstance(made, dict)
    assert made["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}


def test_chat_joins_the_call_of_a_custom_tool() -> None:
    start = {"index": 0, "id": "c1", "type": "custom", "custom": {"name": "sh", "input": "l"}}
    made = message({"tool_calls": [start]}, {"tool_calls": [{"index": 0, "custom": {"input": "s"}}]})
    assert made == {"tool_calls": [{"id": "c1", "type": "custom", "custom": {"name": "sh", "input": "ls"}}]}


def test_chat_takes_calls_that_are_none() -> None:
    assert message({"content": "a", "tool_calls": None}, {"tool_calls": [], "content": "b"}) == {"content": "ab"}


def test_chat_takes_the_call_of_a_provider_that_repeats_id_and_name() -> None:
    piece = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "x"}}
    made = message({"tool_calls": [piece]}, {"tool_calls": [piece]})
    assert made == {"tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "xx"}}]}


def test_chat_keeps_a_message_that_came_whole_and_fields_it_does_not_know() -> None:
    whole = {"id": "1", "new_field": {"a": 1}, "choices": [{"index": 0, "message": {"content": "hi"}, "also_new": 2}]}
    assert assembled("openai_chat", json.dumps(whole).encode()) == whole


def test_chat_keeps_an_error_that_came_alone() -> None:
    assert assembled("openai_chat", events({"error": {"code": 500}})) == {"error": {"code": 500}}


def test_chat_joins_an_emoji_that_was_cut_in_half() -> None:
    halves = (rb'{"choices":[{"delta":{"content":"a\ud83d"}}]}', rb'{"choices":[{"delta":{"content":"\ude00"}}]}')
    stream = b"".join(b"data: " + half + b"\n\n" for half in halves)
    whole = assembled("openai_chat", stream) or {}
    assert whole["choices"] == [{"message": {"content": "a\U0001f600"}}]


def test_chat_ignores_choices_and_pieces_of_the_wrong_type() -> None:
    stream = events(
        {"choices": 5}, {"choices": [7, {"delta": 5, "logprobs": 3}, {"index": "x", "delta": {"content": 5}}]}
    )
    assert assembled("openai_chat", stream) == {"choices": [{"logprobs": 3, "index": "x", "message": {"content": 5}}]}


def test_completions_ignore_choices_of_the_wrong_type() -> None:
    assert assembled("completions", events({"id": "1", "choices": [5]})) == {"id": "1"}


def test_responses_joins_what_a_broken_stream_left() -> None:
    def delta(kind: str, index: int, piece: str, **more: int) -> Event:
        return {"type": f"response.{kind}.delta", "output_index": index, "delta": piece, **more}

    added = [{"type": "response.output_item.added", "output_index": i, "item": {"id": str(i)}} for i in range(5)]
    whole = assembled(
        "openai_responses",
        events(
            *added,
            delta("refusal", 0, "I ", content_index=0),
            delta("refusal", 0, "won't", content_index=0),
            delta("custom_tool_call_input", 1, "ls"),
            delta("code_interpreter_call_code", 2, "1+1"),
            delta("audio", 3, "AAAA"),
            delta("reasoning_summary_text", 4, "a", summary_index=0),
            delta("reasoning_summary_text", 4, "b", summary_index=1),
            {"type": "response.web_search_call.searching", "output_index": 4},
        ),
    )
    assert whole == {
        "output": [
            {"id": "0", "content": [{"refusal": "I won't"}]},
            {"id": "1", "input": "ls"},
            {"id": "2", "code": "1+1"},
            {"id": "3"},
            {"id": "4", "summary": [{"text": "a"}, {"text": "b"}]},
        ]
    }


def test_responses_keeps_one_that_came_whole() -> None:
    assert assembled("openai_responses", b'{"id":"resp_1","output":[]}') == {"id": "resp_1", "output": []}


def test_anthropic_keeps_what_newer_events_bring() -> None:
    whole = assembled(
        "anthropic_messages",
        events(
            {"type": "message_start", "message": {"id": "m", "usage": {}}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "compaction"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "compaction_delta", "content": "short"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {"a": 1}}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {"a": 2}}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta"}},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "x"},
                "usage": {"output_tokens": 1},
                "context": {"b": 2},
            },
            {"type": "message_stop", "openrouter_metadata": {"c": 3}},
        ),
    )
    assert whole == {
        "id": "m",
        "usage": {"output_tokens": 1},
        "content": [{"type": "compaction", "content": "short", "citations": [{"a": 1}, {"a": 2}]}],
        "stop_reason": "x",
        "context": {"b": 2},
        "openrouter_metadata": {"c": 3},
    }


def test_anthropic_keeps_a_message_that_came_whole() -> None:
    whole = {"type": "message", "content": [{"type": "text", "text": "hi"}]}
    assert assembled("anthropic_messages", json.dumps(whole).encode()) == whole


def test_gemini_keeps_signed_parts_as_they_are() -> None:
    def chunk(*parts: Event) -> Event:
        return {"candidates": [{"content": {"parts": list(parts)}}]}

    stream = events(
        chunk({"text": "a"}), chunk({"text": "b", "thoughtSignature": "s"}), chunk({"text": "c"}, {"text": ""})
    )
    whole = assembled("gemini", stream) or {}
    parts = [{"text": "a"}, {"text": "b", "thoughtSignature": "s"}, {"text": "c"}]
    assert whole["candidates"] == [{"content": {"parts": parts}}]
    assert assembled("gemini", events({"candidates": [3, {"finishReason": "SAFETY"}]})) == {
        "candidates": [{"finishReason": "SAFETY"}]
    }


def test_converse_keeps_citations_and_redacted_reasoning() -> None:
    def delta(index: int, **piece: object) -> tuple[str, Event]:
        return "contentBlockDelta", {"contentBlockIndex": index, "delta": piece}

    stream = frames(
        delta(0, reasoningContent={"redactedContent": "AAAA"}),
        delta(1, text="Cited."),
        delta(1, citation={"title": "a"}),
        delta(1, citation={"title": "b"}),
        delta(2, image={"format": "png"}),
        delta(3, toolUse={"input": '{"a'}),
    )
    assert assembled("bedrock_converse", stream) == {
        "output": {
            "message": {
                "content": [
                    {"reasoningContent": {"redactedContent": "AAAA"}},
                    {
                        "citationsContent": {
                            "citations": [{"title": "a"}, {"title": "b"}],
                            "content": [{"text": "Cited."}],
                        }
                    },
                    {"image": {"format": "png"}},
                    {"toolUse": {"input": '{"a'}},
                ]
            }
        }
    }
    assert assembled("bedrock_converse", frames(("metadata", {"usage": {}}))) == {"usage": {}}


def test_invoke_knows_chat_chunks_and_errors() -> None:
    piece = {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "a"}}]}
    stream = wrapped(piece, piece) + frames(("throttlingException", {"message": "slow"}))
    assert assembled("bedrock_invoke", stream) == {
        "object": "chat.completion",
        "choices": [{"message": {"content": "aa"}}],
        "error": {"type": "throttlingException", "message": "slow"},
    }


def test_invoke_joins_the_outputs_of_mistral() -> None:
    stream = wrapped(
        {"outputs": [{"text": "a", "stop_reason": None}]}, {"outputs": [{"text": "b", "stop_reason": "stop"}]}
    )
    assert assembled("bedrock_invoke", stream) == {"outputs": [{"text": "ab", "stop_reason": "stop"}]}


def test_cohere_keeps_events_it_does_not_know() -> None:
    assert assembled("cohere", events({"type": "error", "message": "no"})) == {"type": "error", "message": "no"}
    cut = b'{"event_type":"search-results","search_results":[1]}\n{"event_type":"search-results","search_results":[2]}'
    assert assembled("cohere", cut) == {"search_results": [1, 2]}


def test_workers_ai_joins_the_calls_of_tools() -> None:
    stream = events({"response": "", "tool_calls": [{"name": "a"}]}, {"tool_calls": [{"name": "b"}]})
    whole = assembled("workers_ai", stream) or {}
    assert whole["result"] == {"response": "", "tool_calls": [{"name": "a"}, {"name": "b"}]}


WORDS = """
type index delta choices message content text tool_calls function arguments id name logprobs reasoning_details
usage response item output_index content_index part error content_block partial_json citation candidates parts
contentBlockIndex toolUse input reasoningContent start event_type tool_plan citations result success outputs
x_groq thinking summary_index annotations audio
"""
TYPES = """
text message_start content_block_start content_block_delta message_delta input_json_delta citations_delta
thinking response.output_item.added response.content_part.added response.output_text.delta response.completed
message-start content-delta tool-call-start citation-start text-generation chat.completion.chunk
"""
ODD_EVENTS = st.lists(odd_objects(WORDS.split(), TYPES.split()), max_size=5)
KINDS = st.sampled_from(["messageStart", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata", "odd"])


@settings(max_examples=40, deadline=None)
@given(ODD_EVENTS, KINDS)
def test_events_of_any_shape_are_assembled_without_an_error(found: list[Event], kind: str) -> None:
    streams = [events(*found), wrapped(*found), frames(*[(kind, each) for each in found])]
    for format_ in FORMATS.values():
        for stream in streams:
            whole = format_.assemble(stream)
            assert whole is None or isinstance(json.loads(whole), dict)
            meter = format_.meter()
            meter.feed(stream)
            meter.finish()
