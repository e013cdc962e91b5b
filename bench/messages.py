"""What every measurement sends and is answered: realistic sizes, the same for all sides."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

_PROMPT = (
    "You are the assistant of a small shop for bicycle parts. Answer in at most three sentences, name the part number "
    "where you know it, and say so plainly where you do not. Prices are in euro and include tax. A customer writes: "
    "my rear wheel has thirty-six spokes and a freehub for nine gears; the rim brake leaves a groove that I can feel "
    "with a finger nail. I ride about forty kilometres a day in all weather, with two panniers, and I weigh ninety "
    "kilograms. Which rim would you take, can I keep the hub and the spokes, what would it cost to have it built by "
    "you, how long would that take, and may I ride the old wheel until then if I go slowly and keep to flat roads?"
)
_ANSWER = (
    "Feeling a groove means the rim is near its wear limit, so please do not ride it much longer. For your load I "
    "would take a 36-hole double-wall rim with eyelets (part 4402-36); your hub can stay, but new spokes are wise "
    "because the old ones rarely have the right length. Rim, spokes and building together come to 119 euro, and we "
    "need two days."
)


def _request(stream: bool) -> bytes:  # noqa: FBT001  # the field's own name and type
    messages = [{"role": "user", "content": _PROMPT}]
    asked: dict[str, object] = {"model": "gpt-4o-mini", "messages": messages, "temperature": 0.7, "max_tokens": 256}
    if stream:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(asked).encode()


def _completion() -> bytes:
    return json.dumps(
        {
            "id": "chatcmpl-CkQ2v9aTn1rXw8sJmE4bYd7uHf3Lz",
            "object": "chat.completion",
            "created": 1795000000,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": _ANSWER, "refusal": None, "annotations": []},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 158,
                "completion_tokens": 83,
                "total_tokens": 241,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
            },
            "service_tier": "default",
        }
    ).encode()


def _chunk(choices: list[object], usage: object) -> bytes:
    fields = {
        "id": "chatcmpl-CkQ2v9aTn1rXw8sJmE4bYd7uHf3Lz",
        "object": "chat.completion.chunk",
        "created": 1795000000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": choices,
        "usage": usage,
    }
    return b"data: " + json.dumps(fields, separators=(",", ":")).encode() + b"\n\n"


REQUEST = _request(stream=False)
"""About 0.8 kB."""
STREAM_REQUEST = _request(stream=True)
ANSWER = _completion()
"""About 0.9 kB."""
EVENT = _chunk([{"index": 0, "delta": {"content": " wheel"}, "finish_reason": None}], None)
"""About 0.23 kB."""
LAST_EVENTS = (
    _chunk([{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}], None)
    + _chunk([], {"prompt_tokens": 158, "completion_tokens": 200, "total_tokens": 358})
    + b"data: [DONE]\n\n"
)
LAST_EVENTS_COUNT = 3
EVENT_MARK = b"data: "
HEADERS = {
    "user-agent": "torana-bench/1",
    "accept": "application/json",
    "authorization": "Bearer sk-bench-0123456789abcdef0123456789abcdef",
    "content-type": "application/json",
}


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80


def post(url: str, body: bytes, extra: dict[str, str] | None = None) -> bytes:
    """One HTTP/1.1 request as raw bytes."""
    parts = urlsplit(url)
    fields = {"host": parts.netloc, **HEADERS, **(extra or {}), "content-length": str(len(body))}
    lines = [f"POST {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(url: str, fields: dict[str, str]) -> bytes:
    """Likewise, with these fields alone."""
    parts = urlsplit(url)
    lines = [
        f"GET {parts.path} HTTP/1.1",
        f"host: {parts.netloc}",
        *(f"{name}: {said}" for name, said in fields.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def whole_length(received: bytes) -> int | None:
    """Bytes of the answer that begins here, head included; None while its head is not whole."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = received[:head_end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise ValueError(f"an answer without a length: {head[:200]!r}")
    return head_end + 4 + int(head[at + 17 :].split(b"\r\n", 1)[0])
