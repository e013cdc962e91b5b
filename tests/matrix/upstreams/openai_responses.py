"""OpenAI's responses."""

from __future__ import annotations

import json
from collections.abc import Iterator

from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)

from matrix.asking import (
    CACHED,
    CALLS,
    PIECES,
    THOUGHT,
    THOUGHT_PIECES,
    THOUGHT_TOKENS,
    TOKENS_IN,
    TOKENS_OUT,
    VERDICT_PIECES,
    Json,
)
from matrix.hearing import Heard, Scene, Upstream, properties
from matrix.strictness import misfits
from matrix.upstreams import openai_chat
from matrix.upstreams.wire import body_of, named, picture, pieces_of, whole
from scripted_answers import Answer, Received, sse

IDS = ("call_Rw7uQ2eZ5xVb", "call_Gh3mP9sKd1Ya")
REASONING_ID = "rs_68a1c0ffee7b3d"
ENCRYPTED = "gAAAAABo0c7fQm9uZSBvZiB0aGlzIGlzIGZvciB5b3U-xR7_tYpLqWzK4vN2sHdJ8aXe5uCbG1mTf0yOiEw3=="
_USAGE = {
    "input_tokens": TOKENS_IN,
    "input_tokens_details": {"cached_tokens": CACHED},
    "output_tokens": TOKENS_OUT,
    "output_tokens_details": {"reasoning_tokens": THOUGHT_TOKENS},
    "total_tokens": TOKENS_IN + TOKENS_OUT,
}
_REASONING: Json = {
    "id": REASONING_ID,
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": THOUGHT}],
    "encrypted_content": ENCRYPTED,
}
_CALLS: list[Json] = [
    {
        "id": f"fc_{id_}",
        "type": "function_call",
        "status": "completed",
        "call_id": id_,
        "name": call.name,
        "arguments": json.dumps(call.arguments),
    }
    for id_, call in zip(IDS, CALLS, strict=True)
]
_SINCE_BEGINNING: Json = {
    "id": "resp_68a1c0ffee",
    "object": "response",
    "created_at": 1_760_000_000,
    "model": "a-model-2026-01-01",
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "store": False,
}


def _items(scene: Scene) -> list[Json]:
    if scene in ("calls", "thoughts"):
        return [_REASONING, *_CALLS] if scene == "thoughts" else _CALLS
    part = {"type": "output_text", "text": "".join(_pieces(scene)), "annotations": [], "logprobs": []}
    return [{"id": "msg_68a1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}]


def _pieces(scene: Scene) -> tuple[str, ...]:
    return VERDICT_PIECES if scene == "verdict" else PIECES


def say(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001  # Upstream's shape
    done = {**_SINCE_BEGINNING, "status": "completed", "output": _items(scene), "usage": _USAGE}
    if not is_stream:
        return whole(done)
    return sse([named({**event, "sequence_number": n}) for n, event in enumerate(_events(scene, done))])


def _events(scene: Scene, done: Json) -> Iterator[Json]:
    begun = {**_SINCE_BEGINNING, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(_items(scene)):
        where = {"item_id": item["id"], "output_index": index}
        empty: Json = {"message": {"content": []}, "reasoning": {"summary": []}, "function_call": {"arguments": ""}}
        new = {**item, **empty[item["type"]], **({"status": "in_progress"} if "status" in item else {})}
        yield {"type": "response.output_item.added", "output_index": index, "item": new}
        for event in _inner(item, scene):
            yield {**event, **where}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": done}


def _inner(item: Json, scene: Scene) -> Iterator[Json]:
    """Of one item."""
    match item["type"]:
        case "message":
            (part,) = item["content"]
            yield _named("content_part.added", part={**part, "text": ""}, content_index=0)
            for piece in _pieces(scene):
                yield _named("output_text.delta", delta=piece, logprobs=[], content_index=0)
            yield _named("output_text.done", text=part["text"], logprobs=[], content_index=0)
            yield _named("content_part.done", part=part, content_index=0)
        case "reasoning":
            (part,) = item["summary"]
            yield _named("reasoning_summary_part.added", part={**part, "text": ""}, summary_index=0)
            for piece in THOUGHT_PIECES:
                yield _named("reasoning_summary_text.delta", delta=piece, summary_index=0)
            yield _named("reasoning_summary_text.done", text=part["text"], summary_index=0)
            yield _named("reasoning_summary_part.done", part=part, summary_index=0)
        case "function_call":
            for piece in pieces_of(item["arguments"]):
                yield _named("function_call_arguments.delta", delta=piece)
            yield _named("function_call_arguments.done", arguments=item["arguments"], name=item["name"])


def _named(event: str, /, **fields: object) -> Json:
    return {"type": f"response.{event}", **fields}


def hear(received: Received) -> Heard:
    body = body_of(received)
    kind = ResponseCreateParamsStreaming if body.get("stream") else ResponseCreateParamsNonStreaming
    # What the SDK hands back of a call that it parsed.
    assert not (wrong := misfits(body, kind, frozenset({"parsed_arguments", "parsed"}))), wrong
    wanted = body.get("text", {}).get("format", {"type": "text"})
    reasoning = body.get("reasoning") or {}
    heard = Heard(
        model=body["model"],
        is_stream=body.get("stream") is True,
        system=body.get("instructions") or "",
        tools={tool["name"]: properties(tool["parameters"]) for tool in body.get("tools", ())},
        verdict=properties(wanted["schema"]) if wanted["type"] == "json_schema" else [],
        thinks=reasoning.get("effort", "none") != "none",
        most=body.get("max_output_tokens"),
        temperature=body.get("temperature"),
    )
    if reasoning:
        assert body["store"] is False
        assert "reasoning.encrypted_content" in body["include"]
    given = body["input"]
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        _read_item(heard, item)
    return heard


def _read_item(heard: Heard, item: Json) -> None:
    match item.get("type", "message"):
        case "message":
            _read_message(heard, item)
        case "reasoning":
            heard.thoughts += "".join(part["text"] for part in item["summary"])
            heard.signatures.append(f"{item['id']} {item['encrypted_content']}")
        case "function_call":
            heard.calls.append((item["call_id"], item["name"], json.loads(item["arguments"])))
        case "function_call_output":
            output = item["output"]
            text = output if isinstance(output, str) else "".join(part["text"] for part in output)
            heard.results.append((item["call_id"], text))


def _read_message(heard: Heard, item: Json) -> None:
    content = item["content"]
    parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
    text = "".join(part["text"] for part in parts if part["type"] == "input_text")
    if item["role"] in ("system", "developer"):
        heard.system += text
    elif item["role"] == "user":
        heard.prompts += [text] * bool(text)
        heard.images += [picture(part["image_url"]) for part in parts if part["type"] == "input_image"]


def breaks(message: str) -> bytes:
    error = {"code": "server_error", "message": message}
    failed = {**_SINCE_BEGINNING, "status": "failed", "output": [], "usage": None, "error": error}
    return named({"type": "response.failed", "response": failed, "sequence_number": 99})


RESPONSES = Upstream(
    name="OpenAI, responses",
    slug="openai",
    model="gpt-5-pro",
    format="openai_responses",
    paths=("/responses", "/responses"),
    own_headers=openai_chat.OPENAI.own_headers,
    hear=hear,
    say=say,
    fail=openai_chat.fail,
    breaks=breaks,
    signatures=(f"{REASONING_ID} {ENCRYPTED}",),
)
