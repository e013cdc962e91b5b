"""OpenAI's chat completions, and those of who follow it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)

from matrix.asking import (
    CACHED,
    CALLS,
    PIECES,
    THOUGHT_TOKENS,
    TOKENS_IN,
    TOKENS_OUT,
    VERDICT_PIECES,
    Json,
)
from matrix.hearing import Heard, Scene, Upstream, properties
from matrix.strictness import misfits
from matrix.upstreams.wire import body_of, data, events, picture, pieces_of, whole
from scripted_answers import Answer, Received

IDS = ("call_Wq2LzR7vT0aXe9", "call_Ck8mB4nYp1sDf6")
USAGE = {
    "prompt_tokens": TOKENS_IN,
    "completion_tokens": TOKENS_OUT,
    "total_tokens": TOKENS_IN + TOKENS_OUT,
    "prompt_tokens_details": {"cached_tokens": CACHED, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": THOUGHT_TOKENS,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
_HANDED_BACK = frozenset({"annotations", "index", "parsed", "parsed_arguments"})
"""What OpenAI's SDK has in a message that it got, and sends with it; nobody minds."""
_ENVELOPE = {"id": "chatcmpl-C0ffee", "created": 1_760_000_000, "model": "a-model-2026-01-01"}
_CALLS: list[Json] = [
    {"id": id_, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
    for id_, call in zip(IDS, CALLS, strict=True)
]


def say(scene: Scene, is_stream: bool, thoughts: tuple[Json, ...] = ()) -> Answer:  # noqa: FBT001  # Upstream's shape
    """`thoughts` are what the deltas of a thinking model have beside `content`."""
    return events(_chunks(scene, thoughts), [b"data: [DONE]\n\n"]) if is_stream else whole(_whole(scene, thoughts))


def _whole(scene: Scene, thoughts: tuple[Json, ...]) -> Json:
    message: Json = {"role": "assistant", "content": "".join(_pieces(scene)) or None, "refusal": None}
    message["annotations"] = []
    if scene == "thoughts":
        message |= _joined(thoughts)
    if scene in ("calls", "thoughts"):
        message["tool_calls"] = _CALLS
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(scene)}
    rest = {"usage": USAGE, "service_tier": "default", "system_fingerprint": "fp_1"}
    return {**_ENVELOPE, "object": "chat.completion", "choices": [choice], **rest}


def _joined(thoughts: tuple[Json, ...]) -> Json:
    """What a whole message has of them."""
    message: Json = {}
    for delta in thoughts:
        for name, value in delta.items():
            if isinstance(value, str):
                message[name] = message.get(name, "") + value
            else:
                message[name] = _grown(message.get(name, []), value)
    return message


def _grown(details: list[Json], more: list[Json]) -> list[Json]:
    for each in more:
        if details and "text" in details[-1] and details[-1].get("index") == each.get("index"):
            details[-1] |= {**each, "text": details[-1]["text"] + each.get("text", "")}
        else:
            details.append(dict(each))
    return details


def _pieces(scene: Scene) -> tuple[str, ...]:
    return PIECES if scene == "text" else VERDICT_PIECES if scene == "verdict" else ()


def _finish(scene: Scene) -> str:
    return "tool_calls" if scene in ("calls", "thoughts") else "stop"


def _chunks(scene: Scene, thoughts: tuple[Json, ...]) -> Iterator[Json]:
    def chunk(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        rest = {"choices": [choice], "usage": None, "system_fingerprint": "fp_1"}
        return {**_ENVELOPE, "object": "chat.completion.chunk", **rest}

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    if scene == "thoughts":
        yield from map(chunk, thoughts)
    yield from (chunk({"content": piece}) for piece in _pieces(scene))
    for index, call in enumerate(_CALLS if scene in ("calls", "thoughts") else []):
        function = dict(call["function"])
        arguments = function.pop("arguments")
        yield chunk({"tool_calls": [{"index": index, **call, "function": {**function, "arguments": ""}}]})
        for piece in pieces_of(arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(scene))
    yield {**_ENVELOPE, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}


def hearing(*also: str) -> Callable[[Received], Heard]:
    """`also` are fields that this provider has beside OpenAI's."""
    allowed = _HANDED_BACK.union(also)

    def hear(received: Received) -> Heard:
        body = body_of(received)
        kind = CompletionCreateParamsStreaming if body.get("stream") else CompletionCreateParamsNonStreaming
        assert not (wrong := misfits(body, kind, allowed)), wrong
        return _read(body)

    return hear


def _read(body: Json) -> Heard:
    if body.get("stream") and not body["model"].startswith("magistral"):  # which states its usage unasked
        assert body["stream_options"]["include_usage"] is True
    wanted = body.get("response_format", {})
    heard = Heard(
        model=body["model"],
        is_stream=body.get("stream") is True,
        tools={t["function"]["name"]: properties(t["function"]["parameters"]) for t in body.get("tools", ())},
        verdict=properties(wanted["json_schema"]["schema"]) if wanted else [],
        thinks=body.get("reasoning_effort", "none") != "none" or bool(body.get("reasoning")),
        most=body.get("max_completion_tokens") or body.get("max_tokens"),
        temperature=body.get("temperature"),
    )
    for message in body["messages"]:
        _read_message(heard, message)
    return heard


def _read_message(heard: Heard, message: Json) -> None:
    content = message.get("content") or ""
    parts: list[Json] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    text = "".join(part["text"] for part in parts if part["type"] == "text")
    match message["role"]:
        case "system" | "developer":
            heard.system += text
        case "user":
            heard.prompts += [text] * bool(text)
            heard.images += [picture(part["image_url"]["url"]) for part in parts if part["type"] == "image_url"]
        case "tool":
            heard.results.append((message["tool_call_id"], text))
        case "assistant":
            details = message.get("reasoning_details") or ()
            heard.thoughts += message.get("reasoning_content") or "".join(d.get("text", "") for d in details)
            heard.signatures += [d[name] for d in details for name in ("signature", "data") if d.get(name)]
            for call in message.get("tool_calls") or ():
                made = call["function"]
                heard.calls.append((call["id"], made["name"], json.loads(made["arguments"])))


def fail(status: int, message: str) -> Answer:
    kinds = {400: "invalid_request_error", 401: "invalid_request_error", 429: "rate_limit_error", 500: "server_error"}
    codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    return whole(
        {"error": {"message": message, "type": kinds[status], "param": None, "code": codes.get(status)}}, status
    )


def breaks(message: str) -> bytes:
    return data({"error": {"message": message, "type": "server_error", "param": None, "code": None}})


OPENAI = Upstream(
    name="OpenAI",
    slug="openai",
    model="gpt-5-mini",
    format="openai_chat",
    paths=("/chat/completions", "/chat/completions"),
    own_headers=frozenset({"openai-organization", "openai-project", "openai-beta"}),
    hear=hearing(),
    say=say,
    fail=fail,
    breaks=breaks,
    has_thoughts=False,
    wants_thoughts=False,
)
