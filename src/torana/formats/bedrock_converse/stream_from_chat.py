"""Chunks of the hub as a stream of ConverseStream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.bedrock_converse.citations import citation_of
from torana.formats.bedrock_converse.errors import error_in, exception_from_chat
from torana.formats.bedrock_converse.media import answered_image
from torana.formats.bedrock_converse.outcome import finish_from_chat, used_from_chat
from torana.formats.bedrock_converse.reply import call_id, hides_thoughts, text_of_answer, tier_of
from torana.formats.bedrock_converse.thinking import TEXTS, redacted, signature_of, text_in
from torana.formats.eventstream import event_frame, exception_frame
from torana.formats.joining import grow
from torana.formats.json import Json, as_list, as_object, as_text, dump
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.formats.translation import Turn

_TEXT = ("text",)
"""The key of a block of text; of a block of reasoning or a tool, what tells it from its like."""

Event = tuple[str, Json]


class Events:
    """Chunks in, events out, one content block after the other; how they are framed is another's business."""

    def __init__(self, turn: Turn) -> None:
        self.usage: Json | None = None
        self.has_failed = False
        self._tier: Json = {}
        self._turn = turn
        self._is_hidden = hides_thoughts(turn)
        self._has_begun = False
        self._has_ended = False
        self._next = 0
        """The index of the next block."""
        self._open: tuple[object, ...] | None = None
        """What the block under way is."""
        self._calls: dict[int, tuple[int, str]] = {}
        """The block and the id of each tool call, by its index in the hub."""
        self._sealed: Json = {}
        """Fields of the reasoning under way that are for its signature."""
        self._events: list[Event] = []

    def take(self, chunk: Json) -> list[Event]:
        self._events = []
        if self.has_failed:
            return self._events
        if "error" in chunk and (error := error_in(chunk)) is not None:
            self.has_failed = True
            self._events.append(exception_from_chat(error))
            return self._events
        if "service_tier" in chunk:
            self._tier = tier_of(chunk) or self._tier
        if chunk.get("usage") is not None:
            self.usage = used_from_chat(chunk["usage"]) or self.usage
        for choice in as_list(chunk.get("choices")):
            if isinstance(choice, dict) and not choice.get("index"):
                self._choice(choice)
        return self._events

    def finish(self) -> list[Event]:
        self._events = []
        if self.has_failed:
            return self._events
        if not self._has_ended:
            self._end({"finish_reason": "stop"})
        if self.usage is not None:
            self._events.append(("metadata", {"usage": self.usage, "metrics": {"latencyMs": 0}, **self._tier}))
        return self._events

    def _choice(self, choice: Json) -> None:
        if not self._has_begun:
            self._begin()
        delta = as_object(choice.get("delta"))
        if delta and not self._has_ended:
            self._delta(delta)
        if choice.get("finish_reason") and not self._has_ended:
            self._end(choice)

    def _begin(self) -> None:
        self._has_begun = True
        self._events.append(("messageStart", {"role": "assistant"}))

    def _end(self, choice: Json) -> None:
        if not self._has_begun:
            self._begin()
        self._close()
        self._has_ended = True
        self._events.append(("messageStop", finish_from_chat(choice, self._turn.request)))

    def _delta(self, delta: Json) -> None:
        text = delta.get("content")
        if len(delta) == 1 and text and isinstance(text, str):  # nearly all pieces are such
            self._write(_TEXT, {"text": text})
            return
        if "reasoning_details" in delta or "reasoning" in delta or "reasoning_content" in delta:
            for detail in details_of(delta):
                self._think(detail)
        text = text if isinstance(text, str) else text_of_answer(text)
        if text := text or as_text(delta.get("refusal")):
            self._write(_TEXT, {"text": text})
        for annotation in as_list(delta.get("annotations")):
            self._write(_TEXT, {"citation": citation_of(as_object(annotation))})
        for image in as_list(delta.get("images")):
            self._picture(answered_image(as_object(image)))
        for call in as_list(delta.get("tool_calls")):
            self._call(as_object(call))

    def _write(self, key: tuple[object, ...], delta: Json) -> None:
        if self._open != key:
            self._start(key)
        self._events.append(("contentBlockDelta", {"delta": delta, "contentBlockIndex": self._next - 1}))

    def _start(self, key: tuple[object, ...], start: Json | None = None) -> None:
        self._close()
        self._open = key
        self._next += 1
        if start is not None:  # texts and thoughts begin with their first piece
            self._events.append(("contentBlockStart", {"start": start, "contentBlockIndex": self._next - 1}))

    def _close(self) -> None:
        if self._open is None:
            return
        if self._sealed:
            self._sign(signature_of(self._sealed, is_hidden=self._is_hidden))
            self._sealed = {}
        self._events.append(("contentBlockStop", {"contentBlockIndex": self._next - 1}))
        self._open = None

    def _think(self, detail: Json) -> None:
        kind = as_text(detail.get("type"))
        text_name = TEXTS.get(kind)
        if text_name is None:
            self._start(("sealed",))
            self._write(("sealed",), {"reasoningContent": {"redactedContent": redacted(detail)}})
            self._close()
            return
        key = (kind, detail.get("index"))
        if self._open != key:
            self._start(key)
        text = text_in(detail)
        if text and self._is_hidden:
            grow(self._sealed, text_name, text)
        elif text:
            self._write(key, {"reasoningContent": {"text": text}})
        self._sealed.update({name: value for name, value in detail.items() if name != text_name})

    def _sign(self, signature: str) -> None:
        if signature:
            delta: Json = {"reasoningContent": {"signature": signature}}
            self._events.append(("contentBlockDelta", {"delta": delta, "contentBlockIndex": self._next - 1}))

    def _picture(self, block: Json) -> None:
        image = as_object(block.get("image"))
        if not image:
            self._write(_TEXT, block)
            return
        self._start(("image",), {"image": {"format": image.get("format")}})
        self._write(("image",), {"image": {"source": image.get("source")}})
        self._close()

    def _call(self, call: Json) -> None:
        number, function, id_ = call.get("index"), as_object(call.get("function")), as_text(call.get("id"))
        index = number if isinstance(number, int) else 0
        block, known = self._calls.get(index, (-1, ""))
        if block < 0 or (id_ and id_ != known):  # some send every call under the same index
            known = id_ or call_id(self._turn.id, len(self._calls))
            self._start(("tool", known), {"toolUse": {"toolUseId": known, "name": as_text(function.get("name"))}})
            block = self._next - 1
            self._calls[index] = block, known
        if piece := as_text(function.get("arguments")):
            delta: Json = {"toolUse": {"input": piece}}
            self._events.append(("contentBlockDelta", {"delta": delta, "contentBlockIndex": block}))


class StreamFromChat:
    content_type = b"application/vnd.amazon.eventstream"

    def __init__(self, turn: Turn) -> None:
        self._events = Events(turn)

    def feed(self, chunks: list[Json]) -> bytes:
        return b"".join([frame(event) for chunk in chunks for event in self._events.take(chunk)])

    def finish(self) -> bytes:
        return b"".join([frame(event) for event in self._events.finish()])


def frame(event: Event) -> bytes:
    kind, payload = event
    written: Callable[[str, bytes], bytes] = exception_frame if kind.endswith("Exception") else event_frame
    return written(kind, dump(payload) or b"{}")
