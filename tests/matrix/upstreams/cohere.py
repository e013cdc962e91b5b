"""Cohere's chat, version 2."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import cohere
import pydantic
from cohere.types.chat_message_v2 import ChatMessageV2

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
from matrix.upstreams.wire import body_of, named, picture, pieces_of, whole
from scripted_answers import Answer, Received, sse

IDS = ("weather_4kq8zt2w9xvb", "clock_7mnr3ysd6hpf")
_ID = "c14c80c3-18eb-4519-9460-6c92edd8cfb4"
_USAGE = {
    "billed_units": {"input_tokens": TOKENS_IN, "output_tokens": TOKENS_OUT},
    "tokens": {"input_tokens": TOKENS_IN, "output_tokens": TOKENS_OUT},
    "cached_tokens": CACHED,
}
_CALLS: list[Json] = [
    {"id": id_, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
    for id_, call in zip(IDS, CALLS, strict=True)
]


def _content(scene: Scene) -> list[Json]:
    if scene == "calls":
        return []
    if scene == "thoughts":
        return [{"type": "thinking", "thinking": THOUGHT}]
    return [{"type": "text", "text": "".join(_pieces(scene))}]


def _pieces(scene: Scene) -> tuple[str, ...]:
    return THOUGHT_PIECES if scene == "thoughts" else VERDICT_PIECES if scene == "verdict" else PIECES


def _calls(scene: Scene) -> list[Json]:
    return _CALLS if scene in ("calls", "thoughts") else []


def say(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001  # Upstream's shape
    finish = "TOOL_CALL" if _calls(scene) else "COMPLETE"
    if is_stream:
        return sse([named(event) for event in _events(scene, finish)])
    message: Json = {"role": "assistant"}
    if _calls(scene):
        message["tool_calls"] = _calls(scene)
    if _content(scene):
        message["content"] = _content(scene)
    return whole({"id": _ID, "message": message, "finish_reason": finish, "usage": _USAGE})


def _events(scene: Scene, finish: str) -> Iterator[Json]:
    empty: Json = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"id": _ID, "type": "message-start", "delta": {"message": empty}}
    for index, part in enumerate(_content(scene)):
        kind = part["type"]
        begun: Json = {"message": {"content": {"type": kind, kind: ""}}}
        yield {"type": "content-start", "index": index, "delta": begun}
        for piece in _pieces(scene):
            yield {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: piece}}}}
        yield {"type": "content-end", "index": index}
    for index, call in enumerate(_calls(scene)):
        begun = {**call, "function": {**call["function"], "arguments": ""}}
        yield {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": begun}}}
        for piece in pieces_of(call["function"]["arguments"]):
            more = {"function": {"arguments": piece}}
            yield {"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": more}}}
        yield {"type": "tool-call-end", "index": index}
    yield {"type": "message-end", "delta": {"finish_reason": finish, "usage": _USAGE}}


_FIELDS = {*inspect.signature(cohere.ClientV2.chat).parameters, "stream"} - {"self", "request_options"}
_KINDS: Json = {
    "messages": list[ChatMessageV2],
    "tools": list[cohere.ToolV2],
    "response_format": cohere.ResponseFormatV2,
    "thinking": cohere.Thinking,
}
_ADAPTERS = {name: pydantic.TypeAdapter(kind) for name, kind in _KINDS.items()}


def _check(body: Json) -> None:
    assert body.keys() <= _FIELDS, body.keys() - _FIELDS
    for name, adapter in _ADAPTERS.items():
        if name in body:
            _check_extras(adapter.validate_python(body[name]), name)


def _check_extras(value: Any, where: str) -> None:
    """The SDK's models keep what they do not know."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            _check_extras(each, f"{where}[{number}]")
    elif isinstance(value, pydantic.BaseModel):
        assert not value.model_extra, f"{where}: {value.model_extra}"
        for name in type(value).model_fields:
            _check_extras(getattr(value, name), f"{where}.{name}")


def hear(received: Received) -> Heard:
    body = body_of(received)
    _check(body)
    wanted = body.get("response_format", {})
    tools = [tool["function"] for tool in body.get("tools", ())]
    heard = Heard(
        model=body["model"],
        is_stream=body.get("stream") is True,
        tools={tool["name"]: properties(tool["parameters"]) for tool in tools},
        verdict=properties(wanted["json_schema"]) if "json_schema" in wanted else [],
        thinks=body.get("thinking", {}).get("type") == "enabled",
        most=body.get("max_tokens"),
        temperature=body.get("temperature"),
    )
    for message in body["messages"]:
        _read_message(heard, message)
    return heard


def _read_message(heard: Heard, message: Json) -> None:
    content = message.get("content") or []
    parts: list[Json] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    text = "".join(part["text"] for part in parts if part["type"] == "text")
    match message["role"]:
        case "system":
            heard.system += text
        case "user":
            heard.prompts += [text] * bool(text)
            heard.images += [picture(part["image_url"]["url"]) for part in parts if part["type"] == "image_url"]
        case "assistant":
            heard.thoughts += "".join(part["thinking"] for part in parts if part["type"] == "thinking")
            for call in message.get("tool_calls") or ():
                function = call["function"]
                heard.calls.append((call["id"], function["name"], json.loads(function["arguments"])))
        case "tool":
            documents = [part["document"]["data"] for part in parts if part["type"] == "document"]
            text += "".join(data if isinstance(data, str) else json.dumps(data) for data in documents)
            heard.results.append((message["tool_call_id"], text))


def fail(status: int, message: str) -> Answer:
    return whole({"id": _ID, "message": message}, status)


def breaks(message: str) -> bytes:
    return named({"type": "message-end", "delta": {"error": message, "finish_reason": "ERROR", "usage": _USAGE}})


COHERE = Upstream(
    name="Cohere",
    slug="cohere",
    model="command-a-vision-07-2025",
    format="cohere",
    paths=("/v2/chat", "/v2/chat"),
    own_headers=frozenset({"x-client-name", "x-fern-language", "x-fern-sdk-name", "x-fern-sdk-version"}),
    hear=hear,
    say=say,
    fail=fail,
    breaks=breaks,
)
