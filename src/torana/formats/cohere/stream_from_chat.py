"""Streams of the hub as Cohere's clients expect them: a message of blocks that start and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.cohere.citations import Said, from_annotations
from torana.formats.cohere.reply import call_from_chat, id_of, said_in
from torana.formats.cohere.words import counts_from_chat, logprobs_from_chat, reason_from_chat
from torana.formats.json import as_index, as_list, as_object, as_text, dump
from torana.formats.kept_reasoning import Kept, is_signed, thought_in
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_TEXT, _THINKING, _CALL = "text", "thinking", "tool-call"
_TEXT_DELTA = b'event: content-delta\ndata: {"type":"content-delta","index":'
_START: Json = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}


class StreamFromChat:
    content_type = b"text/event-stream"

    def __init__(self, turn: Turn) -> None:
        self._id = id_of(turn.id)
        self._out: list[bytes] = []
        self._has_begun = False
        self._is_over = False
        self._open = ""
        """The kind of block under way."""
        self._blocks = 0
        self._before = b""
        """An event of the text under way, up to the text."""
        self._calls: list[int] = []
        """The hub's indices of the calls that have begun."""
        self._is_bare = False
        """The call under way has no arguments yet."""
        self._citations = 0
        self._said = Said()
        """Kept for those who cite it, since citations repeat what they are about."""
        self._kept = Kept()
        self._reason: Json = {}
        self._usage: object = None

    def feed(self, chunks: list[Json]) -> bytes:
        for chunk in chunks:
            if not self._is_over:
                self._take(chunk)
        return self._flush()

    def finish(self) -> bytes:
        if not self._is_over:
            self._begin()
            self._close()
            self._end({})
        return self._flush()

    def _flush(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _take(self, chunk: Json) -> None:
        self._begin()
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        if chunk.get("error"):
            self._close()
            self._reason = {"finish_reason": "error"}
            self._end({"error": as_text(as_object(chunk["error"]).get("message"))})
            return
        for choice in as_list(chunk.get("choices"))[:1]:
            if isinstance(choice, dict):
                self._choice(choice)

    def _choice(self, choice: Json) -> None:
        delta = as_object(choice.get("delta"))
        if len(delta) == 1 and isinstance(plain := delta.get("content"), str) and plain:
            self._say(plain, choice)  # nearly all of them are such
        else:
            self._mixed(delta, choice)
        if choice.get("finish_reason"):
            self._reason = choice

    def _mixed(self, delta: Json, choice: Json) -> None:
        if details := details_of(delta):
            self._think(details)
        if said := said_in(delta):
            self._say(said, choice)
        for image in as_list(delta.get("images")):
            self._close()
            self._start("image_url", {"type": "image_url", "image_url": as_object(image).get("image_url")})
        for call in as_list(delta.get("tool_calls")):
            self._call(as_object(call))
        if delta.get("annotations"):
            self._cite(delta["annotations"])

    def _think(self, details: list[Json]) -> None:
        thought = thought_in(details)
        if not thought and not any(is_signed(each) for each in details):
            return
        if self._open != _THINKING:
            self._close()
            self._start(_THINKING, {"type": _THINKING, _THINKING: ""})
        self._kept.add(details)
        if thought:
            self._delta({_THINKING: thought})

    def _say(self, said: str, choice: Json) -> None:
        if self._open != _TEXT:
            self._close()
            self._start(_TEXT, {"type": _TEXT, _TEXT: ""})
            self._said.begin(self._blocks)
            self._before = b'%s%d,"delta":{"message":{"content":{"text":' % (_TEXT_DELTA, self._blocks)
        self._said.add(said)
        logprobs = logprobs_from_chat(choice["logprobs"]) if choice.get("logprobs") else []
        if logprobs:
            self._delta({_TEXT: said}, {"logprobs": logprobs[0]})
        else:
            self._out.append(self._before + (dump(said) or b'""') + b"}}}}\n\n")

    def _call(self, call: Json) -> None:
        index = as_index(call.get("index"))
        if index not in self._calls:
            self._close()
            self._calls.append(index)
            self._open = _CALL
            told = call_from_chat(call)
            self._is_bare = not as_object(told["function"])["arguments"]
            self._tell("tool-call-start", {"index": len(self._calls) - 1, "delta": {"message": {"tool_calls": told}}})
        elif piece := as_text(as_object(call.get("function")).get("arguments")):
            self._argue(self._calls.index(index), piece)

    def _argue(self, place: int, piece: str) -> None:
        self._is_bare = False
        message: Json = {"tool_calls": {"function": {"arguments": piece}}}
        self._tell("tool-call-delta", {"index": place, "delta": {"message": message}})

    def _cite(self, annotations: object) -> None:
        for citation in from_annotations(annotations, self._said):
            event: Json = {"index": self._citations, "delta": {"message": {"citations": citation}}}
            self._tell("citation-start", event)
            self._tell("citation-end", {"index": self._citations})
            self._citations += 1

    def _begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        self._tell("message-start", {"id": self._id, "delta": {"message": _START}})

    def _start(self, kind: str, content: Json) -> None:
        self._open = kind
        self._tell("content-start", {"index": self._blocks, "delta": {"message": {"content": content}}})

    def _delta(self, content: Json, beside: Json | None = None) -> None:
        event: Json = {"index": self._blocks, "delta": {"message": {"content": content}}}
        self._tell("content-delta", event if beside is None else {**event, **beside})

    def _close(self) -> None:
        """Ends the block under way."""
        if self._open == _CALL:
            if self._is_bare:
                self._argue(len(self._calls) - 1, "{}")
            self._tell("tool-call-end", {"index": len(self._calls) - 1})
        elif self._open:
            if self._open == _THINKING and self._kept.is_signed:
                self._delta({_THINKING: "", "signature": self._kept.sealed()})
            self._tell("content-end", {"index": self._blocks})
            self._blocks += 1
        self._open = ""

    def _end(self, told: Json) -> None:
        self._is_over = True
        told["finish_reason"] = reason_from_chat(self._reason)
        if (usage := counts_from_chat(self._usage)) is not None:
            told["usage"] = usage
        self._tell("message-end", {"id": self._id, "delta": told})
        self._out.append(b"data: [DONE]\n\n")

    def _tell(self, kind: str, event: Json) -> None:
        data = dump({"type": kind, **event})
        if data is not None:
            self._out.append(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")
