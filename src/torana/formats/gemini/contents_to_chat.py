"""Gemini's `contents` and `systemInstruction` as messages of the hub."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, malformed, text, untranslatable
from torana.formats.gemini.media import file_to_chat, inline_to_chat
from torana.formats.gemini.names import camel, each_of, listed
from torana.formats.gemini.turns_to_chat import TurnToChat, fenced
from torana.formats.json import as_list, as_object, as_text, dump
from torana.formats.parts import lone_text

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

OTHERS = "a provider of another format"
_OF_MODELS = frozenset({"text", "functionCall", "inlineData", "executableCode", "codeExecutionResult"})
_KNOBS = frozenset({"mediaResolution", "mediaProcessing", "partMetadata", "speechMetadata"})
_RESULTS = ("output", "result", "error")
"""What tools call the only field of their response."""


class Messages:
    """What has been read of a conversation, in the hub's words."""

    def __init__(self, body: Json, brief: Brief) -> None:
        self.messages: list[Json] = []
        self._brief = brief
        self._open: dict[str, deque[str]] = {}
        """Ids of calls by their names, as long as they are not known to be answered."""
        self._done: set[str] = set()
        """Ids of calls that have been."""
        self._made = 0
        """Calls so far."""
        self._parts: list[Json] = []
        """Of the model's turn under way: clients keep a stream's pieces as contents of their own."""
        self._turn: list[tuple[Place, Json]] = []
        instruction = body.get("systemInstruction")
        if instruction is not None:
            self._instruct(instruction)
        for where, content in listed(body.get("contents"), "contents"):
            self._read(content, where)
        if self._turn:
            self._end_turn()

    def _instruct(self, instruction: object) -> None:
        if isinstance(instruction, str):
            self.messages.append({"role": "system", "content": instruction})
            return
        content = entries(instruction, "systemInstruction")
        if lone := lone_text(content.get("parts")):
            self.messages.append({"role": "system", "content": lone})
            return
        texts = []
        for where, part in each_of(content.get("parts"), "systemInstruction.parts"):
            if "text" not in part:
                raise untranslatable(where, "anything but text in a system instruction", OTHERS)
            texts.append(text(part["text"], (where, "text")))
        if texts:
            parts = [{"type": "text", "text": each} for each in texts]
            self.messages.append({"role": "system", "content": texts[0] if len(texts) == 1 else parts})

    def _read(self, content: Json, where: Place) -> None:
        role = content.get("role")
        if role is None:
            role = "user"
        parts = content.get("parts")
        if role == "model":
            self._turn += each_of(parts, (where, "parts"))
            return
        if role not in ("user", "function"):
            raise malformed((where, "role"), "`user` or `model`")
        if self._turn:
            self._end_turn()
        if role == "user" and (lone := lone_text(parts)):  # what most users say
            self.messages.append({"role": "user", "content": lone})
            return
        said: list[Json] = []
        for at, part in each_of(parts, (where, "parts")):
            if "functionResponse" in part:
                inner = (at, "functionResponse")
                self._respond(entries(part["functionResponse"], inner), inner)
            else:
                said.append(part_to_chat(part, at, self._brief))
        if said:
            is_text = len(said) == 1 and "text" in said[0]
            self.messages.append({"role": "user", "content": said[0]["text"] if is_text else said})

    def _respond(self, response: Json, where: Place) -> None:
        name = text(response.get("name") or "", (where, "name"))
        id_ = self._answered(name, text(response.get("id") or "", (where, "id")))
        if not id_:
            raise malformed((where, "name"), "that of a call before it, one response for each")
        content, is_error = _result(entries(response.get("response") or {}, (where, "response")))
        message: Json = {"role": "tool", "tool_call_id": id_, "content": content}
        if given := each_of(response.get("parts"), (where, "parts")):
            media = [part_to_chat(part, at, self._brief) for at, part in given]
            message["content"] = [*([{"type": "text", "text": content}] if content else []), *media]
        if is_error:
            message["is_error"] = True
        self.messages.append(message)

    def _answered(self, name: str, id_: str) -> str:
        """The id of the call: as it is stated, else of the first open one of that name."""
        calls = self._open.get(name)
        while calls and not id_:
            first = calls.popleft()
            id_ = "" if first in self._done else first
        self._done.add(id_)
        return id_

    def _end_turn(self) -> None:
        """The message of a model's contents, and what other providers said in it."""
        reader = TurnToChat("call_", self._made)
        told = reader.read([_checked(part, where) for where, part in self._turn])
        self._turn = []
        self._made = reader.calls
        if reader.sealed:
            # What was shown of those thoughts is in there too.
            own = [each for each in as_list(told.get("reasoning_details")) if _is_signed(as_object(each))]
            told.pop("reasoning", None)
            told["reasoning_details"] = [*reader.sealed, *own]
        for name, id_ in reader.called:
            self._open.setdefault(name, deque()).append(id_)
        if told:
            self.messages.append({"role": "assistant", "content": None, **told})


def part_to_chat(part: Json, where: Place, brief: Brief) -> Json:
    """Of what a user gives, one part."""
    if not _KNOBS.isdisjoint(part):
        for name in part:
            if name in _KNOBS:
                brief.drop(name)
    if "text" in part:
        return {"type": "text", "text": text(part["text"], (where, "text"))}
    if "inlineData" in part:
        return _with_cut(inline_to_chat(_blob(part["inlineData"], (where, "inlineData"))), part, where)
    if "fileData" in part:
        file = camel(part["fileData"], (where, "fileData"))
        text(file.get("fileUri"), (where, "fileData.fileUri"))
        return _with_cut(file_to_chat(file), part, where)
    if "executableCode" in part or "codeExecutionResult" in part:
        return {"type": "text", "text": _code(part, where)}
    raise untranslatable(where, _unknown(part), OTHERS)


def _checked(part: Json, where: Place) -> Json:
    """A part of a model's, with nothing in it that has no words in the hub."""
    if _OF_MODELS.isdisjoint(part):
        if set(part) <= {"thought", "thoughtSignature"}:
            return {"text": "", **part}
        raise untranslatable(where, _unknown(part), OTHERS)
    if "text" in part:
        text(part["text"], (where, "text"))
    elif "functionCall" in part:
        call = entries(part["functionCall"], (where, "functionCall"))
        text(call.get("name"), (where, "functionCall.name"))
        entries(call.get("args") or {}, (where, "functionCall.args"))
    elif "inlineData" in part:
        blob = _blob(part["inlineData"], (where, "inlineData"))
        if not as_text(blob["mimeType"]).startswith("image/"):
            raise untranslatable(where, "media other than images in a model's turn", OTHERS)
        return {**part, "inlineData": blob}
    return part


def _blob(given: object, where: Place) -> Json:
    blob = camel(given, where)
    text(blob.get("mimeType"), (where, "mimeType"))
    text(blob.get("data"), (where, "data"))
    return blob


def _with_cut(made: Json, part: Json, where: Place) -> Json:
    """From where to where a video is meant, and how many of its frames."""
    if "videoMetadata" in part:
        cut = camel(part["videoMetadata"], (where, "videoMetadata"))
        names = {"startOffset": "start_offset", "endOffset": "end_offset"}
        made["video_metadata"] = {names.get(name, name): value for name, value in cut.items()}
    return made


def _code(part: Json, where: Place) -> str:
    if "executableCode" in part:
        code = camel(part["executableCode"], (where, "executableCode"))
        return fenced(as_text(code.get("language")).lower(), as_text(code.get("code")))
    return fenced("output", as_text(camel(part["codeExecutionResult"], where).get("output")))


def _result(response: Json) -> tuple[str, bool]:
    """As text, and whether it says that the call failed."""
    if len(response) == 1:
        [(name, value)] = response.items()
        if name in _RESULTS:
            return _written(value), name == "error"
    return (_written(response) if response else ""), False


def _written(value: object) -> str:
    return value if isinstance(value, str) else (dump(value) or b"").decode()


def _is_signed(detail: Json) -> bool:
    return "data" in detail or "signature" in detail


def _unknown(part: Json) -> str:
    return f"`{next((name for name in part if name not in ('thought', 'thoughtSignature')), 'an empty part')}`"
