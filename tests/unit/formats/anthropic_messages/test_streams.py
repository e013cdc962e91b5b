"""Whatever comes, a client gets whole events, and the hub gets chunks."""

from __future__ import annotations

import contextlib
import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from golden_cases import ID
from torana.errors import CallerError
from torana.formats.anthropic_messages import TRANSLATOR
from torana.formats.anthropic_messages.passing import assemble
from torana.formats.json import Json
from torana.formats.translation import Brief, Turn

TURN = Turn(ID, 1_700_000_000, "a-model", {}, {})
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "text", "index", "id", "name"]), inner)
    ),
    max_leaves=6,
)
TYPES = st.sampled_from(
    [
        "message_start",
        "message_delta",
        "message_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "error",
    ]
)
BLOCKS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "text",
                "tool_use",
                "thinking",
                "redacted_thinking",
                "server_tool_use",
                "text_delta",
            ]
        )
        | ANY
    },
    optional=dict.fromkeys(
        ["text", "thinking", "signature", "input", "data", "citations", "id", "name", "stop_reason"], ANY
    ),
)
EVENTS = st.fixed_dictionaries(
    {"type": TYPES},
    optional={
        "index": st.integers(0, 2) | ANY,
        "message": ANY,
        "content_block": BLOCKS | ANY,
        "delta": BLOCKS | ANY,
        "usage": ANY,
        "error": ANY,
    },
)


@given(st.lists(EVENTS, max_size=8))
def test_no_event_of_a_provider_raises(events: list[Json]) -> None:
    machine = TRANSLATOR.stream_to_chat(TURN)
    chunks = machine.feed(b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))
    chunks += machine.finish()
    assert machine.is_broken == any("error" in chunk for chunk in chunks)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "content",
                "usage",
                "stop_reason",
                "stop_details",
                "id",
            ]
        ),
        ANY | st.lists(BLOCKS),
    )
)
def test_no_reply_of_a_provider_raises(reply: Json) -> None:
    assert TRANSLATOR.reply_to_chat(reply, TURN)["choices"]


DETAILS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["reasoning.text", "reasoning.summary", "reasoning.encrypted"]),
        "format": st.sampled_from(["anthropic-claude-v1", "google-gemini-v1", "unknown"]),
        "index": st.integers(0, 1),
    },
    optional={name: st.text(max_size=3) for name in ("text", "summary", "data", "signature")},
)
CALLS = st.fixed_dictionaries(
    {"index": st.integers(0, 2)},
    optional={
        "id": st.sampled_from(["", "a", "b"]),
        "function": st.fixed_dictionaries(
            {}, optional={"name": st.sampled_from(["", "f"]), "arguments": st.text(max_size=3)}
        ),
    },
)
DELTAS = st.fixed_dictionaries(
    {},
    optional={
        "content": st.text(max_size=4) | st.none(),
        "refusal": st.text(max_size=2),
        "reasoning_details": st.lists(DETAILS, max_size=2),
        "tool_calls": st.lists(CALLS, max_size=2),
        "annotations": st.lists(ANY, max_size=1),
    },
)


@given(st.lists(DELTAS, max_size=8))
def test_all_text_and_all_arguments_are_told_in_blocks_that_are_whole(deltas: list[Json]) -> None:
    machine = TRANSLATOR.stream_from_chat(TURN)
    data = machine.feed([{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]) + machine.finish()
    message = json.loads(assemble(data) or b"")
    text = "".join(block["text"] for block in message["content"] if block["type"] == "text")
    assert text == "".join(str(delta.get(name) or "") for delta in deltas for name in ("content", "refusal"))
    events = [json.loads(line[6:]) for line in data.splitlines() if line.startswith(b"data: ")]
    told = [event["delta"]["partial_json"] for event in events if "partial_json" in event.get("delta", {})]
    given = [call.get("function", {}).get("arguments", "") for delta in deltas for call in delta.get("tool_calls", [])]  # type: ignore[attr-defined]  # as drawn above
    assert sorted("".join(told)) == sorted("".join(given))
    starts = [event["index"] for event in events if event["type"] == "content_block_start"]
    stops = [event["index"] for event in events if event["type"] == "content_block_stop"]
    assert starts == stops == list(range(len(starts)))


PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "image", "document", "tool_use", "tool_result", "image_url", "file", "x"]) | ANY},
    optional=dict.fromkeys(
        ["text", "source", "input", "content", "id", "name", "tool_use_id", "image_url", "file"], ANY
    ),
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system", "tool"]) | ANY},
    optional={
        "content": st.lists(PARTS, max_size=2) | ANY,
        "tool_calls": st.lists(ANY, max_size=1) | ANY,
        "annotations": st.lists(ANY, max_size=1) | ANY,
        "reasoning_details": st.lists(DETAILS, max_size=2) | ANY,
    },
)
REQUESTS = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGES, max_size=3) | ANY},
    optional=dict.fromkeys(
        [
            "model",
            "max_tokens",
            "metadata",
            "output_config",
            "reasoning",
            "response_format",
            "service_tier",
            "stop",
            "stop_sequences",
            "system",
            "temperature",
            "thinking",
            "tool_choice",
            "tools",
            "user",
            "web_search_options",
        ],
        ANY | st.lists(ANY, max_size=1),
    ),
)


@given(REQUESTS)
def test_a_wrong_request_is_the_callers_error_and_no_other(request: Json) -> None:
    for translate in (TRANSLATOR.request_to_chat, TRANSLATOR.request_from_chat):
        with contextlib.suppress(CallerError):
            assert translate(copy.deepcopy(request), Brief())["messages"] is not None
