"""Nova behind InvokeModel: what Amazon's SDK makes of it, and what survives a way there and back."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from pathlib import Path

import botocore.session
import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import EventStreamJSONParser
from botocore.validate import ParamValidator

from golden_cases import ID, ROOT
from torana.formats import FORMATS
from torana.formats.bedrock_converse.outcome import used_to_chat
from torana.formats.bedrock_invoke.nova import TRANSLATOR
from torana.formats.chat_usage import usage_of
from torana.formats.json import Json, as_list, as_object
from torana.formats.openai_chat.passing import joined
from torana.formats.translation import Brief, Turn

NOVA = "us.amazon.nova-2-lite-v1:0"
TURN = Turn(ID, 1_700_000_000, "m", {}, {"model": NOVA})
CASES = sorted((ROOT / "chat_to_bedrock_invoke_nova").iterdir())
SERVICE = botocore.session.get_session().get_service_model("bedrock-runtime")
STREAM = SERVICE.operation_model("InvokeModelWithResponseStream").output_shape.members["body"]
EVENTS = SERVICE.operation_model("ConverseStream").output_shape.members["stream"]
MESSAGE = SERVICE.operation_model("Converse").output_shape.members["output"]


@pytest.mark.parametrize("case", [c for c in CASES if (c / "reply.expected.json").exists()], ids=lambda path: path.name)
def test_answers_hold_messages_as_converse_describes_them(case: Path) -> None:
    reply = json.loads((case / "reply.expected.json").read_text())
    assert not ParamValidator().validate(reply["output"], MESSAGE).generate_report()
    assert reply.keys() == {"output", "stopReason", "usage"}


@pytest.mark.parametrize("case", [c for c in CASES if (c / "stream.jsonl").exists()], ids=lambda path: path.name)
def test_streams_are_chunks_with_the_events_of_converse(case: Path) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(base64.b64decode((case / "stream.expected.bin").read_bytes()))
    names: list[str] = []
    for message in buffer:
        parsed = EventStreamJSONParser().parse(message.to_response_dict(), STREAM)
        if "Error" in parsed:
            names.append(parsed["Error"]["Code"])
            continue
        event = json.loads(parsed["chunk"]["bytes"])
        name = next(iter(event))
        names.append(name)
        if name != "metadata":  # Nova has other names for what was cached
            assert not ParamValidator().validate(event[name], EVENTS.members[name]).generate_report()
    assert names[0] == "messageStart"
    assert names[-1] in ("metadata", "modelStreamErrorException")


def test_a_conversation_survives_the_way_to_nova_and_back() -> None:
    chat: Json = {
        "messages": [
            {"role": "system", "content": "Be terse."},
            {"role": "user", "content": "Look"},
            {
                "role": "assistant",
                "content": "Hm.",
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "a", "content": "blue"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
        ],
        "tool_choice": "required",
        "max_tokens": 2000,
        "temperature": 0.5,
        "top_k": 7,
        "stop": ["END"],
        "reasoning": {"enabled": True, "effort": "low"},
    }
    body = TRANSLATOR.request_from_chat({**deepcopy(chat), "model": NOVA}, Brief())
    assert TRANSLATOR.request_to_chat(body, Brief()) == chat


def test_what_was_cached_survives_the_way_to_a_client_and_back() -> None:
    usage: Json = {"prompt_tokens": 112, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 100}}
    chunks: list[Json] = [
        {"choices": [{"index": 0, "delta": {"content": "So."}, "finish_reason": "stop"}]},
        {"choices": [], "usage": usage},
    ]
    reply = TRANSLATOR.reply_from_chat(joined(deepcopy(chunks)), TURN)
    assert usage_of(used_to_chat(reply)) == usage_of(usage)
    out, back = TRANSLATOR.stream_from_chat(TURN), TRANSLATOR.stream_to_chat(TURN)
    data = out.feed(chunks) + out.finish()
    told = joined(back.feed(data) + back.finish())
    assert not back.is_broken
    assert usage_of(told["usage"]) == usage_of(usage)
    assert str(as_object(as_object(as_list(told["choices"])[0])["message"])["content"]) == "So."
    meter = FORMATS[TRANSLATOR.format].meter()
    meter.feed(data)
    assert meter.usage == usage_of(usage)
