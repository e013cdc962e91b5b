"""The hub's conversation as Converse's `system` and `messages`: roles in turn, results of tools together."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.reply import input_of
from torana.formats.bedrock_converse.media import (
    TARGET,
    Names,
    document_block,
    image_block,
    sound_block,
    video_block,
)
from torana.formats.bedrock_converse.thinking import blocks_for_model
from torana.formats.fields import Place, entries, items, refuse, text, untranslatable
from torana.formats.json import as_list, as_object, as_text, load
from torana.formats.parts import entries_of, parts_of

if TYPE_CHECKING:
    from torana.formats.bedrock_converse.models import Model
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_CLAUDES_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
_KEPT_OF_ID = 55
_UNTOLD = frozenset({"audio", "images", "function_call"})
_UNMARKED = frozenset({"cachePoint", "reasoningContent"})
"""Blocks that no cache point may follow."""


class Conversation:
    """What has been told of a request's messages so far."""

    def __init__(self, model: Model, brief: Brief) -> None:
        self.system: list[Json] = []
        self.messages: list[Json] = []
        self.tools_used: list[str] = []
        """Names of the tools that were called, each once."""
        self._model = model
        self._brief = brief
        self._names = Names()

    def take(self, messages: object) -> None:
        for where, message in entries_of(messages, "messages"):
            match text(message.get("role"), (where, "role")):
                case "user":
                    blocks = self._content(message, where)
                    self._add("user", self._with_text(blocks) if self._names.taken else blocks)
                case "assistant":
                    self._add("assistant", self._said(message, where))
                case "tool":
                    self._add("user", self._result(message, where))
                case "system" | "developer":
                    self._instruct(message, where)
                case role:
                    raise untranslatable((where, "role"), f"the role `{role}`", TARGET)
        if self.messages and self.messages[-1]["role"] == "assistant":
            _strip_end(as_list(self.messages[-1]["content"]))

    def _add(self, role: str, blocks: list[Json]) -> None:
        if not blocks:
            return
        if self.messages and (last := self.messages[-1])["role"] == role:
            as_list(last["content"]).extend(blocks)
        else:
            self.messages.append({"role": role, "content": blocks})

    def _instruct(self, message: Json, where: Place) -> None:
        """What comes between the turns is told by the user, marked as what it is."""
        content = message.get("content")
        if not isinstance(content, str):
            for place, part in parts_of(content, (where, "content")):
                if part.get("type") != "text":
                    raise untranslatable(place, f"`{part.get('type')}` in a system message", TARGET)
        blocks = self._content(message, where)
        if not self.messages:
            self.system += blocks
            return
        for block in blocks:
            if "text" in block:
                block["text"] = f"<system>\n{block['text']}\n</system>"
        self._add("user", blocks)

    def _content(self, message: Json, where: Place) -> list[Json]:
        content = message.get("content")
        if isinstance(content, str) and "cache_control" not in message:
            return [{"text": content}] if _is_told(content) else []
        blocks: list[Json] = []
        for place, part in parts_of(content, (where, "content")):
            self._block(part, place, blocks)
        if "cache_control" in message:
            self._mark(message, blocks)
        return blocks

    def _said(self, message: Json, where: Place) -> list[Json]:
        refuse(message, _UNTOLD, where, TARGET)
        blocks = blocks_for_model(message, self._model)
        for place, part in parts_of(message.get("content"), (where, "content")):
            self._block(part, place, blocks)
        if _is_told(refusal := message.get("refusal")):
            blocks.append({"text": refusal})
        for number, call in enumerate(items(message.get("tool_calls") or [], (where, "tool_calls"))):
            at = ((where, "tool_calls"), number)
            blocks.append(self._call(entries(call, at), at))
        if "cache_control" in message:
            self._mark(message, blocks)
        return blocks

    def _call(self, call: Json, where: Place) -> Json:
        if call.get("type") not in (None, "function"):
            raise untranslatable(where, f"a tool call of the type `{call.get('type')}`", TARGET)
        function = entries(call.get("function"), (where, "function"))
        name = text(function.get("name"), (where, "function.name"))
        if name not in self.tools_used:
            self.tools_used.append(name)
        arguments = function.get("arguments")
        return {
            "toolUse": {
                "toolUseId": self._id(call.get("id"), (where, "id")),
                "name": name,
                "input": _input(arguments, (where, "function.arguments")),
            }
        }

    def _result(self, message: Json, where: Place) -> list[Json]:
        content: list[Json] = []
        marks: list[Json] = []
        for place, part in parts_of(message.get("content"), (where, "content")):
            if part.get("type") == "input_audio":
                raise untranslatable(place, "sound in a tool's result", TARGET)
            self._block(part, place, content)
            if "cachePoint" in (content[-1] if content else ()):
                marks.append(content.pop())
        id_ = self._id(message.get("tool_call_id"), (where, "tool_call_id"))
        result: Json = {"toolUseId": id_, "content": content}
        if message.get("is_error") is True:
            result["status"] = "error"
        blocks: list[Json] = [{"toolResult": result}, *marks[-1:]]
        if not marks and "cache_control" in message:
            self._mark(message, blocks)
        return blocks

    def _block(self, part: Json, where: Place, blocks: list[Json]) -> None:
        """Adds the part, and a cache point where it has a mark. Bedrock refuses texts without a letter."""
        match part.get("type"):
            case "text" | "input_text" | "output_text":
                block: Json = {"text": text(part.get("text"), (where, "text"))}
            case "refusal":
                block = {"text": text(part.get("refusal"), (where, "refusal"))}
            case "image_url":
                block = image_block(part, where)
            case "file":
                block = document_block(part, where, self._names)
            case "input_audio":
                block = sound_block(part, where)
            case "video_url":
                block = video_block(part, where)
            case kind:
                raise untranslatable(where, f"content of the type `{kind}`", TARGET)
        if "text" not in block or _is_told(block["text"]):
            blocks.append(block)
        if "cache_control" in part:
            self._mark(part, blocks)

    def _mark(self, marked: Json, blocks: list[Json]) -> None:
        point = cache_point(marked, self._model, self._brief)
        if point is not None and blocks and not blocks[-1].keys() & _UNMARKED:
            blocks.append(point)

    @staticmethod
    def _with_text(blocks: list[Json]) -> list[Json]:
        """Bedrock takes a document only beside a text."""
        named = ""
        for block in blocks:
            if "text" in block:
                return blocks
            if "document" in block and not named:
                named = as_text(as_object(block["document"]).get("name"))
        return [*blocks, {"text": named}] if named else blocks

    def _id(self, value: object, where: Place) -> str:
        """The same id gives the same, so that a call and its result find each other."""
        id_ = text(value, where)
        allowed = _CLAUDES_ID if self._model.claude is not None else _ID
        if allowed.fullmatch(id_):
            return id_
        plain = _NOT_IN_IDS.sub("_", id_)[:_KEPT_OF_ID]
        return f"{plain}_{zlib.crc32(id_.encode('utf-8', 'surrogatepass')):08x}"


def cache_point(marked: Json, model: Model, brief: Brief) -> Json | None:
    mark = marked.get("cache_control")
    if not isinstance(mark, dict):
        return None
    if not model.caches:
        brief.drop("cache_control")
        return None
    point: Json = {"type": "default"}
    if mark.get("ttl") == "1h":
        if model.family == "nova":
            brief.drop("cache_control.ttl")
        else:
            point["ttl"] = "1h"
    return {"cachePoint": point}


def _strip_end(blocks: list[object]) -> None:
    """An answer that a model is to go on with may not end in space."""
    last = as_object(blocks[-1])
    if "text" in last:
        last["text"] = str(last["text"]).rstrip()


def _is_told(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not value.isspace()


def _input(arguments: object, where: Place) -> Json:
    if isinstance(arguments, dict):
        return arguments
    written = "" if arguments is None else text(arguments, where)
    return input_of(written, load(written.encode("utf-8", "surrogatepass")))
