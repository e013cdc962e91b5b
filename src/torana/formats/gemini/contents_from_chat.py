"""Messages of the hub as Gemini's `contents` and `systemInstruction`."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, text, untranslatable
from torana.formats.gemini.models import is_newer, model_of
from torana.formats.gemini.parts_from_chat import TARGET, parts_from_chat
from torana.formats.gemini.signatures import SKIP
from torana.formats.gemini.turns_from_chat import PLAIN, call_part, image_parts, signed, thoughts_of
from torana.formats.json import as_object, as_text, load
from torana.formats.parts import entries_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_INSTRUCTS = frozenset({"system", "developer"})
_TAKES_IDS = frozenset({"google-ai-studio", ""})
"""Vertex has refused ids of calls, and matches by order."""


class Conversation:
    """What has been read of the messages, in Gemini's words."""

    def __init__(self, chat: Json, brief: Brief) -> None:
        self.contents: list[Json] = []
        self.instruction: list[Json] = []
        self._brief = brief
        self._is_newer = is_newer(model_of(chat))
        self._has_ids = brief.provider in _TAKES_IDS
        self._names: dict[str, str] = {}
        """Of functions, by the id of their call."""
        self._results: list[tuple[int, Json]] = []
        """Of the calls under way, with their places among them."""
        self._order: dict[str, int] = {}
        """Of those calls: where ids are not told, their order says whose a result is."""
        self._seen: list[Json] = []
        """Media of those results that an older model takes from users alone."""
        for where, message in entries_of(chat.get("messages"), "messages"):
            self._read(message, where)
        if self._results:
            self._end_results()

    def _read(self, message: Json, where: Place) -> None:
        role = text(message.get("role"), (where, "role"))
        if "cache_control" in message:
            self._brief.drop("cache_control")
        if role in ("tool", "function"):
            self._result(message, where)
            return
        if self._results:
            self._end_results()
        if role == "user":
            self._add("user", parts_from_chat(message.get("content"), (where, "content"), self._brief))
        elif role in _INSTRUCTS:
            self._instruct(message, where)
        elif role == "assistant":
            self._add("model", self._turn(message, where))
        else:
            raise malformed((where, "role"), "`system`, `developer`, `user`, `assistant` or `tool`")

    def _add(self, role: str, parts: list[Json]) -> None:
        if parts:  # Gemini refuses a content without parts
            self.contents.append({"role": role, "parts": parts})

    def _instruct(self, message: Json, where: Place) -> None:
        for number, part in enumerate(parts_from_chat(message.get("content"), (where, "content"), self._brief)):
            if "text" not in part:
                raise untranslatable(((where, "content"), number), "anything but text in a system message", TARGET)
            self.instruction.append(part)

    def _turn(self, message: Json, where: Place) -> list[Json]:
        content = message.get("content")
        texts = [] if content is None else parts_from_chat(content, (where, "content"), self._brief)
        refusal = message.get("refusal")
        if refusal and not texts:
            texts.append({"text": text(refusal, (where, "refusal"))})
        if message.get("audio") is not None and not texts:
            raise untranslatable((where, "audio"), "audio that another provider keeps", TARGET)
        calls = self._calls(message, where)
        self._order = {id_: place for place, (id_, _) in enumerate(calls)}
        if PLAIN.issuperset(message):
            parts = [*texts, *[call for _, call in calls]]
        else:
            parts = signed(texts, image_parts(message), calls, thoughts_of(message))
        if calls and self._is_newer and not any("thoughtSignature" in call for _, call in calls):
            calls[0][1]["thoughtSignature"] = SKIP
        return parts

    def _calls(self, message: Json, where: Place) -> list[tuple[str, Json]]:
        found: list[tuple[str, Json]] = []
        for number, given in enumerate(items(message.get("tool_calls") or [], (where, "tool_calls"))):
            at = ((where, "tool_calls"), number)
            call = entries(given, at)
            kind = "custom" if call.get("type") == "custom" else "function"
            function = entries(call.get(kind), (at, kind))
            id_ = text(call.get("id") or "", (at, "id"))
            self._names[id_] = text(function.get("name"), ((at, kind), "name"))
            if kind == "function" and "arguments" in function:
                text(function["arguments"], (at, "function.arguments"))
            found.append((id_, call_part(function, call.get("id") if self._has_ids else None)))
        if isinstance(older := message.get("function_call"), dict):
            self._names[as_text(older.get("name"))] = as_text(older.get("name"))
            found.append(("", call_part(older)))
        return found

    def _result(self, message: Json, where: Place) -> None:
        id_ = message.get("tool_call_id") or message.get("name")
        name = self._names.get(text(id_, (where, "tool_call_id"))) or message.get("name")
        if not isinstance(name, str):
            raise malformed((where, "tool_call_id"), "the id of a call in a message before it")
        content, media = message.get("content"), []
        if not isinstance(content, str):
            parts = parts_from_chat(content, (where, "content"), self._brief)
            content = "".join([as_text(part["text"]) for part in parts if "text" in part])
            media = [part for part in parts if "text" not in part]
        told: Json = {"name": name, "response": _response(content, is_error=message.get("is_error") is True)}
        if self._has_ids and "tool_call_id" in message:
            told["id"] = message["tool_call_id"]
        if media and self._is_newer:
            told["parts"] = media
        else:
            self._seen += media
        self._results.append((self._order.get(str(id_), len(self._order)), {"functionResponse": told}))

    def _end_results(self) -> None:
        if len(self._results) > 1:
            self._results.sort(key=itemgetter(0))
        self._add("user", [result for _, result in self._results])
        self._add("user", self._seen)
        self._results, self._seen = [], []


def _response(said: str, *, is_error: bool) -> Json:
    """A function's response is an object: what a tool says as one stays one, unless its fields would mean more."""
    if is_error:
        return {"error": said}
    if said.lstrip()[:1] == "{":
        value = load(said.encode("utf-8", "surrogatepass"))
        if isinstance(value, dict):
            return {"output": value} if "output" in value or "error" in value else as_object(value)
    return {"output": said}
