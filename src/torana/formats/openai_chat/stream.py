"""Streams of chat chunks, as providers send them and as clients expect them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.formats.json import as_list, as_object, dump, load
from torana.formats.meter import Events
from torana.formats.openai_chat.errors import error_in
from torana.formats.openai_chat.thinking import untangled
from torana.formats.openrouter import with_readable_sources
from torana.formats.translation import CUT, failed

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_encode = msgspec.json.Encoder(enc_hook=str).encode
_DONE = b"data: [DONE]\n\n"


class StreamToChat:
    """The chunks of a provider that speaks the hub's format."""

    def __init__(self, turn: Turn) -> None:  # a Translator's shape
        self.is_broken = False
        self._events = Events()
        self._is_over = False
        self._has_ended = False
        """A finish reason came: what is cut after it lacks nothing but counts."""

    def feed(self, data: bytes) -> list[Json]:
        return self._read(self._events.feed(data))

    def finish(self) -> list[Json]:
        chunks = self._read(self._events.finish())
        if not self._is_over and not self._has_ended:
            self.is_broken = self._is_over = True
            chunks.append(failed(CUT))
        return chunks

    def _read(self, events: list[bytes]) -> list[Json]:
        chunks: list[Json] = []
        for data in events:
            if self._is_over:
                break
            chunk = load(data)
            if isinstance(chunk, dict):
                chunks.append(self._told(chunk))
            elif data.strip() == b"[DONE]":
                self._is_over = True
        return chunks

    def _told(self, chunk: Json) -> Json:
        if chunk.get("error"):
            self.is_broken = self._is_over = True
            return failed(error_in(chunk))
        for choice in map(as_object, as_list(chunk.get("choices"))):
            if choice.get("finish_reason"):
                self._has_ended = True
            delta = choice.get("delta")
            if isinstance(delta, dict) and isinstance(delta.get("content"), list):
                choice["delta"] = untangled(delta)
        return chunk


class StreamFromChat:
    """As OpenAI sends them: usage in a chunk of its own at the end, where the client asked for it."""

    content_type = b"text/event-stream"

    def __init__(self, turn: Turn) -> None:
        self._envelope: Json = {
            "id": f"chatcmpl-{turn.id}",
            "object": "chat.completion.chunk",
            "created": turn.created,
            "model": turn.model,
        }
        self._is_dressed = bool(turn.generation)
        self._wants_usage = as_object(turn.chat.get("stream_options")).get("include_usage") is True
        self._usage: object = None

    def feed(self, chunks: list[Json]) -> bytes:
        return b"".join([self._event(chunk) for chunk in chunks])

    def finish(self) -> bytes:
        end = b""
        if self._wants_usage and self._usage is not None:
            end = b"data: " + _encode({**self._envelope, "choices": [], "usage": self._usage}) + b"\n\n"
        return end + _DONE

    def _event(self, chunk: Json) -> bytes:
        if self._is_dressed:
            whole = dump(with_readable_sources(chunk, "delta"))
            return b"" if whole is None else b"data: " + whole + b"\n\n"
        if "usage" in chunk:
            self._usage = chunk.pop("usage") or self._usage
            if not chunk.get("choices"):
                return b""
        told = dump({**chunk, **self._envelope})
        return b"" if told is None else b"data: " + told + b"\n\n"
