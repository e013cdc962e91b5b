"""Streams of legacy completions, to and from the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.completions import logprobs
from torana.formats.completions.reply import choice_to_chat, echoed, move_outside, reason_from_chat, said_in
from torana.formats.fields import move
from torana.formats.json import as_index, as_list, as_object, dump
from torana.formats.openai_chat.stream import StreamToChat as ChatToChat

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_DONE = b"data: [DONE]\n\n"
_THOUGHTS = ("reasoning", "reasoning_content", "reasoning_details")


class StreamToChat(ChatToChat):
    """The same events as chat has, with other choices in them."""

    def feed(self, data: bytes) -> list[Json]:
        return [_chunk(each) for each in super().feed(data)]

    def finish(self) -> list[Json]:
        return [_chunk(each) for each in super().finish()]


def _chunk(chunk: Json) -> Json:
    if "error" in chunk:
        return chunk
    told: Json = {"choices": [choice_to_chat(as_object(each), "delta") for each in as_list(chunk.get("choices"))]}
    move_outside(chunk, told)
    return told


class StreamFromChat:
    """As OpenAI sends them: usage in a chunk of its own at the end, where the client asked for it."""

    content_type = b"text/event-stream"

    def __init__(self, turn: Turn) -> None:
        self._envelope: Json = {
            "id": f"cmpl-{turn.id}",
            "object": "text_completion",
            "created": turn.created,
            "model": turn.model,
        }
        self._wants_usage = as_object(turn.request.get("stream_options")).get("include_usage") is True
        self._usage: object = None
        self._echo = echoed(turn)
        self._offsets: dict[int, int] = {}
        """Where the next token of a choice stands in its text, by its index."""
        self._is_over = False
        self._is_dressed = bool(turn.generation)
        self._before = b"data: " + (dump(self._envelope) or b"{}")[:-1] + b',"choices":[{"index":'
        """Of an event with one choice, up to it."""

    def feed(self, chunks: list[Json]) -> bytes:
        return b"".join([self._event(chunk) for chunk in chunks])

    def finish(self) -> bytes:
        end = b""
        if self._wants_usage and self._usage is not None and not self._is_over:
            end = _write({**self._envelope, "choices": [], "usage": self._usage})
        return end + _DONE

    def _event(self, chunk: Json) -> bytes:
        if self._is_over:
            return b""
        if self._is_dressed:
            return self._dressed(chunk)
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        if chunk.get("error"):
            self._is_over = True
            return _write({**self._envelope, "choices": [], "error": chunk["error"]})
        if plain := self._plain(as_list(chunk.get("choices"))):
            return plain
        choices = [self._choice(each) for each in as_list(chunk.get("choices")) if isinstance(each, dict)]
        told = [each for each in choices if each is not None]
        return _write({**self._envelope, "choices": told}) if told else b""

    def _dressed(self, chunk: Json) -> bytes:
        """As the router says it, but for the choices."""
        choices = [as_object(each) for each in as_list(chunk.get("choices"))]
        is_end = "usage" in chunk or "error" in chunk
        told = [made for each in choices if (made := self._choice(each, is_told=is_end)) is not None]
        if not told and "debug" not in chunk:
            return b""
        return _write({**chunk, "object": "text_completion", "choices": told})

    def _plain(self, choices: list[object]) -> bytes:
        """An event of a text and no more: nearly all of them are such."""
        choice = as_object(choices[0]) if len(choices) == 1 else {}
        delta, index = as_object(choice.get("delta")), as_index(choice.get("index"))
        said = delta.get("content") if len(delta) == 1 else None
        is_plain = isinstance(said, str) and index in self._offsets and not choice.get("logprobs")
        if not is_plain or choice.get("finish_reason"):
            return b""
        told = b'%d,"text":%s,"logprobs":null,"finish_reason":null}]}\n\n'
        return self._before + told % (index, dump(said) or b'""')

    def _choice(self, choice: Json, *, is_told: bool = False) -> Json | None:
        delta = as_object(choice.get("delta"))
        index = as_index(choice.get("index"))
        said = said_in(delta)
        told: Json = {"index": index, "text": said, "logprobs": None}
        move(delta, told, *_THOUGHTS)
        reason = choice.get("finish_reason")
        told["finish_reason"] = reason if self._is_dressed else reason_from_chat(reason)
        move(choice, told, "native_finish_reason")
        is_first = index not in self._offsets
        if isinstance(found := choice.get("logprobs"), dict):
            start = self._offsets.get(index, len(self._echo))
            told["logprobs"], self._offsets[index] = logprobs.from_chat(found, start)
        elif not is_told and not said and told["finish_reason"] is None and len(told) == 4:  # noqa: PLR2004  # the four above
            return None
        if is_first:
            self._offsets.setdefault(index, len(self._echo))
            told["text"] = self._echo + said
        return told


def _write(event: Json) -> bytes:
    data = dump(event)
    return b"" if data is None else b"data: " + data + b"\n\n"
