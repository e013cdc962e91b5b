"""Chunks of the hub, as the events that Responses clients wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text
from torana.formats.openai_responses.dressed import DONE, dressed_end, dressed_failure
from torana.formats.openai_responses.reply_from_chat import text_in, wants_summary
from torana.formats.openai_responses.response import envelope, outcome, usage_from_chat
from torana.formats.openai_responses.stream_items import Call, Message, Thoughts, Writer, tell_image
from torana.formats.openai_responses.tools_to_chat import Names
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


class StreamFromChat:
    content_type = b"text/event-stream"

    def __init__(self, turn: Turn) -> None:
        self.response: Json = {}
        """The whole of it, after `finish`."""
        self._turn = turn
        self._names = Names(turn.request)
        self._wants_summary = wants_summary(turn)
        self._writer = Writer()
        self._items: list[Json] = []
        """By output index; empty while under way."""
        self._speaking: Message | Thoughts | None = None
        self._spoken_at = 0
        self._calls: dict[object, Call] = {}
        """Open until the end: pieces of several may come in turns."""
        self._usage: object = None
        self._tier: object = None
        self._finish = ""
        self._error: Json | None = None
        self._has_begun = False
        self._last: Json = {}
        """The chunk with what the router says of all of it."""

    def feed(self, chunks: list[Json]) -> bytes:
        for chunk in chunks:
            if self._error is None:
                self._take(chunk)
        return self._writer.take()

    def finish(self) -> bytes:
        self._begin()
        ended = self._outcome()
        status = str(ended["status"])
        self._close("completed" if status == "completed" else "incomplete")
        tier = {} if self._tier is None else {"service_tier": self._tier}
        output = [item for item in self._items if item]
        told: Json = {"output": output, "usage": usage_from_chat(self._usage), **tier, **ended}
        if self._turn.generation:
            told = dressed_end(told, self._last, self._turn)
        self.response = {**envelope(self._turn), **told}
        event: Json = {"response": self.response}
        if status == "failed" and self._error is not None:
            error = as_object(ended["error"])
            self._writer.tell("error", {"code": error["code"], "message": error["message"], "param": None})
            event |= {name: ended[name] for name in ("error_type",) if name in ended}
        self._writer.tell(status, event)
        return self._writer.take() + (DONE if self._turn.generation else b"")

    def _outcome(self) -> Json:
        if self._error is not None and self._turn.generation:
            return dressed_failure(self._error)
        return outcome(self._finish, self._error)

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            begun = envelope(self._turn)
            self._writer.tell("created", {"response": begun})
            self._writer.tell("in_progress", {"response": begun})

    def _take(self, chunk: Json) -> None:
        if not self._has_begun:
            self._begin()
        if "usage" in chunk or chunk.get("error"):
            self._last = chunk
        elif "debug" in chunk and self._turn.generation:
            self._writer.tell("debug", {"debug": chunk["debug"]})
        if "usage" in chunk:
            self._usage = chunk["usage"] or self._usage
        if "service_tier" in chunk:
            self._tier = chunk["service_tier"] or self._tier
        if chunk.get("error"):
            self._error = as_object(chunk["error"]) or {"message": as_text(chunk["error"])}
            return
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return
        if isinstance(delta := choice.get("delta"), dict) and delta:
            self._add(delta, choice)
        if finish := choice.get("finish_reason"):
            self._finish = as_text(finish)

    def _add(self, delta: Json, choice: Json) -> None:
        content = delta.get("content")
        if len(delta) == 1 and isinstance(content, str) and content and isinstance(self._speaking, Message):
            logprobs = choice.get("logprobs")  # nearly all pieces are such
            self._speaking.say(content, as_list(as_object(logprobs).get("content")) if logprobs else [])
            return
        said, thought = (content, "") if isinstance(content, str) else text_in(content)
        for detail in details_of(delta) or (details_of({"reasoning": thought}) if thought else ()):
            self._think().add(detail)
        said = said or as_text(as_object(delta.get("audio")).get("transcript"))
        if said:
            self._say().say(said, as_list(as_object(choice.get("logprobs")).get("content")))
        if refusal := as_text(delta.get("refusal")):
            self._say().refuse(refusal)
        for annotation in as_list(delta.get("annotations")):
            self._say().annotate(as_object(annotation))
        for image in map(as_object, as_list(delta.get("images"))):
            self._fall_silent()
            at = self._next()
            url = as_text(as_object(image.get("image_url")).get("url"))
            self._items[at] = tell_image(self._writer, f"ig_{self._turn.id}_{at}", at, url)
        for piece in map(as_object, as_list(delta.get("tool_calls"))):
            self._call(piece)

    def _next(self) -> int:
        self._items.append({})
        return len(self._items) - 1

    def _say(self) -> Message:
        if isinstance(self._speaking, Message):
            return self._speaking
        self._fall_silent()
        at = self._spoken_at = self._next()
        self._speaking = message = Message(self._writer, f"msg_{self._turn.id}_{at}", at)
        return message

    def _think(self) -> Thoughts:
        if isinstance(self._speaking, Thoughts):
            return self._speaking
        self._fall_silent()
        at = self._spoken_at = self._next()
        id_ = f"rs_{self._turn.id}_{at}"
        self._speaking = thoughts = Thoughts(self._writer, id_, at, wants_summary=self._wants_summary)
        return thoughts

    def _fall_silent(self, status: str = "completed") -> None:
        if self._speaking is not None:
            self._items[self._spoken_at] = self._speaking.close(status)
            self._speaking = None

    def _call(self, piece: Json) -> None:
        self._fall_silent()
        index, id_ = piece.get("index"), as_text(piece.get("id"))
        key: object = index if isinstance(index, int) else max(len(self._calls) - 1, 0)
        call = self._calls.get(key)
        is_start = bool(id_ and as_text(as_object(piece.get("function") or piece.get("custom")).get("name")))
        # Some providers send every call whole, and all of them with one index.
        if call is not None and is_start and call.id not in ("", id_):
            self._calls[(key, len(self._calls))] = call
            call = None
        if call is None:
            call = self._calls[key] = Call(self._writer, self._next(), self._turn.id, self._names)
        call.add(piece)

    def _close(self, status: str) -> None:
        self._fall_silent(status)
        for call in sorted(self._calls.values(), key=lambda call: call.at):
            self._items[call.at] = call.close(status)
