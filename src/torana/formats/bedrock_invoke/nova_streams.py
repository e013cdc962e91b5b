"""Converse's events as Nova has them behind InvokeModel: in JSON under their names, in base64, in frames."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from torana.formats.bedrock_converse import stream_from_chat, stream_to_chat
from torana.formats.bedrock_invoke.passing import METRICS, unwrap
from torana.formats.eventstream import Frames, event_frame
from torana.formats.json import as_object, dump, load

if TYPE_CHECKING:
    from torana.formats.bedrock_converse.stream_from_chat import Event
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_RENAMED = {
    "cacheReadInputTokens": "cacheReadInputTokenCount",
    "cacheWriteInputTokens": "cacheWriteInputTokenCount",
}
_COUNTED = {"inputTokens": "inputTokenCount", "outputTokens": "outputTokenCount"}


def renamed_usage(usage: Json) -> Json:
    return {_RENAMED.get(name, name): count for name, count in usage.items()}


class StreamToChat:
    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._frames = Frames()
        self._events = stream_to_chat.Events(turn)

    def feed(self, data: bytes) -> list[Json]:
        chunks: list[Json] = []
        for frame in self._frames.feed(data):
            if frame.event == "chunk":
                for kind, event in as_object(load(unwrap(frame.payload))).items():
                    chunks += self._events.take(kind, as_object(event))
            else:
                event = as_object(load(frame.payload))
                chunks += stream_to_chat.told_exception(frame, frame.event, event, self._events)
        return chunks

    def finish(self) -> list[Json]:
        chunks = self._events.finish()
        self.is_broken = self._events.is_broken
        return chunks


class StreamFromChat:
    content_type = b"application/vnd.amazon.eventstream"

    def __init__(self, turn: Turn) -> None:
        self._events = stream_from_chat.Events(turn)

    def feed(self, chunks: list[Json]) -> bytes:
        return b"".join([_frame(event) for chunk in chunks for event in self._events.take(chunk)])

    def finish(self) -> bytes:
        return b"".join([_frame(event) for event in self._events.finish()])


def _frame(event: Event) -> bytes:
    kind, payload = event
    if kind.endswith("Exception"):
        return stream_from_chat.frame(event)
    told: Json = {kind: payload}
    if kind == "metadata":
        usage = as_object(payload.get("usage"))
        told = {
            kind: {"usage": renamed_usage(usage), "metrics": {}, "trace": {}},
            METRICS: {name: usage[known] for known, name in (_COUNTED | _RENAMED).items() if known in usage},
        }
    return event_frame("chunk", b'{"bytes":"%b"}' % b64encode(dump(told) or b"{}"))
