"""Anthropic's events in frames of AWS, each in base64."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.stream_from_chat import ChatToEvents
from torana.formats.anthropic_messages.stream_to_chat import EventsToChat
from torana.formats.bedrock_converse.errors import error_in, exception_from_chat, exception_to_chat
from torana.formats.bedrock_invoke.passing import unwrap
from torana.formats.eventstream import Frames, event_frame, exception_frame
from torana.formats.json import as_object, dump, load

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


class StreamToChat:
    """Frames in, chunks out. A frame that is no `chunk` is an exception."""

    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._frames = Frames()
        self._machine = EventsToChat(turn)

    def feed(self, data: bytes) -> list[Json]:
        chunks: list[Json] = []
        for frame in self._frames.feed(data):
            if frame.event == "chunk":
                self._machine.take(load(unwrap(frame.payload)), chunks)
            elif frame.event:
                failure, status = exception_to_chat(frame.event, as_object(load(frame.payload)))
                chunks += self._machine.fail(failure, status)
        return chunks

    def finish(self) -> list[Json]:
        chunks = self._machine.finish()
        self.is_broken = self._machine.is_broken
        return chunks


class StreamFromChat:
    """Chunks in, frames out."""

    content_type = b"application/vnd.amazon.eventstream"

    def __init__(self, turn: Turn) -> None:
        self._out: list[bytes] = []
        self._has_failed = False
        self._machine = ChatToEvents(turn, self._write)

    def feed(self, chunks: list[Json]) -> bytes:
        for chunk in chunks:
            error = error_in(chunk)
            if error is None:
                self._machine.take(chunk)
                continue
            kind, payload = exception_from_chat(error)
            self._out.append(exception_frame(kind, dump(payload) or b"{}"))
            self._has_failed = True
            break
        return self._taken()

    def finish(self) -> bytes:
        if not self._has_failed:
            self._machine.finish()
        return self._taken()

    def _write(self, event: Json) -> None:
        told = dump(event)
        if told is not None and not self._has_failed:
            self._out.append(event_frame("chunk", b'{"bytes":"%b"}' % b64encode(told)))

    def _taken(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data
