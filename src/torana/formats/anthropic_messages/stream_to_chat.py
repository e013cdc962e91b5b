"""A stream of Anthropic's events as chat chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.citations import to_annotations
from torana.formats.anthropic_messages.errors import error_in
from torana.formats.anthropic_messages.passing import Stated, spent
from torana.formats.anthropic_messages.reply import arguments_of, refusal_in
from torana.formats.anthropic_messages.texts import Texts
from torana.formats.anthropic_messages.thoughts import details_in
from torana.formats.anthropic_messages.words import finish_to_chat, stated_of
from torana.formats.chat_usage import usage_to_chat
from torana.formats.json import as_list, as_object, as_text, load
from torana.formats.meter import Events
from torana.formats.reasoning import ANTHROPIC
from torana.formats.translation import CUT, failed

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Failure, Turn


class StreamToChat:
    """Server-sent events in, chunks out."""

    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._events = Events()
        self._machine = EventsToChat(turn)

    def feed(self, data: bytes) -> list[Json]:
        return self._read(self._events.feed(data))

    def finish(self) -> list[Json]:
        chunks = self._read(self._events.finish()) + self._machine.finish()
        self.is_broken = self._machine.is_broken
        return chunks

    def _read(self, events: list[bytes]) -> list[Json]:
        chunks: list[Json] = []
        for data in events:
            self._machine.take(load(data), chunks)
        return chunks


class EventsToChat:
    """Events in, however they were framed."""

    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._id = turn.id
        self._is_over = False
        self._has_ended = False
        """A stop reason came: what is cut after it lacks nothing."""
        self._stated = Stated()
        self._blocks: dict[int, _Block] = {}
        self._calls = 0
        self._texts = Texts()

    def take(self, event: object, chunks: list[Json]) -> None:  # noqa: C901  # one line an event
        if self._is_over or not isinstance(event, dict):
            return
        match event.get("type"):
            case "content_block_delta":
                block = self._blocks.get(_index(event))
                if block is not None:
                    self._delta(block, as_object(event.get("delta")), chunks)
            case "content_block_start":
                self._start(_index(event), as_object(event.get("content_block")), chunks)
            case "content_block_stop":
                block = self._blocks.pop(_index(event), None)
                if block is not None:
                    self._stop(block, chunks)
            case "message_start":
                message = as_object(event.get("message"))
                chunks.append(_chunk({"role": "assistant", "content": ""}) | self._usage(message.get("usage")))
            case "message_delta":
                self._end(event, chunks)
            case "message_stop":
                chunks += self.finish()
            case "error":
                chunks += self.fail(error_in(event))

    def finish(self) -> list[Json]:
        if self._is_over or self._has_ended:
            self._is_over = True
            return []
        return self.fail(CUT)

    def fail(self, failure: Failure, status: int = 502) -> list[Json]:
        if self._is_over:
            return []
        self.is_broken = self._is_over = True
        return [failed(failure, status) | self._usage(None)]

    def _usage(self, newer: object) -> Json:
        stated = stated_of(newer)
        if stated is not None:
            self._stated = self._stated.then(stated)
        usage = spent(self._stated)
        return {} if usage is None else {"usage": usage_to_chat(usage)}

    def _start(self, index: int, given: Json, chunks: list[Json]) -> None:
        block = self._blocks[index] = _Block(index, given)
        if block.kind == "tool_use":
            block.call, self._calls = self._calls, self._calls + 1
            function = {"name": as_text(given.get("name")), "arguments": ""}
            id_ = as_text(given.get("id")) or f"call_{self._id[:24]}_{block.call}"
            chunks.append(_call(block.call, {"id": id_, "type": "function", "function": function}))
        elif block.kind == "text" and given.get("text"):
            self._delta(block, {"type": "text_delta", "text": given["text"]}, chunks)
        elif block.kind == "thinking":
            for name in ("thinking", "signature"):
                if given.get(name):
                    self._delta(block, {"type": f"{name}_delta", name: given[name]}, chunks)
        if block.kind == "text":
            block.citations += as_list(given.get("citations"))
        else:
            self._texts.part()

    def _delta(self, block: _Block, delta: Json, chunks: list[Json]) -> None:
        match delta.get("type"):
            case "text_delta":
                text = as_text(delta.get("text"))
                if text:
                    chunks.append(_chunk({"content": self._texts.add(text)}))
                    block.size += len(text)
            case "input_json_delta":
                piece = as_text(delta.get("partial_json"))
                if not piece:
                    return
                block.pieces.append(piece)
                if block.kind == "tool_use":
                    chunks.append(_call(block.call, {"function": {"arguments": piece}}))
            case "thinking_delta":
                text = as_text(delta.get("thinking"))
                if text:
                    chunks.append(_chunk({"reasoning": text, "reasoning_details": [_thought(block, "text", text)]}))
            case "signature_delta":
                signature = as_text(delta.get("signature"))
                chunks.append(_chunk({"reasoning_details": [_thought(block, "signature", signature)]}))
            case "citations_delta":
                block.citations.append(delta.get("citation"))

    def _stop(self, block: _Block, chunks: list[Json]) -> None:
        if block.kind == "text":
            found = to_annotations(block.citations, self._texts.size - block.size, self._texts.size)
            if found:
                chunks.append(_chunk({"annotations": found}))
        elif block.kind == "tool_use":
            if not block.pieces:
                # A call without arguments says so in a delta of nothing; some hosts tell them all at the start.
                chunks.append(_call(block.call, {"function": {"arguments": arguments_of(block.given.get("input"))}}))
        elif block.kind != "thinking":
            if block.pieces:
                block.given["input"] = load("".join(block.pieces).encode("utf-8", "surrogatepass"))
            details = details_in(block.given, block.index)
            chunks.append(_chunk({"reasoning_details": details}))

    def _end(self, event: Json, chunks: list[Json]) -> None:
        delta = as_object(event.get("delta"))
        reason = as_text(delta.get("stop_reason"))
        usage = self._usage(event.get("usage"))
        if not reason or self._has_ended:
            if usage:
                chunks.append({"choices": [], **usage})
            return
        self._has_ended = True
        refusal = refusal_in(delta.get("stop_details"))
        chunk = _chunk({"refusal": refusal} if refusal else {}, finish_to_chat(reason))
        choice = chunk["choices"][0]  # type: ignore[index]  # made above
        choice["native_finish_reason"] = reason
        if isinstance(delta.get("stop_sequence"), str):
            choice["stop_sequence"] = delta["stop_sequence"]
        chunks.append(chunk | usage)


class _Block:
    """A block that has begun."""

    __slots__ = ("call", "citations", "given", "index", "kind", "pieces", "size")

    def __init__(self, index: int, given: Json) -> None:
        self.index = index
        self.given = given
        self.kind = given.get("type")
        self.size = 0
        self.call = 0
        self.pieces: list[str] = []
        self.citations: list[object] = []


def _index(event: Json) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else 0


def _chunk(delta: Json, finish: str | None = None) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _call(number: int, told: Json) -> Json:
    return _chunk({"tool_calls": [{"index": number, **told}]})


def _thought(block: _Block, name: str, value: str) -> Json:
    return {"type": "reasoning.text", name: value, "format": ANTHROPIC, "index": block.index}
