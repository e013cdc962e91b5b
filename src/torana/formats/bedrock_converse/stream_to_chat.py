"""Streams of ConverseStream as chunks of the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.bedrock_converse.citations import annotation_of
from torana.formats.bedrock_converse.errors import exception_to_chat
from torana.formats.bedrock_converse.media import image_part
from torana.formats.bedrock_converse.models import model_of
from torana.formats.bedrock_converse.outcome import finish_to_chat, used_to_chat
from torana.formats.bedrock_converse.reply import SERVER_TOOL, call_id
from torana.formats.bedrock_converse.thinking import owner_of
from torana.formats.eventstream import Frames
from torana.formats.json import as_object, as_text, load
from torana.formats.translation import CUT, failed

if TYPE_CHECKING:
    from torana.formats.eventstream import Frame
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_EVENTS = frozenset(
    {"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"}
)


class Block:
    """What a content block has told so far, as far as its end needs it."""

    __slots__ = ("call", "citations", "has_input", "image", "is_server_tool", "start", "thought")

    def __init__(self, start: int) -> None:
        self.start = start
        """Where the answer's text stood when it began."""
        self.call = -1
        """Which tool call it is."""
        self.thought = -1
        """Which block of reasoning."""
        self.is_server_tool = False
        self.has_input = False
        self.citations: list[Json] = []
        self.image: Json = {}


class Events:
    """Events in, chunks out; where the events come from is another's business."""

    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self.is_over = False
        self.has_ended = False
        """`messageStop` came: what is cut after it lacks nothing but counts."""
        self._turn = turn
        self._model = model_of(as_text(turn.chat.get("model")))
        self._blocks: dict[int, Block] = {}
        self._size = 0
        self._calls = 0
        self._thoughts = 0

    def take(self, kind: str, event: Json) -> list[Json]:
        if self.is_over:
            return []
        match kind:
            case "contentBlockDelta":
                delta = self._delta(as_object(event.get("delta")), self._block(event))
            case "contentBlockStart":
                delta = self._start(as_object(event.get("start")), self._block(event))
            case "contentBlockStop":
                delta = self._stop(self._blocks.pop(_index(event), None))
            case "messageStart":
                delta = {"role": "assistant", "content": ""}
            case "messageStop":
                self.has_ended = True
                return [_chunk({}, finish_to_chat(event, has_calls=self._calls > 0))]
            case "metadata":
                return self._metadata(event)
            case _:
                return []
        return [_chunk(delta, {"finish_reason": None})] if delta else []

    def fail(self, chunk: Json) -> list[Json]:
        self.is_broken = self.is_over = True
        return [chunk]

    def finish(self) -> list[Json]:
        return [] if self.is_over or self.has_ended else self.fail(failed(CUT))

    def _block(self, event: Json) -> Block:
        index = _index(event)
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = Block(self._size)
        return block

    def _start(self, start: Json, block: Block) -> Json:
        if "image" in start:
            block.image = {"format": as_object(start["image"]).get("format")}
        use = as_object(start.get("toolUse"))
        if not use or "toolResult" in start:
            return {}
        if use.get("type") == SERVER_TOOL:
            block.is_server_tool = True
            return {}
        block.call = self._calls
        self._calls += 1
        function: Json = {"name": as_text(use.get("name")), "arguments": ""}
        id_ = as_text(use.get("toolUseId")) or call_id(self._turn.id, block.call)
        return {"tool_calls": [{"index": block.call, "id": id_, "type": "function", "function": function}]}

    def _delta(self, delta: Json, block: Block) -> Json:
        text = delta.get("text")
        if isinstance(text, str):
            self._size += len(text)
            return {"content": text} if text else {}
        if "toolUse" in delta:
            return self._input(as_text(as_object(delta["toolUse"]).get("input")), block)
        if "reasoningContent" in delta:
            return self._thought(as_object(delta["reasoningContent"]), block)
        if "citation" in delta:
            block.citations.append(as_object(delta["citation"]))
        elif "image" in delta:
            block.image["source"] = as_object(delta["image"]).get("source")
        return {}

    def _input(self, piece: str, block: Block) -> Json:
        if not piece or block.is_server_tool or block.call < 0:
            return {}
        block.has_input = True
        return {"tool_calls": [{"index": block.call, "function": {"arguments": piece}}]}

    def _thought(self, piece: Json, block: Block) -> Json:
        if block.thought < 0:
            block.thought = self._thoughts
            self._thoughts += 1
        text, signature, data = (as_text(piece.get(name)) for name in ("text", "signature", "redactedContent"))
        detail: Json = {"type": "reasoning.text"}
        if data:
            detail = {"type": "reasoning.encrypted", "data": data}
        elif text:
            detail["text"] = text
        elif signature:
            detail["signature"] = signature
        else:
            return {}
        detail["format"] = owner_of(self._model, is_signed=bool(data or signature))
        detail["index"] = block.thought
        delta: Json = {"reasoning": text} if text else {}
        delta["reasoning_details"] = [detail]
        return delta

    def _stop(self, block: Block | None) -> Json:
        if block is None:
            return {}
        if block.call >= 0 and not block.has_input:
            return {"tool_calls": [{"index": block.call, "function": {"arguments": "{}"}}]}
        if block.citations:
            return {"annotations": [annotation_of(each, block.start, self._size) for each in block.citations]}
        return {"images": [image_part(block.image)]} if "source" in block.image else {}

    def _metadata(self, event: Json) -> list[Json]:
        chunk: Json = {"choices": []}
        usage = used_to_chat(event)
        if usage is not None:
            chunk["usage"] = usage
        if tier := as_text(as_object(event.get("serviceTier")).get("type")):
            chunk["service_tier"] = tier
        return [chunk] if len(chunk) > 1 else []


def _index(event: Json) -> int:
    index = event.get("contentBlockIndex")
    return index if isinstance(index, int) else 0


def _chunk(delta: Json, ended: Json) -> Json:
    return {"choices": [{"index": 0, "delta": delta, **ended}]}


class StreamToChat:
    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._frames = Frames()
        self._events = Events(turn)

    def feed(self, data: bytes) -> list[Json]:
        return [chunk for frame in self._frames.feed(data) for chunk in self._read(frame)]

    def finish(self) -> list[Json]:
        chunks = self._events.finish()
        self.is_broken = self._events.is_broken
        return chunks

    def _read(self, frame: Frame) -> list[Json]:
        kind, event = frame.event, as_object(load(frame.payload))
        if kind in _EVENTS:
            return self._events.take(kind, event)
        return told_exception(frame, kind, event, self._events)


def told_exception(frame: Frame, kind: str, event: Json, events: Events) -> list[Json]:
    """Of a frame that is none of the known events: what is new at Bedrock is left out, what failed is told."""
    if frame.headers.get(b":message-type") == b"event" or events.is_over:
        return []
    shown = frame.headers.get(b":error-message", b"").decode("utf-8", "replace")
    failure, status = exception_to_chat(kind, {"message": shown} | event if shown else event)
    return events.fail(failed(failure, status))
