"""Streams of pictures: partial ones as they come, then the whole with what it cost (openrouter.md 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.chat_usage import usage_of
from torana.formats.json import Json, as_object, as_text, dump, load
from torana.formats.openai_chat.errors import error_in
from torana.formats.sse import Splitter
from torana.surfaces.router.dressing import Ending
from torana.surfaces.router.errors import chat_error
from torana.surfaces.router.failures import from_failure
from torana.surfaces.router.operations.images import media_type_of, usage_told

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Usage
    from torana.surfaces.router.operations.operation import Billed, Taken

_PARTIAL, _COMPLETED = "image_generation.partial_image", "image_generation.completed"
_BROKEN = 502


class Pictures:
    """A provider's stream in, events as callers know them out."""

    is_broken = False
    """After `finish`: it stopped before a picture was whole, or told of an error."""

    def __init__(self, bill: Callable[[Usage | None, int], Billed], provider: str, *, is_byok: bool) -> None:
        """`bill` is given what the provider states, and how many pictures there were."""
        self._bill = bill
        self._provider = provider
        self._is_byok = is_byok
        self._events = Splitter()
        self._usage: Usage | None = None
        self._images = self._shown = 0
        self._error: Json | None = None

    @property
    def ending(self) -> Ending:
        """As far as it is known by now."""
        billed = self._bill(self._usage, self._images)
        cost = billed.cost if self._images else billed.cost.insured()
        return Ending(
            billed.usage,
            cost,
            "error" if self._error else "stop",
            images=self._images,
            error=self._error,
            characters=self._shown,
            is_estimated=self._usage is None,
        )

    def feed(self, data: bytes) -> list[Json]:
        return self._tell([event for _, event in self._events.feed(data)])

    def finish(self) -> list[Json]:
        told = self._tell([event for _, event in self._events.finish()])
        if self._error is None and not self._images:
            told += self.dress([{"error": {"message": "the provider's stream stopped before a picture was whole"}}])
        self.is_broken = self._error is not None
        return told

    def dress(self, chunks: list[Json]) -> list[Json]:
        """An error that was met elsewhere: a deadline, a connection."""
        return [self._failed(chunk) for chunk in chunks if "error" in chunk and self._error is None]

    def _tell(self, events: list[bytes]) -> list[Json]:
        told: list[Json] = []
        for event in events:
            found = load(event)
            if self._error is None and isinstance(found, dict):
                told += self._event(found)
        return told

    def _event(self, event: Json) -> list[Json]:
        kind = as_text(event.get("type"))
        if kind == "error" or event.get("error"):
            return [self._failed(event)]
        self._shown += 1
        if kind.endswith(".partial_image"):
            return [{**event, "type": _PARTIAL}]
        if not kind.endswith(".completed"):
            return [event] if kind else []
        self._images += 1
        self._usage = usage_of(event.get("usage")) or self._usage
        media_type = event.get("media_type") or media_type_of(as_text(event.get("b64_json")))
        billed = self._bill(self._usage, self._images)
        return [{**event, "type": _COMPLETED, "media_type": media_type, "usage": usage_told(billed)}]

    def _failed(self, event: Json) -> Json:
        failure = error_in(event)
        status = int(failure.code) if failure.code.isdecimal() and len(failure.code) == len("429") else _BROKEN
        shown, told = from_failure(status, failure, b"", self._provider, self._is_byok)
        told.message = failure.message if told.raw == failure.message else told.message
        self._error = chat_error(shown, told)
        return {"type": "error", "error": self._error}


class Told:
    """Those events as bytes."""

    content_type = b"text/event-stream; charset=utf-8"

    def feed(self, chunks: list[Json]) -> bytes:
        return b"".join(map(_line, chunks))

    def finish(self) -> bytes:
        return b"data: [DONE]\n\n"


def _line(event: Json) -> bytes:
    return b"data: " + (dump(event) or b"{}") + b"\n\n"


def failed(error: Json) -> bytes:
    """The whole of a stream in which nothing came but an error."""
    told = Told()
    return told.feed([{"type": "error", "error": as_object(error)}]) + told.finish()


def whole(taken: Taken, billed: Billed) -> bytes:
    """An answer that came at once, as the stream that was asked for; its cost is told with the last picture."""
    told, pictures = Told(), list(map(as_object, taken.body["data"] if isinstance(taken.body["data"], list) else []))
    events: list[Json] = [{"type": _COMPLETED, "created_at": taken.body["created"], **each} for each in pictures]
    events[-1]["usage"] = usage_told(billed)
    return told.feed(events) + told.finish()
