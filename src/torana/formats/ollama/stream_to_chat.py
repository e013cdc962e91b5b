"""Streams of Ollama to the hub: a line for each piece, calls of tools whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text, load
from torana.formats.ndjson import Lines
from torana.formats.ollama.reply import call_to_chat, images_to_chat, reason_to_chat, thought_of
from torana.formats.ollama.words import counts_to_chat
from torana.formats.openai_chat.errors import error_in
from torana.formats.translation import CUT, failed

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Failure, Turn


_PLAIN = frozenset({"role", "content"})
"""All that the message of nearly every line has."""


class StreamToChat:
    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._turn = turn
        self._lines = Lines()
        self._is_over = False
        self._has_begun = False
        self._calls = 0

    def feed(self, data: bytes) -> list[Json]:
        return self._read(self._lines.feed(data))

    def finish(self) -> list[Json]:
        chunks = self._read(self._lines.finish())
        if not self._is_over:
            chunks.append(self._fail(CUT))
        return chunks

    def _read(self, lines: list[bytes]) -> list[Json]:
        chunks: list[Json] = []
        for data in lines:
            if self._is_over:
                break
            line = load(data)
            if not isinstance(line, dict):
                continue
            if line.get("error"):
                chunks.append(self._fail(error_in(line)))
                break
            if delta := self._delta(as_object(line.get("message"))):
                choice: Json = {"index": 0, "delta": delta, "finish_reason": None}
                if "logprobs" in line:
                    choice["logprobs"] = {"content": as_list(line["logprobs"])}
                chunks.append({"choices": [choice]})
            if line.get("done") is True:
                chunks += self._end(line)
        return chunks

    def _delta(self, message: Json) -> Json:
        said = as_text(message.get("content"))
        if self._has_begun and message.keys() <= _PLAIN:
            return {"content": said} if said else {}
        delta: Json = {}
        if not self._has_begun and message:
            self._has_begun = True
            delta = {"role": "assistant", "content": ""}
        if said:
            delta["content"] = said
        if thought := as_text(message.get("thinking")):
            delta["reasoning"] = thought
            delta["reasoning_details"] = [thought_of(thought)]
        calls: list[Json] = []
        for call in map(as_object, as_list(message.get("tool_calls"))):
            calls.append({"index": self._calls, **call_to_chat(call, self._calls, self._turn)})
            self._calls += 1
        if calls:
            delta["tool_calls"] = calls
        if images := images_to_chat(message):
            delta["images"] = images
        return delta

    def _end(self, line: Json) -> list[Json]:
        self._is_over = True
        chunks: list[Json] = [
            {"choices": [{"index": 0, "delta": {}, **reason_to_chat(line, has_calls=self._calls > 0)}]}
        ]
        if (usage := counts_to_chat(line)) is not None:
            chunks.append({"choices": [], "usage": usage})
        return chunks

    def _fail(self, failure: Failure) -> Json:
        self.is_broken = self._is_over = True
        return failed(failure)
