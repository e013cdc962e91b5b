"""Streams of Gemini, events or one array, as chunks of the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.gemini.errors import failure_in
from torana.formats.gemini.finish import reason_to_chat
from torana.formats.gemini.logprobs import logprobs_to_chat
from torana.formats.gemini.reply import blocked, index_of
from torana.formats.gemini.sources_to_chat import annotations_of, cites
from torana.formats.gemini.turns_to_chat import TurnToChat
from torana.formats.gemini.usage import stated_to_chat
from torana.formats.json import as_list, as_object, as_text, load
from torana.formats.meter import Events
from torana.formats.translation import CUT, failed

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


class StreamToChat:
    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._turn = turn
        self._events = Events()
        self._readers: dict[int, TurnToChat] = {}
        self._is_over = False
        self._has_ended = False
        """A finish reason came: what is cut after it lacks nothing but counts."""
        self._stated: object = None
        """The last `usageMetadata` that was not passed on; each has all until then."""

    def feed(self, data: bytes) -> list[Json]:
        return self._read(self._events.feed(data))

    def finish(self) -> list[Json]:
        chunks = self._read(self._events.finish())
        if self._is_over:
            return chunks
        self._is_over = True
        chunks += self._rest()
        if not self._has_ended:
            self.is_broken = True
            chunks.append(failed(CUT))
        return chunks

    def _rest(self) -> list[Json]:
        """What was used, if no chunk has told it."""
        usage = stated_to_chat(self._stated)
        self._stated = None
        return [] if usage is None else [{"choices": [], "usage": usage}]

    def _read(self, events: list[bytes]) -> list[Json]:
        chunks: list[Json] = []
        for data in events:
            if self._is_over:
                break
            told = load(data)
            if isinstance(told, list) and told:
                told = told[0]  # an error of the array kind, sent as an event
            if not isinstance(told, dict):
                continue
            if told.get("error"):
                chunks += self._rest()
                self.is_broken = self._is_over = True
                failure, status = failure_in(told)
                chunks.append(failed(failure, status or 502))
            else:
                chunks += self._chunks(told)
        return chunks

    def _chunks(self, told: Json) -> list[Json]:
        self._stated = told.get("usageMetadata") or self._stated
        choices = [self._choice(each) for each in as_list(told.get("candidates")) if isinstance(each, dict)]
        if not choices and as_object(told.get("promptFeedback")).get("blockReason"):
            choices.append(self._blocked(told))
        if not choices:
            return []
        chunk: Json = {"choices": choices}
        if [choice for choice in choices if choice["finish_reason"]]:
            self._has_ended = True
            usage = stated_to_chat(self._stated)
            self._stated = None
            if usage is not None:
                chunk["usage"] = usage
        return [chunk]

    def _choice(self, candidate: Json) -> Json:
        index = index_of(candidate)
        reader = self._readers.get(index)
        delta: Json = {}
        if reader is None:
            prefix = f"call_{self._turn.id[:24]}_{f'{index}_' if index else ''}"
            reader = self._readers[index] = TurnToChat(prefix, is_stream=True)
            delta["role"] = "assistant"
        parts = as_object(candidate.get("content")).get("parts")
        if isinstance(parts, list):
            delta.update(reader.read(parts))
        if cites(candidate):
            sources = annotations_of(candidate, "".join(reader.texts))
            if sources:
                delta["annotations"] = [*as_list(delta.get("annotations")), *sources]
        choice: Json = {"index": index, "delta": delta, "finish_reason": None}
        if "finishReason" in candidate:
            self._end(choice, candidate, reader)
        if isinstance(found := candidate.get("logprobsResult"), dict):
            choice["logprobs"] = logprobs_to_chat(found)
        return choice

    @staticmethod
    def _end(choice: Json, candidate: Json, reader: TurnToChat) -> None:
        native = as_text(candidate["finishReason"])
        if not native:
            return
        reason = reason_to_chat(native, has_calls=reader.calls > 0)
        choice["finish_reason"], choice["native_finish_reason"] = reason, native
        if reason in ("content_filter", "error") and (said := as_text(candidate.get("finishMessage"))):
            as_object(choice["delta"])["refusal"] = said

    @staticmethod
    def _blocked(told: Json) -> Json:
        choice = blocked(told)
        return {**{name: value for name, value in choice.items() if name != "message"}, "delta": choice["message"]}
