"""Whatever comes, a client gets whole events."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from golden_cases import ID
from torana.formats.anthropic_messages import TRANSLATOR
from torana.formats.anthropic_messages.passing import assemble
from torana.formats.json import Json
from torana.formats.translation import Turn

TURN = Turn(ID, 1_700_000_000, "a-model", {}, {})
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
        "annotations": st.lists(st.sampled_from([None, "x", {}, {"type": "x"}, {"type": "url_citation"}]), max_size=1),
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
