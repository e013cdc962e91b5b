"""Streams of the hub in OpenRouter's dress (openrouter.md 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_index, as_list, as_object, as_text
from torana.formats.reasoning import details_of
from torana.surfaces.router.dressing import characters, reasons, settled, thought_in, usage_told
from torana.surfaces.router.errors import chat_error
from torana.surfaces.router.failures import from_error

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.surfaces.router.dressing import Dress, Ending
    from torana.surfaces.router.told import Told

_CHUNK = "chat.completion.chunk"
_THOUGHTS = frozenset({"reasoning", "reasoning_content", "reasoning_details"})
_PLAIN = frozenset({"index", "delta", "finish_reason", "logprobs"})
_OWN = frozenset({"role", "content", *_THOUGHTS})


class DressedStream:
    """Chunks of the hub in, dressed chunks out: each is as the client of chat gets it, the last one has the usage."""

    def __init__(self, dress: Dress) -> None:
        self.has_begun = False
        """Something was given that cannot be taken back: no one else may be asked any more."""
        self._dress = dress
        self._envelope = dress.envelope(_CHUNK)
        self._ends: dict[int, Json] = {}
        """By the index of a choice: how it ended."""
        self._tier: object = None
        self._usage: object = None
        self._upstream_id = ""
        self._characters = self._images = 0
        self._error: Json | None = None
        self._is_over = False

    def feed(self, chunks: list[Json]) -> list[Json]:
        """Raises nothing, whatever is in the chunks."""
        told: list[Json] = []
        for chunk in chunks:
            if self._is_over:
                break
            if self.has_begun and (plain := self._plain(chunk)) is not None:
                told.append(plain)
                continue
            if chunk.get("error"):
                told.append(self._failed(chunk))
                break
            self._note(chunk)
            choices = [self._choice(each) for each in as_list(chunk.get("choices")) if isinstance(each, dict)]
            if shown := [each for each in choices if each is not None]:
                told.append({**self._envelope, "choices": shown})
                self.has_begun = True
        return told

    def fail(self, status: int, told: Told) -> list[Json]:
        """Ends it with an error that was met elsewhere: a deadline, a connection."""
        return [] if self._is_over else [self._break(status, told)]

    def finish(self) -> list[Json]:
        """The last chunk, unless the stream has failed."""
        if self._is_over:
            return []
        self._is_over = True
        end = self.ending
        ends = list(self._ends.values()) or [_ended(0, None, None)]
        last: Json = {**self._envelope, "service_tier": self._dress.service_tier or self._tier, "choices": ends}
        last["usage"] = usage_told(end, self._usage, self._dress)
        if self._dress.metadata is not None:
            last["openrouter_metadata"] = self._dress.metadata
        return [last]

    @property
    def ending(self) -> Ending:
        """As far as it is known by now; whole after `finish`, `fail` or an error."""
        first = self._ends[min(self._ends)] if self._ends else {}
        reason = "error" if self._error is not None else as_text(first.get("finish_reason"))
        end = settled(self._usage, self._dress, reason, self._characters, error=self._error)
        end.native_finish_reason = as_text(first.get("native_finish_reason"))
        end.upstream_id, end.images = self._upstream_id, self._images
        return end

    def _plain(self, chunk: Json) -> Json | None:
        """A chunk of one text and no more, as nearly all are: the same as by the long way, in a third of the time."""
        choices = chunk.get("choices")
        if not isinstance(choices, list) or len(choices) != 1 or chunk.get("usage") or chunk.get("error"):
            return None
        choice = choices[0]
        if not isinstance(choice, dict) or not choice.keys() <= _PLAIN or choice.get("finish_reason"):
            return None
        delta, index = choice.get("delta"), choice.get("index", 0)
        content = delta.get("content") if isinstance(delta, dict) and len(delta) == 1 else None
        if not content or type(content) is not str or type(index) is not int or choice.get("logprobs") is not None:
            return None
        self._characters += len(content)
        told = {"index": index, "delta": {"content": content, "role": "assistant"}}
        return {**self._envelope, "choices": [{**told, "finish_reason": None, "native_finish_reason": None}]}

    def _note(self, chunk: Json) -> None:
        self._usage = chunk.get("usage") or self._usage
        self._tier = chunk.get("service_tier") or self._tier
        self._upstream_id = self._upstream_id or as_text(chunk.get("id"))

    def _choice(self, choice: Json) -> Json | None:
        """None where it says nothing."""
        index = as_index(choice.get("index"))
        delta = as_object(choice.get("delta"))
        reason, native = reasons(choice)
        told = self._delta(delta)
        if told is None:
            if reason is None or index in self._ends:
                return None
            told = {"content": "", "role": "assistant"}
        made: Json = {"index": index, "delta": told, "finish_reason": reason, "native_finish_reason": native}
        for name, value in choice.items():
            if name not in made and value is not None:
                made[name] = value
        if reason is not None:
            end = self._ends.setdefault(index, _ended(index, reason, native))
            if "stop_sequence" in made:
                end["stop_sequence"] = made["stop_sequence"]
        return made

    def _delta(self, delta: Json) -> Json | None:
        content = as_text(delta.get("content"))
        self._characters += characters(delta)
        self._images += len(as_list(delta.get("images")))
        more = {name: value for name, value in delta.items() if name not in _OWN and value is not None and value != []}
        details = [] if self._dress.hides_reasoning or _THOUGHTS.isdisjoint(delta) else details_of(delta)
        if not (content or details or more):
            return None
        # Where a piece of a call comes there is no text at all; else there is one, if an empty one.
        told: Json = {"content": content or (None if "tool_calls" in more else ""), "role": "assistant"}
        if details:
            told["reasoning"], told["reasoning_details"] = thought_in(details), details
        return told | more

    def _failed(self, chunk: Json) -> Json:
        shown, told = from_error(chunk, self._dress.provider, self._dress.is_byok, self._dress.model)
        return self._break(shown, told)

    def _break(self, status: int, told: Told) -> Json:
        self._is_over = self.has_begun = True
        self._error = chat_error(status, told)
        end = _ended(0, "error", "error")
        last: Json = {**self._envelope, "error": self._error, "choices": [end]}
        if self._dress.metadata is not None:
            last["openrouter_metadata"] = self._dress.metadata
        return last


def _ended(index: int, reason: str | None, native: str | None) -> Json:
    delta: Json = {"content": "", "role": "assistant"}
    return {"index": index, "delta": delta, "finish_reason": reason, "native_finish_reason": native}
