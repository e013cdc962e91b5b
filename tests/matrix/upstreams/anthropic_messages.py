"""Anthropic's messages."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator

from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming

from matrix.asking import (
    CACHED,
    CALLS,
    PIECES,
    THOUGHT,
    THOUGHT_PIECES,
    TOKENS_IN,
    TOKENS_OUT,
    VERDICT_PIECES,
    Json,
)
from matrix.hearing import Heard, Scene, Upstream, properties
from matrix.strictness import misfits
from matrix.upstreams.wire import body_of, named, picture, pieces_of, whole
from scripted_answers import Answer, Received, sse

IDS = ("toolu_01W9qZ4mKc7XvB2n", "toolu_01Tf5hRj8LpYs3Da")
SIGNATURE = base64.b64encode(b"\x12\xb5 signed by Claude, for Claude \xfb\xff" * 2).decode()
REDACTED = base64.b64encode(b"\x12\x6c what Claude alone may read \xff\xf0\x01").decode()
_USAGE = {
    "input_tokens": TOKENS_IN - CACHED,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": CACHED,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "service_tier": "standard",
}
_THOUGHTS: list[Json] = [
    {"type": "thinking", "thinking": THOUGHT, "signature": SIGNATURE},
    {"type": "redacted_thinking", "data": REDACTED},
]
_CALLS: list[Json] = [
    {"type": "tool_use", "id": id_, "name": call.name, "input": call.arguments}
    for id_, call in zip(IDS, CALLS, strict=True)
]

_VERSIONS = (b"2023-06-01", b"2026-10-21")
_ELSEWHERE = frozenset({"temperature", "top_p", "top_k", "thread"})
"""What the SDK's types have no more, as only older models have it, or in its beta alone."""


def _message(scene: Scene, **fields: object) -> Json:
    envelope = {"id": "msg_01C0ffeeXq", "type": "message", "role": "assistant", "model": "claude-a-20260101"}
    return {**envelope, "content": _blocks(scene), "stop_reason": _stop(scene), "stop_sequence": None, **fields}


def _blocks(scene: Scene) -> list[Json]:
    if scene == "thoughts":
        return [*_THOUGHTS, *_CALLS]
    if scene == "calls":
        return _CALLS
    return [{"type": "text", "text": "".join(_pieces(scene)), "citations": None}]


def _pieces(scene: Scene) -> tuple[str, ...]:
    return VERDICT_PIECES if scene == "verdict" else PIECES


def _stop(scene: Scene) -> str:
    return "tool_use" if scene in ("calls", "thoughts") else "end_turn"


def say(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001  # Upstream's shape
    if not is_stream:
        return whole(_message(scene, usage={**_USAGE, "output_tokens": TOKENS_OUT}))
    return sse([named(event) for event in _events(scene)])


def _events(scene: Scene) -> Iterator[Json]:
    usage = {**_USAGE, "output_tokens": 1}
    yield {"type": "message_start", "message": _message(scene, content=[], stop_reason=None, usage=usage)}
    yield {"type": "ping"}
    for index, block in enumerate(_blocks(scene)):
        empty = {name: {} if name == "input" else "" for name in ("text", "thinking", "signature", "input")}
        begun = {**block, **{name: value for name, value in empty.items() if name in block}}
        yield {"type": "content_block_start", "index": index, "content_block": begun}
        for delta in _deltas(block, scene):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ends = {"stop_reason": _stop(scene), "stop_sequence": None}
    yield {"type": "message_delta", "delta": ends, "usage": {"output_tokens": TOKENS_OUT}}
    yield {"type": "message_stop"}


def _deltas(block: Json, scene: Scene) -> Iterator[Json]:
    match block["type"]:
        case "text":
            yield from ({"type": "text_delta", "text": piece} for piece in _pieces(scene))
        case "thinking":
            yield from ({"type": "thinking_delta", "thinking": piece} for piece in THOUGHT_PIECES)
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use":
            for piece in ("", *pieces_of(json.dumps(block["input"]))):
                yield {"type": "input_json_delta", "partial_json": piece}


def hear(received: Received) -> Heard:
    assert received.header("anthropic-version") in _VERSIONS
    body = body_of(received)
    kind = MessageCreateParamsStreaming if body.get("stream") else MessageCreateParamsNonStreaming
    assert not (wrong := misfits(body, kind, _ELSEWHERE)), wrong
    output = body.get("output_config", {})
    system = body.get("system", "")
    heard = Heard(
        model=body["model"],
        is_stream=body.get("stream") is True,
        system=system if isinstance(system, str) else "".join(block["text"] for block in system),
        tools={tool["name"]: properties(tool["input_schema"]) for tool in body.get("tools", ())},
        verdict=properties(output["format"]["schema"]) if "format" in output else [],
        thinks=body.get("thinking", {}).get("type") in ("enabled", "adaptive"),
        most=body["max_tokens"],
        temperature=body.get("temperature"),
    )
    roles = [message["role"] for message in body["messages"]]
    assert all(one != other for one, other in itertools.pairwise(roles)), "two messages of one role"
    for message in body["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in blocks:
            _read_block(heard, message["role"], block)
    return heard


def _read_block(heard: Heard, role: str, block: Json) -> None:
    match block["type"]:
        case "text" if role == "user":
            heard.prompts.append(block["text"])
        case "image":
            heard.images.append(_image(block["source"]))
        case "thinking":
            heard.thoughts += block["thinking"]
            heard.signatures.append(block["signature"])
        case "redacted_thinking":
            heard.signatures.append(block["data"])
        case "tool_use":
            heard.calls.append((block["id"], block["name"], block["input"]))
        case "tool_result":
            content = block["content"]
            text = content if isinstance(content, str) else "".join(part["text"] for part in content)
            heard.results.append((block["tool_use_id"], text))


def _image(source: Json) -> bytes | str:
    if source["type"] == "url":
        return str(source["url"])
    return picture(f"data:{source['media_type']};base64,{source['data']}")


_TYPES = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error", 500: "api_error"}


def fail(status: int, message: str) -> Answer:
    error = {"type": _TYPES[status], "message": message}
    return whole({"type": "error", "error": error, "request_id": "req_011C0ffee"}, status)


def breaks(message: str) -> bytes:
    return named({"type": "error", "error": {"type": "overloaded_error", "message": message}})


ANTHROPIC = Upstream(
    name="Anthropic",
    slug="anthropic",
    model="claude-sonnet-4-5",
    format="anthropic_messages",
    paths=("/v1/messages", "/v1/messages"),
    key_header="x-api-key",
    key_prefix="",
    takes_bearers=True,
    own_headers=frozenset({"anthropic-version", "anthropic-beta"}),
    hear=hear,
    say=say,
    fail=fail,
    breaks=breaks,
    signatures=(SIGNATURE, REDACTED),
)
