"""Bytes that several providers' answers are made of."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence

from matrix.asking import Json
from scripted_answers import Answer, Received, sse

JSON_TYPE = (b"Content-Type", b"application/json; charset=utf-8")
REASONS = {400: b"Bad Request", 401: b"Unauthorized", 429: b"Too Many Requests", 500: b"Internal Server Error"}


def body_of(received: Received) -> Json:
    body = json.loads(received.body)
    assert isinstance(body, dict)
    assert (received.header("content-type") or b"").split(b";")[0] == b"application/json"
    return body


def whole(value: object, status: int = 200) -> Answer:
    """Coded as most servers do: not as the tests' own library does."""
    return Answer(
        status=status, reason=REASONS.get(status, b"OK"), headers=[JSON_TYPE], body=json.dumps(value, indent=1).encode()
    )


def data(value: object) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def events(values: Iterable[object], end: Sequence[bytes] = ()) -> Answer:
    return sse([*map(data, values), *end])


def named(value: Json) -> bytes:
    return f"event: {value['type']}\n".encode() + data(value)


def picture(url: str) -> bytes | str:
    """Of a data URL what is in it."""
    if url.startswith("data:"):
        head, _, coded = url.partition(",")
        assert head == "data:image/png;base64", head
        return base64.b64decode(coded, validate=True)
    return url


def pieces_of(text: str, size: int = 7) -> list[str]:
    """As a model would stream it."""
    return [text[at : at + size] for at in range(0, len(text), size)]
