"""Chunks of the hub as Gemini streams them: as events, or as one array.

Calls come whole in Gemini, so they wait until their choice ends; so do signatures, sources and counts, which come last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.gemini.candidates import candidate_of, wants_thoughts
from torana.formats.gemini.errors import event_from_chat
from torana.formats.gemini.logprobs import logprobs_from_chat
from torana.formats.gemini.reply import index_of
from torana.formats.gemini.sound import sound_part
from torana.formats.gemini.turns_from_chat import image_parts
from torana.formats.gemini.usage import usage_from_chat
from torana.formats.joining import grow
from torana.formats.json import as_list, as_object, as_text, dump
from torana.formats.openai_chat.passing import join_calls, join_details
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


class StreamFromChat:
    def __init__(self, turn: Turn) -> None:
        self.content_type = b"text/event-stream" if turn.is_sse else b"application/json"
        self._turn = turn
        self._shows_thoughts = wants_thoughts(turn)
        self._choices: dict[int, _Choice] = {}
        self._usage: object = None
        self._is_over = False
        """An error was told."""
        self._has_begun = False

    def feed(self, chunks: list[Json]) -> bytes:
        return b"".join([self._event(event) for chunk in chunks for event in self._events(chunk)])

    def finish(self) -> bytes:
        end = b"" if self._is_over else self._event(self._last())
        return end if self._turn.is_sse else end + (b"]" if self._has_begun else b"[]")

    def _events(self, chunk: Json) -> list[Json]:
        if self._is_over:
            return []
        if "error" in chunk:
            self._is_over = True
            return [event_from_chat(as_object(chunk["error"]))]
        self._usage = chunk.get("usage") or self._usage
        candidates = [told for each in as_list(chunk.get("choices")) if (told := self._candidate(as_object(each)))]
        return [self._envelope(candidates)] if candidates else []

    def _candidate(self, given: Json) -> Json | None:
        index = index_of(given)
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(index, shows_thoughts=self._shows_thoughts, chat=self._turn.chat)
        return choice.read(given)

    def _last(self) -> Json:
        """All reasons, and what was used: providers tell that after the reasons."""
        event = self._envelope([self._choices[index].last() for index in sorted(self._choices)])
        usage = usage_from_chat(self._usage)
        if usage is not None:
            event["usageMetadata"] = usage
        return event

    def _envelope(self, candidates: list[Json]) -> Json:
        return {"candidates": candidates, "modelVersion": self._turn.model, "responseId": self._turn.id}

    def _event(self, event: Json) -> bytes:
        told = dump(event) or b"{}"
        if self._turn.is_sse:
            return b"data: " + told + b"\n\n"
        start = b",\n" if self._has_begun else b"["
        self._has_begun = True
        return start + told


class _Choice:
    """One of the answers under way."""

    def __init__(self, index: int, *, shows_thoughts: bool, chat: Json) -> None:
        self._index = index
        self._shows_thoughts = shows_thoughts
        self._chat = chat
        self._said: list[str] = []
        self._held: Json = {}
        """A message of what comes at the end."""
        self._end: Json = {}

    def read(self, given: Json) -> Json | None:
        delta = as_object(given.get("delta"))
        said = delta.get("content") if len(delta) == 1 else None
        if isinstance(said, str) and said:  # nearly all pieces are such
            self._said.append(said)
            parts: list[Json] = [{"text": said}]
        else:
            parts = self._parts(delta)
        for name in ("finish_reason", "native_finish_reason"):
            if given.get(name):
                self._end[name] = given[name]
        logprobs = logprobs_from_chat(given["logprobs"]) if given.get("logprobs") else None
        if not parts and logprobs is None:
            return None
        made: Json = {"content": {"parts": parts, "role": "model"}, "index": self._index}
        if logprobs is not None:
            made["logprobsResult"] = logprobs
        return made

    def _parts(self, delta: Json) -> list[Json]:
        parts: list[Json] = []
        if details := details_of(delta):
            grow(self._held, "reasoning_details", [dict(each) for each in details])
            if self._shows_thoughts:
                thoughts = "".join([as_text(each.get("text")) or as_text(each.get("summary")) for each in details])
                parts += [{"text": thoughts, "thought": True}] if thoughts else []
        content = delta.get("content")
        if isinstance(content, list):
            content = "".join([as_text(as_object(part).get("text")) for part in content])
        audio = as_object(delta.get("audio"))
        for text in (content, delta.get("refusal"), audio.get("transcript")):
            if isinstance(text, str) and text:
                self._said.append(text)
                parts.append({"text": text})
        if audio and (sound := sound_part(audio, self._chat)) is not None:
            parts.append(sound)
        parts += image_parts(delta)
        if isinstance(calls := delta.get("tool_calls"), list):
            join_calls(self._held, calls)
        if isinstance(annotations := delta.get("annotations"), list):
            grow(self._held, "annotations", list(annotations))
        return parts

    def last(self) -> Json:
        if "reasoning_details" in self._held:
            self._held["reasoning_details"] = join_details(as_list(self._held["reasoning_details"]))
        ending = {"message": self._held, **self._end, "index": self._index}
        return candidate_of(ending, self._index, shows_thoughts=False, chat=self._chat, said="".join(self._said))
