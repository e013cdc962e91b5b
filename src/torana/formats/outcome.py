"""Did an answer of status 200 go well?

Some tell of an error inside, and streams may stop before their end without a break that HTTP would know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from torana.formats.eventstream import Frames
from torana.formats.sse import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_ERRORS = (b"null", b"false", b'""', b"{}", b"[]")
_LAST_EVENTS = 4
_STATES_ERROR = b'"error"'


class _Told(Struct):
    """What tells of an error, or of the end."""

    error: Raw | UnsetType = UNSET
    type: Raw | UnsetType = UNSET

    @property
    def has_failed(self) -> bool:
        return self.error is not UNSET and bytes(self.error).strip() not in _NO_ERRORS


class _Line(Struct):
    """Of a stream of lines."""

    done: bool | None = None


_line = msgspec.json.Decoder(_Line).decode
_told = msgspec.json.Decoder(_Told).decode
_anything = msgspec.json.Decoder().decode


def went_well(body: bytes) -> bool:
    """Whether it is whole JSON without an `error` at its top, or in one of a list."""
    try:
        if body[:1] == b"{" or body.lstrip()[:1] == b"{":
            return not _told(body).has_failed
        found = _anything(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    members = found if isinstance(found, list) else [found]
    return not any(isinstance(member, dict) and member.get("error") for member in members)


def stream_went_well(format_name: str, content_type: bytes, stream: bytes) -> bool:
    """Whether it has the end that its format gives to streams, and no error; False where that cannot be told."""
    if content_type.startswith(b"application/vnd.amazon.eventstream"):
        return format_name == "bedrock_converse" and _frames_went_well(stream)
    if content_type.startswith(b"application/x-ndjson"):
        return format_name == "ollama" and _lines_went_well(stream)
    is_end = _ENDS.get(format_name)
    if is_end is None or not content_type.startswith(b"text/event-stream"):
        return False
    splitter = Splitter()
    events = splitter.feed(stream)
    # An empty line ends each of them: without it the last one may have been cut within.
    if not splitter.is_at_rest or not any(is_end(data) for _, data in events[-_LAST_EVENTS:]):
        return False
    return not any(name == b"error" or (_STATES_ERROR in data and _fails(data)) for name, data in events)


def _fails(data: bytes) -> bool:
    try:
        return _told(data).has_failed
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True


def _frames_went_well(stream: bytes) -> bool:
    frames = Frames()
    found = frames.feed(stream)
    is_ended = any(frame.event == "messageStop" for frame in found)
    return is_ended and frames.is_at_rest and all(b":event-type" in frame.headers for frame in found)


def _lines_went_well(stream: bytes) -> bool:
    lines = stream.splitlines(keepends=True)
    if not lines or not lines[-1].endswith(b"\n"):
        return False
    try:
        return _line(lines[-1]).done is True and not any(_STATES_ERROR in line and _fails(line) for line in lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _done(data: bytes) -> bool:
    return data.strip() == b"[DONE]"


def _finished(data: bytes) -> bool:
    return b'"finishReason"' in data


def _typed(*names: str) -> Callable[[bytes], bool]:
    wanted = [f'"{name}"'.encode() for name in names]

    def is_end(data: bytes) -> bool:
        try:
            kind = _told(data).type
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return kind is not UNSET and bytes(kind) in wanted

    return is_end


_ENDS: dict[str, Callable[[bytes], bool]] = {
    "openai_chat": _done,
    "completions": _done,
    "workers_ai": _done,
    "openai_responses": _typed("response.completed", "response.incomplete"),
    "anthropic_messages": _typed("message_stop"),
    "cohere": _typed("message-end"),
    "gemini": _finished,
}
"""By format: whether an event is the one that ends a stream."""
