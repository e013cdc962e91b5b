"""Chat chunks as the events that Anthropic's clients expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.blocks import Blocks
from torana.formats.anthropic_messages.dressed import dressed_delta, dressed_start, dressed_stop
from torana.formats.anthropic_messages.errors import event_from_chat
from torana.formats.anthropic_messages.reply import drawn, hides_thoughts, stop_details
from torana.formats.anthropic_messages.words import finish_from_chat, usage_from_chat
from torana.formats.json import as_list, as_object, as_text, dump
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.formats.json import Json
    from torana.formats.translation import Turn

_THOUGHTS = frozenset({"reasoning_details", "reasoning", "reasoning_content"})
_OTHERS = frozenset({"images", "audio", "annotations"})


class StreamFromChat:
    """Chunks in, server-sent events out."""

    content_type = b"text/event-stream"

    def __init__(self, turn: Turn) -> None:
        self._out: list[bytes] = []
        self._machine = ChatToEvents(turn, self._write)

    def feed(self, chunks: list[Json]) -> bytes:
        for chunk in chunks:
            self._machine.take(chunk)
        return self._taken()

    def finish(self) -> bytes:
        self._machine.finish()
        return self._taken()

    def _write(self, event: Json) -> None:
        told = dump(event)
        if told is not None:
            self._out.append(b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), told))

    def _taken(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data


class ChatToEvents:
    """Chunks in; each event goes to `write`, however it is framed there."""

    def __init__(self, turn: Turn, write: Callable[[Json], None]) -> None:
        self._turn = turn
        self._write = write
        self._blocks = Blocks(turn, write, is_hidden=hides_thoughts(turn))
        self._has_begun = self._is_over = False
        self._choice: Json = {}
        """What the chunk with the finish reason says of it."""
        self._refusal = ""
        self._usage: object = None
        self._is_dressed = bool(turn.generation)
        self._dress: Json = {}
        """What the router says beside the choices: the chunk that said most of it."""

    def take(self, chunk: Json) -> None:
        if self._is_over:
            return
        self._usage = chunk.get("usage") or self._usage
        if chunk.get("error"):
            self._is_over = True
            self._write(event_from_chat(as_object(chunk["error"]), self._turn))
            return
        if self._is_dressed and (not self._dress or "usage" in chunk):
            self._dress = chunk
        self._begin()
        for choice in as_list(chunk.get("choices")):
            if isinstance(choice, dict) and not choice.get("index"):
                delta = choice.get("delta")
                if isinstance(delta, dict):
                    self._delta(delta)
                if choice.get("finish_reason"):
                    self._choice = choice

    def finish(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._begin()
        self._blocks.finish()
        has_calls = self._blocks.has_calls
        reason, sequence = finish_from_chat(self._choice, has_calls=has_calls, has_refused=bool(self._refusal))
        delta: Json = {"stop_reason": reason, "stop_sequence": sequence}
        if reason == "refusal":
            delta["stop_details"] = stop_details(self._refusal)
        event: Json = {"type": "message_delta", "delta": delta, "usage": usage_from_chat(self._usage)}
        stop: Json = {"type": "message_stop"}
        if self._is_dressed:
            event, stop = dressed_delta(event, self._dress), dressed_stop(stop, self._dress)
        self._write(event)
        self._write(stop)

    def _begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        message: Json = {
            "id": f"msg_{self._turn.id}",
            "type": "message",
            "role": "assistant",
            "model": self._turn.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_from_chat(self._usage),
        }
        if self._is_dressed:
            message = dressed_start(message, self._dress, self._turn)
        self._write({"type": "message_start", "message": message})

    def _delta(self, delta: Json) -> None:
        content = delta.get("content")
        if len(delta) == 1 and content:  # most have a text and no more
            self._blocks.say(as_text(content))
            return
        if not _THOUGHTS.isdisjoint(delta):
            self._blocks.think(details_of(delta))
        if content:
            self._blocks.say(as_text(content))
        if delta.get("refusal"):
            self._refusal += as_text(delta["refusal"])
            self._blocks.say(as_text(delta["refusal"]))
        if not _OTHERS.isdisjoint(delta):
            self._others(delta)
        if "tool_calls" in delta:
            for call in as_list(delta["tool_calls"]):
                self._blocks.call(as_object(call))

    def _others(self, delta: Json) -> None:
        for image in as_list(delta.get("images")):
            self._blocks.say(drawn(image))
        transcript = as_text(as_object(delta.get("audio")).get("transcript"))
        if transcript:
            self._blocks.say(transcript)
        for annotation in as_list(delta.get("annotations")):
            self._blocks.cite(as_object(annotation))
