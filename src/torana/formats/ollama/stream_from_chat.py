"""Streams of the hub as Ollama's clients expect them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.joining import grow
from torana.formats.json import as_list, as_object, as_text, dump
from torana.formats.kept_reasoning import Kept, thought_in
from torana.formats.ollama.reply import call_from_chat, end_of, images_from_chat, said_in
from torana.formats.ollama.words import counts_from_chat, date_of
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


_AFTER = b'},"done":false}\n'


class StreamFromChat:
    content_type = b"application/x-ndjson"

    def __init__(self, turn: Turn) -> None:
        self._envelope: Json = {"model": turn.model, "created_at": date_of(turn.created)}
        head = dump(self._envelope) or b"{}"
        self._before = head[:-1] + b',"message":{"role":"assistant","content":'
        """Of a line that has a text and no more, up to it: nearly all of them are such."""
        self._out: list[bytes] = []
        self._is_over = False
        self._kept = Kept()
        self._call: Json = {}
        """The one under way; Ollama has calls whole."""
        self._index: object = None
        self._calls = 0
        self._reason: object = None
        self._usage: object = None

    def feed(self, chunks: list[Json]) -> bytes:
        for chunk in chunks:
            if not self._is_over:
                self._take(chunk)
        return self._flush()

    def finish(self) -> bytes:
        if not self._is_over:
            self._close()
            self._is_over = True
            end = {**end_of(self._reason), **counts_from_chat(self._usage)}
            self._write({**self._envelope, "message": {"role": "assistant", "content": ""}, **end})
        return self._flush()

    def _flush(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _take(self, chunk: Json) -> None:
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        if chunk.get("error"):
            self._is_over = True
            self._write({"error": as_text(as_object(chunk["error"]).get("message"))})
            return
        for choice in as_list(chunk.get("choices"))[:1]:
            if isinstance(choice, dict):
                self._choice(choice)

    def _choice(self, choice: Json) -> None:
        delta = as_object(choice.get("delta"))
        if len(delta) == 1 and isinstance(plain := delta.get("content"), str) and plain and not choice.get("logprobs"):
            self._out.append(self._before + (dump(plain) or b'""') + _AFTER)
        else:
            self._delta(delta, choice)
        if choice.get("finish_reason"):
            self._reason = choice["finish_reason"]
            self._close()

    def _delta(self, delta: Json, choice: Json) -> None:
        said = said_in(delta)
        message: Json = {"role": "assistant", "content": said}
        if details := details_of(delta):
            self._kept.add(details)
            if thought := thought_in(details):
                message["thinking"] = thought
        if images := images_from_chat(delta):
            message["images"] = images
        if said or len(message) > 2:  # noqa: PLR2004  # more than a role and a content
            told: Json = {**self._envelope, "message": message, "done": False}
            if choice.get("logprobs"):
                told["logprobs"] = as_list(as_object(choice["logprobs"]).get("content"))
            self._write(told)
        for call in as_list(delta.get("tool_calls")):
            self._grow(as_object(call))

    def _grow(self, piece: Json) -> None:
        index = piece.get("index", 0)
        if not self._call or index != self._index:
            self._close()
            self._call = {"function": {}}
            self._index = index
        if piece.get("id"):
            self._call["id"] = piece["id"]
        whole = as_object(self._call["function"])
        function = as_object(piece.get("function")) or as_object(piece.get("custom"))
        if function.get("name"):
            whole["name"] = function["name"]
        for name in ("arguments", "input"):
            if function.get(name):
                grow(whole, name, function[name])

    def _close(self) -> None:
        """Tells the call under way, and what the thoughts so far were signed with."""
        if self._kept.is_signed:
            message: Json = {"role": "assistant", "content": "", "signature": self._kept.sealed()}
            self._write({**self._envelope, "message": message, "done": False})
        if self._call:
            calls = [call_from_chat(self._call, self._calls)]
            message = {"role": "assistant", "content": "", "tool_calls": calls}
            self._write({**self._envelope, "message": message, "done": False})
            self._calls += 1
            self._call = {}

    def _write(self, line: Json) -> None:
        data = dump(line)
        if data is not None:
            self._out.append(data + b"\n")
