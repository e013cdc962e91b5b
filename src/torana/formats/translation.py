"""What every translation between a format and the hub is made of.

The hub is OpenAI's chat completions in their wire form, decoded, with what OpenRouter adds: docs/formats.md says which
fields. Translations are pure, and own what they are given: they may change it, and give parts of it on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from torana.formats.json import Json
from torana.message import Headers


class Brief(Struct):
    """What a request's translation is told beside the request, and what it tells beside the result."""

    provider: str = ""
    """The slug of the upstream that it is for; empty towards the hub."""
    dropped: list[str] = []
    """Tuning knobs that could not be told, named as the caller knows them. Content is never dropped."""
    headers: Headers = []
    """Fields that the upstream needs beside the body."""

    def drop(self, name: str) -> None:
        if name not in self.dropped:
            self.dropped.append(name)


class Turn(Struct, frozen=True):
    """What an answer's translation must know beside the answer."""

    id: str
    """32 hex digits, of this exchange alone: ids that an answer lacks are made of it."""
    created: int
    """Unix seconds."""
    model: str
    """As the client named it."""
    request: Json
    """The client's, in its own format."""
    chat: Json
    """The same in the hub."""
    is_sse: bool = True
    """False: the client wants a stream as one JSON array (Gemini without `alt=sse`)."""
    generation: str = ""
    """The router's id of the answer (`gen-…`). With it the hub is dressed as OpenRouter's answers are: that id is what
    the client is told, and what OpenRouter adds (`provider`, costs …) comes to it. Empty = not by the router."""
    now: Callable[[], int] | None = None
    """Unix seconds; None = nobody asks when an answer ended."""


class Failure(Struct):
    """An error of an upstream, in OpenAI's words; what is not known is empty."""

    message: str
    type: str = ""
    """`invalid_request_error`, `authentication_error`, `permission_error`, `not_found_error`, `rate_limit_error`,
    `overloaded_error`, `server_error`; another one is a provider's own."""
    code: str = ""
    param: str = ""


class ToChat(Protocol):
    """Feeds on the bytes of a stream, gives chat chunks. Any cut of the bytes gives the same chunks.

    A chunk need not have `id`, `object`, `created` and `model`; one with `error` is the last.
    """

    is_broken: bool
    """After `finish`: the stream stopped before its end, or told of an error."""

    def feed(self, data: bytes) -> list[Json]: ...
    def finish(self) -> list[Json]:
        """What was held back; of a stream that was cut, a chunk with `error`."""


class FromChat(Protocol):
    """Feeds on chat chunks, gives the bytes of a stream as the format's clients expect it."""

    content_type: bytes

    def feed(self, chunks: list[Json]) -> bytes: ...
    def finish(self) -> bytes:
        """The end that clients wait for, of whatever has been fed."""


class Translator(Struct, frozen=True):
    """A format, to and from the hub. Requests raise CallerError, which names the field; nothing else raises."""

    name: str
    """The format's, or its own where a format has several."""
    request_to_chat: Callable[[Json, Brief], Json]
    request_from_chat: Callable[[Json, Brief], Json]
    reply_to_chat: Callable[[Json, Turn], Json]
    reply_from_chat: Callable[[Json, Turn], Json]
    stream_to_chat: Callable[[Turn], ToChat]
    stream_from_chat: Callable[[Turn], FromChat]
    error_to_chat: Callable[[int, bytes], Failure]
    """Of a status and a body, whatever is in it."""
    error_from_chat: Callable[[int, Failure, str], Json]
    """Of a status, an error, and the turn's id."""
    inlines: tuple[str, ...] = ()
    """Types of parts (`image_url`, `file`, `video_url`) that requests to it must have as data URLs."""
    format: str = ""
    """The Format that it is one translation of; empty = the one of its name."""


_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}


def type_of(status: int) -> str:
    """OpenAI's word for what a status says."""
    return _TYPES.get(status) or ("invalid_request_error" if status < 500 else "server_error")  # noqa: PLR2004


def failed(failure: Failure, status: int = 502) -> Json:
    """The chunk that tells a client of an error within a stream, as OpenRouter does."""
    error: Json = {"message": failure.message, "type": failure.type or type_of(status), "code": failure.code or status}
    return {"error": error, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}


CUT = Failure("the provider's stream stopped before its end", "server_error", "stream_cut")
"""What `ToChat.finish` says of a stream that has no end."""
