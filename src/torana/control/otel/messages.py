"""Prompts and answers as the GenAI conventions write them: `[{"role", "parts": [{"type", "content"}]}]`.

Of formats that have roles: OpenAI's chat and responses, Anthropic's messages, Gemini's contents, Bedrock's Converse.
What is of no such form gives nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

Json: TypeAlias = dict[str, object]

_decode = msgspec.json.Decoder().decode


def input_messages(body: bytes) -> bytes:
    """Empty where there are none to be read."""
    given = _object(body)
    system = given.get("system") or given.get("systemInstruction") or given.get("instructions")
    found = [_message("system", system)] if system else []
    asked = given.get("messages") or given.get("contents") or given.get("input")
    if isinstance(asked, str):
        found.append(_message("user", asked))
    elif isinstance(asked, list):
        found += [_of(one, "user") for one in asked if isinstance(one, dict)]
    return msgspec.json.encode(found) if found else b""


def output_messages(body: bytes) -> bytes:
    """The same of a whole answer."""
    given = _object(body)
    found = [{**_of(one, "assistant"), "finish_reason": str(why or "stop")} for one, why in _answers(given)]
    return msgspec.json.encode(found) if found else b""


def _answers(given: Json) -> Iterator[tuple[Json, object]]:
    for choice in _objects(given.get("choices")):
        message = choice.get("message")
        if isinstance(message, dict):
            yield message, choice.get("finish_reason")
    for candidate in _objects(given.get("candidates")):
        content = candidate.get("content")
        if isinstance(content, dict):
            yield content, candidate.get("finishReason")
    for item in _objects(given.get("output")):
        if item.get("type") in {"message", "function_call"}:
            yield item, given.get("status")
    output = given.get("output")
    if isinstance(output, dict) and isinstance(output.get("message"), dict):
        yield output["message"], given.get("stopReason")
    if given.get("role") == "assistant":
        yield given, given.get("stop_reason")


def _of(one: Json, usual: str) -> Json:
    role = str(one.get("role") or usual)
    content = one.get("content") if "content" in one else one.get("parts")
    message = _message("assistant" if role == "model" else role, content)
    calls = [*_objects(one.get("tool_calls")), *([one] if one.get("type") == "function_call" else [])]
    parts = message["parts"]
    if isinstance(parts, list):
        parts += [_call(call) for call in calls]
    return message


def _message(role: str, content: object) -> Json:
    if isinstance(content, dict) and "parts" in content:
        content = content["parts"]
    parts = [{"type": "text", "content": content}] if isinstance(content, str) else []
    return {"role": role, "parts": [*parts, *map(_part, _objects(content))]}


def _part(one: Json) -> Json:
    if isinstance(one.get("text"), str):
        return {"type": "text", "content": one["text"]}
    if one.get("type") == "tool_use":
        return {"type": "tool_call", "id": one.get("id"), "name": one.get("name"), "arguments": one.get("input")}
    if one.get("type") == "tool_result":
        return {"type": "tool_call_response", "id": one.get("tool_use_id"), "response": one.get("content")}
    return one


def _call(one: Json) -> Json:
    function = one.get("function")
    called = function if isinstance(function, dict) else one
    return {
        "type": "tool_call",
        "id": one.get("id") or one.get("call_id"),
        "name": called.get("name"),
        "arguments": called.get("arguments"),
    }


def _object(body: bytes) -> Json:
    try:
        found = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _objects(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
