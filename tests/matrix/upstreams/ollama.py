"""Ollama's chat."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import ollama
from ollama import ChatResponse
from ollama._types import ChatRequest

from matrix.asking import (
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
from matrix.upstreams.wire import body_of, whole
from scripted_answers import Answer, Received

_AT = {"model": "qwen3:8b", "created_at": "2026-01-01T10:20:30.456789Z"}
_END = {
    "total_duration": 4883583458,
    "load_duration": 1334875,
    "prompt_eval_count": TOKENS_IN,
    "prompt_eval_duration": 342546000,
    "eval_count": TOKENS_OUT,
    "eval_duration": 4535599000,
}
_CALLS: list[Json] = [{"function": {"name": call.name, "arguments": call.arguments}} for call in CALLS]
assert ChatResponse.model_fields.keys() >= {*_AT, *_END}


def _pieces(scene: Scene) -> tuple[str, ...]:
    return VERDICT_PIECES if scene == "verdict" else PIECES if scene == "text" else ()


def say(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001  # Upstream's shape
    if is_stream:
        lines = [json.dumps(line).encode() + b"\n" for line in _lines(scene)]
        return Answer(headers=[(b"Content-Type", b"application/x-ndjson")], chunks=lines, framing="chunked")
    message: Json = {"role": "assistant", "content": "".join(_pieces(scene))}
    if scene == "thoughts":
        message["thinking"] = THOUGHT
    if scene in ("calls", "thoughts"):
        message["tool_calls"] = _CALLS
    return whole({**_AT, "message": message, "done": True, "done_reason": "stop", **_END})


def _lines(scene: Scene) -> Iterator[Json]:
    def line(**message: object) -> Json:
        return {**_AT, "message": {"role": "assistant", "content": "", **message}, "done": False}

    if scene == "thoughts":
        yield from (line(thinking=piece) for piece in THOUGHT_PIECES)
    yield from (line(content=piece) for piece in _pieces(scene))
    if scene in ("calls", "thoughts"):
        yield from (line(tool_calls=[call]) for call in _CALLS)
    yield {**line(), "done": True, "done_reason": "stop", **_END}


def hear(received: Received) -> Heard:
    body = body_of(received)
    asked = ChatRequest.model_validate(body)
    assert body.keys() <= ChatRequest.model_fields.keys(), body.keys()
    options = body.get("options", {})
    assert options.keys() <= ollama.Options.model_fields.keys(), options
    heard = Heard(
        model=asked.model,
        is_stream=body["stream"],
        tools={t["function"]["name"]: properties(t["function"]["parameters"]) for t in body.get("tools") or ()},
        verdict=properties(body["format"]) if body.get("format") else [],
        thinks=bool(body.get("think")),
        most=options.get("num_predict"),
        temperature=options.get("temperature"),
    )
    for message in body["messages"]:
        assert message.keys() <= {*ollama.Message.model_fields, "tool_call_id"}, message.keys()
        _read_message(heard, message)
    return heard


def _read_message(heard: Heard, message: Json) -> None:
    content = message.get("content") or ""
    match message["role"]:
        case "system":
            heard.system += content
        case "user":
            heard.prompts += [content] * bool(content)
            heard.images += [base64.b64decode(image, validate=True) for image in message.get("images") or ()]
        case "assistant":
            heard.thoughts += message.get("thinking") or ""
            functions = [call["function"] for call in message.get("tool_calls") or ()]
            heard.calls += [("", function["name"], function["arguments"]) for function in functions]
        case "tool":
            heard.results.append((message["tool_name"], content))


def fail(status: int, message: str) -> Answer:
    return whole({"error": message}, status)


def breaks(message: str) -> bytes:
    return json.dumps({"error": message}).encode() + b"\n"


OLLAMA = Upstream(
    name="Ollama",
    slug="ollama",
    model="qwen3:8b",
    format="ollama",
    paths=("/api/chat", "/api/chat"),
    hear=hear,
    say=say,
    fail=fail,
    breaks=breaks,
    has_ids=False,
    has_urls=False,
)
