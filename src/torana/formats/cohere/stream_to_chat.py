"""Streams of Cohere to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.cohere.citations import to_annotations
from torana.formats.cohere.messages_from_chat import PLAN
from torana.formats.cohere.words import counts_to_chat, logprobs_to_chat, reason_to_chat
from torana.formats.json import as_index, as_object, as_text, load
from torana.formats.meter import Events
from torana.formats.openai_chat.errors import error_in
from torana.formats.translation import CUT, Failure, failed

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


class StreamToChat:
    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._turn = turn
        self._events = Events()
        self._is_over = False
        self._thoughts: dict[int | str, int] = {}
        """The place of a block of reasoning among such, by its index in the content."""
        self._offsets: dict[int, int] = {}
        """Where a block's text begins in the whole, by its index in the content."""
        self._size = 0
        self._calls: dict[int, int] = {}

    def feed(self, data: bytes) -> list[Json]:
        return self._read(self._events.feed(data))

    def finish(self) -> list[Json]:
        chunks = self._read(self._events.finish())
        if not self._is_over:
            chunks.append(self._fail(CUT))
        return chunks

    def _read(self, events: list[bytes]) -> list[Json]:
        chunks: list[Json] = []
        for data in events:
            if self._is_over:
                break
            event = load(data)
            if isinstance(event, dict):
                chunks += self._take(event)
        return chunks

    def _take(self, event: Json) -> list[Json]:
        kind = event.get("type")
        delta = as_object(event.get("delta"))
        message = as_object(delta.get("message"))
        if kind in ("content-delta", "content-start"):
            return self._content(event, as_object(message.get("content")))
        if kind in ("tool-call-delta", "tool-call-start"):
            return self._call(event, as_object(message.get("tool_calls")))
        if kind == "tool-plan-delta":
            return self._think(as_text(message.get("tool_plan")), PLAN)
        if kind == "citation-start":
            return self._cite(message.get("citations"))
        if kind == "message-start":
            return [_chunk({"role": "assistant", "content": ""})]
        if kind == "message-end":
            return self._end(delta)
        if event.get("error") or (kind is None and event.get("message")):
            return [self._fail(error_in(event))]
        return []

    def _content(self, event: Json, content: Json) -> list[Json]:
        said = as_text(content.get("text"))
        if not said:
            thought = as_text(content.get("thinking"))
            return self._think(thought, as_index(event.get("index"))) if thought else []
        self._offsets.setdefault(as_index(event.get("index")), self._size)
        self._size += len(said)
        chunk = _chunk({"content": said})
        if isinstance(logprobs := event.get("logprobs"), dict):
            as_object(chunk["choices"][0])["logprobs"] = logprobs_to_chat([logprobs])  # type: ignore[index]  # made above
        return [chunk]

    def _think(self, thought: str, place: int | str) -> list[Json]:
        if not thought:
            return []
        index = self._thoughts.setdefault(place, len(self._thoughts))
        detail: Json = {"type": "reasoning.text", "text": thought, "format": "unknown", "index": index}
        if place == PLAN:
            detail["id"] = PLAN
        return [_chunk({"reasoning": thought, "reasoning_details": [detail]})]

    def _call(self, event: Json, call: Json) -> list[Json]:
        place = as_index(event.get("index"))
        function = as_object(call.get("function"))
        piece: Json = {"arguments": as_text(function.get("arguments"))}
        if place in self._calls:
            return [_chunk({"tool_calls": [{"index": self._calls[place], "function": piece}]})]
        index = self._calls[place] = len(self._calls)
        id_ = as_text(call.get("id")) or f"call_{self._turn.id[:24]}_{index}"
        told: Json = {"name": as_text(function.get("name")), **piece}
        return [_chunk({"tool_calls": [{"index": index, "id": id_, "type": "function", "function": told}]})]

    def _cite(self, found: object) -> list[Json]:
        citations = found if isinstance(found, list) else [found]
        annotations = [
            annotation
            for citation in map(as_object, citations)
            if citation
            for annotation in to_annotations(citation, self._offsets.get(as_index(citation.get("content_index")), 0))
        ]
        return [_chunk({"annotations": annotations})] if annotations else []

    def _end(self, delta: Json) -> list[Json]:
        if error := as_text(delta.get("error")):
            return [self._fail(Failure(error))]
        self._is_over = True
        word = as_text(delta.get("finish_reason"))
        choice: Json = {"index": 0, "delta": {}, "finish_reason": reason_to_chat(word)}
        if word:
            choice["native_finish_reason"] = word
        chunks: list[Json] = [{"choices": [choice]}]
        if (usage := counts_to_chat(delta.get("usage"))) is not None:
            chunks.append({"choices": [], "usage": usage})
        return chunks

    def _fail(self, failure: Failure) -> Json:
        self.is_broken = self._is_over = True
        return failed(failure)


def _chunk(delta: Json) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
