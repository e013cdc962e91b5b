"""What a scripted upstream says by itself: the answers of the providers, small but whole."""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")

WORDS = ("Cloudflare ", "is a ", "network.")
TEXT = "".join(WORDS)
CREATED = 1_700_000_000
CHAT_USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 5,
    "total_tokens": 17,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 2},
}


class Received(Struct):
    """One request as it arrived: names keep their case, bodies are without framing."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    is_whole: bool = True
    """False = the client went away within the body, or the script answered before reading it."""
    connection: int = 0
    """Which connection it came on, counted from 1."""
    arrived: float = 0.0
    """Of its head, by `time.monotonic()`."""

    @property
    def path(self) -> str:
        return self.target.partition(b"?")[0].decode("latin-1")

    def header(self, name: str) -> bytes | None:
        """The first field of that name, in any case."""
        wanted = name.lower().encode()
        return next((value for field, value in self.headers if field.lower() == wanted), None)

    def json(self, kind: type[T]) -> T:
        return msgspec.json.decode(self.body, type=kind)


class Answer(Struct, kw_only=True):
    """What to send. Without anything said: 200 with an empty body of a known length."""

    status: int = 200
    reason: bytes = b"OK"
    headers: list[tuple[bytes, bytes]] = []
    body: bytes = b""
    chunks: list[bytes] | None = None
    """Sent one by one instead of `body`; with framing "chunked", a chunk each."""
    framing: Literal["length", "chunked", "close"] = "length"
    trailers: list[tuple[bytes, bytes]] = []
    version: bytes = b"HTTP/1.1"
    raw: bytes | None = None
    """Sent verbatim instead of all the above, then the connection is closed unless `keep_raw`."""
    keep_raw: bool = False
    early_hints: list[tuple[bytes, bytes]] | None = None
    """A 103 with these fields goes first."""
    delay_s: float = 0.0
    """Before the head."""
    chunk_delay_s: float = 0.0
    """Before each chunk; for `body`, between head and body."""
    cut_after_bytes: int | None = None
    """The connection is reset after so many bytes of the body, or of `raw`."""
    never: bool = False
    """Reads the request and never answers."""
    unread: bool = False
    """Answers at the end of the request's head and never reads the body."""
    close: bool = False
    """Says `connection: close` and does it."""


class _Asked(Struct):
    stream: bool = False
    model: str = "scripted"


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status=status, headers=[(b"Content-Type", b"application/json")], body=msgspec.json.encode(value))


def sse(events: list[bytes]) -> Answer:
    """A stream of server-sent events, a chunk each."""
    headers = [(b"Content-Type", b"text/event-stream"), (b"Cache-Control", b"no-cache")]
    return Answer(headers=headers, chunks=events, framing="chunked")


def _data(value: object) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


def _named(value: dict[str, object]) -> bytes:
    return b"event: " + str(value["type"]).encode() + b"\n" + _data(value)


def default_answer(received: Received) -> Answer:
    """By the path's end, as the provider of that format would; anything else is echoed."""
    path = received.path
    try:
        asked = msgspec.json.decode(received.body or b"{}", type=_Asked)
    except (msgspec.DecodeError, msgspec.ValidationError):
        asked = _Asked()
    if received.method == b"POST":
        for end, answer in _BY_END.items():
            if path.endswith(end):
                return answer(received, asked)
    if path.endswith("/models"):
        return _json({"object": "list", "data": [{"id": "scripted", "object": "model", "owned_by": "tests"}]})
    return _echo(received)


def _echo(received: Received) -> Answer:
    return _json(
        {
            "method": received.method.decode("latin-1"),
            "target": received.target.decode("latin-1"),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in received.headers],
            "body": received.body.decode("utf-8", "replace"),
        }
    )


def _chat(_: Received, asked: _Asked) -> Answer:
    base = {"id": "chatcmpl-1", "created": CREATED, "model": asked.model, "system_fingerprint": None}
    if not asked.stream:
        message = {"role": "assistant", "content": TEXT}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return _json({**base, "object": "chat.completion", "choices": [choice], "usage": CHAT_USAGE})
    base["object"] = "chat.completion.chunk"
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}, *({"content": word} for word in WORDS)]
    events = [
        _data({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], "usage": None})
        for delta in deltas
    ]
    events.append(_data({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None}))
    events.append(_data({**base, "choices": [], "usage": CHAT_USAGE}))
    return sse([*events, b"data: [DONE]\n\n"])


def _messages(_: Received, asked: _Asked) -> Answer:
    usage = {"input_tokens": 8, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4}
    message: dict[str, object] = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked.model}
    if not asked.stream:
        message["content"] = [{"type": "text", "text": TEXT}]
        message |= {"stop_reason": "end_turn", "stop_sequence": None, "usage": {**usage, "output_tokens": 5}}
        return _json(message)
    message |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}}
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in WORDS),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]
    return sse([_named(event) for event in events])


def _responses(_: Received, asked: _Asked) -> Answer:
    part = {"type": "output_text", "text": TEXT, "annotations": []}
    item = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    response: dict[str, object] = {"id": "resp_1", "object": "response", "created_at": CREATED, "model": asked.model}
    response |= {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True}
    usage = {
        "input_tokens": 12,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 17,
    }
    whole = {**response, "status": "completed", "output": [item], "usage": usage}
    if not asked.stream:
        return _json(whole)
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    empty: dict[str, object] = {"type": "output_text", "text": "", "annotations": []}
    events: list[dict[str, object]] = [
        {"type": "response.created", "response": begun},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **where, "part": empty},
        *({"type": "response.output_text.delta", **where, "delta": word, "logprobs": []} for word in WORDS),
        {"type": "response.output_text.done", **where, "text": TEXT, "logprobs": []},
        {"type": "response.content_part.done", **where, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    return sse([_named({**event, "sequence_number": number}) for number, event in enumerate(events)])


def _gemini(text: str, *, is_last: bool) -> dict[str, object]:
    candidate: dict[str, object] = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    if is_last:
        candidate["finishReason"] = "STOP"
    usage = {"promptTokenCount": 12, "candidatesTokenCount": 5, "totalTokenCount": 17, "cachedContentTokenCount": 4}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted", "responseId": "r1"}


def _generate(_: Received, __: _Asked) -> Answer:
    return _json(_gemini(TEXT, is_last=True))


def _stream_generate(received: Received, _: _Asked) -> Answer:
    parts = [_gemini(word, is_last=word is WORDS[-1]) for word in WORDS]
    if b"alt=sse" not in received.target:
        return _json(parts)
    return sse([_data(part) for part in parts])


def _embeddings(_: Received, asked: _Asked) -> Answer:
    vector = {"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 0.75]}
    usage = {"prompt_tokens": 12, "total_tokens": 12}
    return _json({"object": "list", "data": [vector], "model": asked.model, "usage": usage})


_BY_END = {
    "/chat/completions": _chat,
    "/messages": _messages,
    "/responses": _responses,
    ":generateContent": _generate,
    ":streamGenerateContent": _stream_generate,
    "/embeddings": _embeddings,
}
