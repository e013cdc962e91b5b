"""Streams of providers that speak Responses, as chunks of the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.chat_usage import usage_of, usage_to_chat
from torana.formats.json import as_list, as_object, as_text, load
from torana.formats.meter import Events
from torana.formats.openai_chat.errors import error_in
from torana.formats.openai_responses.content_to_chat import annotation_to_chat
from torana.formats.openai_responses.reply_to_chat import call_of, finish_of, image_in
from torana.formats.openai_responses.thoughts import details_in, shown, summary_detail, text_detail
from torana.formats.translation import CUT, Failure, failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.formats.json import Json
    from torana.formats.translation import Turn

_TYPES = {"rate_limit_exceeded": "rate_limit_error", "invalid_prompt": "invalid_request_error"}
"""What a response's error would be called elsewhere."""
_GIVEN = {"function": "arguments", "custom": "input"}


class StreamToChat:
    """Pieces as they come; of what came in no pieces, the whole where it ends."""

    def __init__(self, turn: Turn) -> None:
        self.is_broken = False
        self._turn = turn
        self._events = Events()
        self._is_over = False
        self._has_begun = False
        self._chunks: list[Json] = []
        self._calls: dict[object, int] = {}
        """By the output index: the call's place among the calls."""
        self._given: set[int] = set()
        """Calls whose arguments came in pieces."""
        self._told: set[object] = set()
        """Output indices of items of which something came in pieces, or which have ended."""
        self._details: dict[tuple[object, ...], int] = {}
        """The index of each block of reasoning in the hub."""
        self._has_thought = False
        self._last_message: object = None
        """The output index of the message that spoke last."""
        self._length = 0
        """Of all that was said, where places are counted from."""
        self._start = 0
        """The same, where the part under way began."""
        self._takes: dict[str, Callable[[Json], None]] = {
            "response.output_item.added": self._added,
            "response.output_item.done": self._done,
            "response.content_part.added": self._part,
            "response.output_text.delta": self._text,
            "response.output_text.annotation.added": self._annotation,
            "response.refusal.delta": self._refusal,
            "response.reasoning_summary_text.delta": self._summary,
            "response.reasoning_text.delta": self._thought,
            "response.function_call_arguments.delta": self._arguments,
            "response.custom_tool_call_input.delta": self._arguments,
            "response.completed": self._ended,
            "response.incomplete": self._ended,
            "response.failed": self._failed,
            "response.cancelled": self._failed,
            "error": self._error,
            "response.error": self._error,
        }

    def feed(self, data: bytes) -> list[Json]:
        return self._read(self._events.feed(data))

    def finish(self) -> list[Json]:
        chunks = self._read(self._events.finish())
        if not self._is_over:
            self._break(CUT)
            chunks += self._chunks
            self._chunks = []
        return chunks

    def _read(self, events: list[bytes]) -> list[Json]:
        for data in events:
            if self._is_over:
                break
            event = load(data)
            if not isinstance(event, dict):
                continue
            kind = event.get("type")
            take = self._takes.get(kind) if isinstance(kind, str) else None
            if take is not None:
                take(event)
            elif kind is None and event.get("error"):
                self._error(event)
        chunks, self._chunks = self._chunks, []
        return chunks

    def _tell(self, delta: Json) -> Json:
        if not self._has_begun:
            self._has_begun = True
            delta = {"role": "assistant", **delta}
        choice: Json = {"index": 0, "delta": delta, "finish_reason": None}
        self._chunks.append({"choices": [choice]})
        return choice

    def _part(self, event: Json) -> None:
        if as_object(event.get("part")).get("type") != "reasoning_text":
            self._start = self._length + (2 if self._is_next(event) and self._length else 0)

    def _is_next(self, event: Json) -> bool:
        return self._last_message is not None and self._last_message != event.get("output_index")

    def _text(self, event: Json) -> None:
        piece, at = event.get("delta"), event.get("output_index")
        if at != self._last_message:
            self._told.add(_key(at))
        choice = self._say(piece if isinstance(piece, str) else "", at)
        if logprobs := event.get("logprobs"):
            choice["logprobs"] = {"content": as_list(logprobs)}

    def _say(self, piece: str, at: object) -> Json:
        if self._last_message is not None and self._last_message != at and self._length:
            piece = "\n\n" + piece  # another message, where the hub has one
        self._last_message = at
        self._length += len(piece)
        return self._tell({"content": piece})

    def _annotation(self, event: Json) -> None:
        self._tell({"annotations": [annotation_to_chat(as_object(event.get("annotation")), self._start)]})

    def _refusal(self, event: Json) -> None:
        self._told.add(_key(event.get("output_index")))
        self._tell({"refusal": as_text(event.get("delta"))})

    def _summary(self, event: Json) -> None:
        self._reason(event, "summary", summary_detail(as_text(event.get("delta"))))

    def _thought(self, event: Json) -> None:
        self._reason(event, "content", text_detail(as_text(event.get("delta"))))

    def _reason(self, event: Json, kind: str, detail: Json) -> None:
        at = _key(event.get("output_index"))
        self._told.add(at)
        if event.get("item_id"):
            detail["id"] = event["item_id"]
        self._detail((at, kind, _key(event.get(f"{kind}_index"))), detail)

    def _detail(self, place: tuple[object, ...], detail: Json) -> None:
        is_new = place not in self._details
        detail["index"] = self._details.setdefault(place, len(self._details))
        text = shown(detail)
        if text and is_new and self._has_thought:
            text = "\n\n" + text
        self._has_thought = self._has_thought or bool(text)
        self._tell({**({"reasoning": text} if text else {}), "reasoning_details": [detail]})

    def _added(self, event: Json) -> None:
        self._open(event, as_object(event.get("item")))

    def _open(self, event: Json, item: Json) -> int:
        """The place of the item's call among the calls; -1 of another item."""
        at = _key(event.get("output_index"))
        if at in self._calls:
            return self._calls[at]
        call = call_of({**item, "arguments": "", "input": ""}, self._turn, len(self._calls))
        if call is None:
            return -1
        number = self._calls[at] = len(self._calls)
        self._tell({"tool_calls": [{"index": number, **call}]})
        return number

    def _arguments(self, event: Json) -> None:
        is_custom = "custom" in str(event["type"])
        number = self._open(event, {"type": "custom_tool_call" if is_custom else "function_call", **event})
        self._given.add(number)
        self._give(number, "custom" if is_custom else "function", as_text(event.get("delta")))

    def _give(self, number: int, kind: str, piece: str) -> None:
        self._tell({"tool_calls": [{"index": number, kind: {_GIVEN[kind]: piece}}]})

    def _done(self, event: Json) -> None:
        item, at = as_object(event.get("item")), _key(event.get("output_index"))
        kind = item.get("type")
        if kind in ("function_call", "custom_tool_call"):
            self._call_done(event, item)
        elif kind == "reasoning":
            self._reasoning_done(item, at)
        elif at not in self._told:
            if kind == "message":
                self._message_done(item, at)
            elif kind == "image_generation_call" and (url := image_in(item)):
                self._tell({"images": [{"type": "image_url", "image_url": {"url": url}}]})
        self._told.add(at)

    def _call_done(self, event: Json, item: Json) -> None:
        number = self._open(event, item)
        given = as_text(item.get("arguments")) or as_text(item.get("input"))
        if given and number not in self._given:
            self._given.add(number)
            self._give(number, "custom" if item.get("type") == "custom_tool_call" else "function", given)

    def _reasoning_done(self, item: Json, at: object) -> None:
        """What came in pieces is known; what was encrypted comes at the end, sealed if another gateway did so."""
        for number, detail in enumerate(details_in(item, opens=at not in self._told)):
            place = (at, "encrypted") if "data" in detail else (at, "whole", number)
            if place in self._details or ("data" not in detail and at in self._told):
                continue
            self._detail(place, detail)

    def _message_done(self, item: Json, at: object) -> None:
        for part in map(as_object, as_list(item.get("content"))):
            if refusal := as_text(part.get("refusal")):
                self._tell({"refusal": refusal})
            if said := as_text(part.get("text")):
                self._say(said, at)

    def _ended(self, event: Json) -> None:
        response = as_object(event.get("response"))
        for number, item in enumerate(as_list(response.get("output"))):
            if number not in self._told:
                self._done({"output_index": number, "item": item})
        self._is_over = True
        choice = self._tell({})
        choice.update(finish_of(response, has_calls=bool(self._calls)))
        chunk = self._chunks[-1]
        if response.get("service_tier") is not None:
            chunk["service_tier"] = response["service_tier"]
        self._count(response, chunk)

    def _count(self, response: Json, chunk: Json) -> None:
        if (usage := usage_of(response.get("usage"))) is not None:
            chunk["usage"] = usage_to_chat(usage)

    def _failed(self, event: Json) -> None:
        response = as_object(event.get("response"))
        self._break(_failure(as_object(response.get("error"))))
        self._count(response, self._chunks[-1])

    def _error(self, event: Json) -> None:
        """Flat as documented, or under `error` as it is seen."""
        self._break(_failure(event.get("error") or {n: v for n, v in event.items() if n != "type"}))

    def _break(self, failure: Failure) -> None:
        self.is_broken = self._is_over = True
        self._chunks.append(failed(failure))


def _failure(error: object) -> Failure:
    failure = error_in({"error": error})
    failure.type = failure.type or _TYPES.get(failure.code, "")
    return failure


def _key(value: object) -> object:
    """Of an index that anybody may have written."""
    return value if isinstance(value, int | str) else None
