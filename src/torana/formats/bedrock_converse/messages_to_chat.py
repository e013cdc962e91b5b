"""Converse's `system` and `messages` as the hub's conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.bedrock_converse.citations import annotation_of
from torana.formats.bedrock_converse.media import document_part, image_part, sound_part, video_part
from torana.formats.bedrock_converse.thinking import detail_from_client, text_in
from torana.formats.fields import Place, entries, items, malformed, text, untranslatable
from torana.formats.json import as_list, as_object, as_text, dump
from torana.formats.parts import entries_of, lone_text

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

OTHERS = "other formats"
_FIELDS = 2
"""Of a text without marks."""


def system_to_chat(blocks: object, brief: Brief) -> list[Json]:
    if blocks is None:
        return []
    if lone := lone_text(blocks):
        return [{"role": "system", "content": lone}]
    parts = _Parts(brief)
    for where, block in entries_of(blocks, "system"):
        parts.take(block, where)
    return [{"role": "system", "content": parts.content()}] if parts.parts else []


def message_to_chat(message: Json, where: Place, brief: Brief) -> list[Json]:
    """One message, or each result of a tool and then what a user says beside them."""
    role, content = message.get("role"), message.get("content")
    if role == "user" and (lone := lone_text(content)):  # what most users say
        return [{"role": "user", "content": lone}]
    blocks = entries_of(content, (where, "content"))
    match text(role, (where, "role")):
        case "assistant":
            return [_assistant(blocks, brief)]
        case "user":
            return _user(blocks, brief)
        case "system":
            parts = _Parts(brief)
            for at, block in blocks:
                parts.take(block, at)
            return [{"role": "system", "content": parts.content()}]
    raise malformed((where, "role"), "`user`, `assistant` or `system`")


def _user(blocks: list[tuple[Place, Json]], brief: Brief) -> list[Json]:
    told: list[Json] = []
    parts = _Parts(brief)
    is_after_result = False
    for at, block in blocks:
        if "toolResult" in block:
            told.append(_result(entries(block["toolResult"], (at, "toolResult")), (at, "toolResult"), brief))
        elif "cachePoint" in block and is_after_result:
            told[-1]["cache_control"] = mark_of(block)
        else:
            parts.take(block, at)
        is_after_result = "toolResult" in block
    if parts.parts or not told:
        told.append({"role": "user", "content": parts.content()})
    return told


def _result(result: Json, where: Place, brief: Brief) -> Json:
    parts = _Parts(brief)
    for at, block in entries_of(result.get("content"), (where, "content")):
        parts.take(block, at)
    told: Json = {
        "role": "tool",
        "tool_call_id": text(result.get("toolUseId"), (where, "toolUseId")),
        "content": parts.content(),
    }
    if result.get("status") == "error":
        told["is_error"] = True
    return told


def _assistant(blocks: list[tuple[Place, Json]], brief: Brief) -> Json:
    message: Json = {"role": "assistant", "content": None}
    parts = _Parts(brief)
    details: list[Json] = []
    calls: list[Json] = []
    for at, block in blocks:
        if "toolUse" in block:
            calls.append(_call(entries(block["toolUse"], (at, "toolUse")), (at, "toolUse")))
        elif "reasoningContent" in block:
            thought = entries(block["reasoningContent"], (at, "reasoningContent"))
            details.append(detail_from_client(thought, len(details)))
        elif "cachePoint" in block and calls:
            message["cache_control"] = mark_of(block)
        else:
            parts.take(block, at)
    if parts.parts:
        message["content"] = parts.content()
    if parts.annotations:
        message["annotations"] = parts.annotations
    if details:
        message |= {"reasoning": "".join(map(text_in, details)), "reasoning_details": details}
    if calls:
        message["tool_calls"] = calls
    return message


def _call(use: Json, where: Place) -> Json:
    given = use.get("input")
    arguments = dump({} if given is None else given) or b"{}"
    return {
        "id": text(use.get("toolUseId"), (where, "toolUseId")),
        "type": "function",
        "function": {"name": text(use.get("name"), (where, "name")), "arguments": arguments.decode()},
    }


def mark_of(block: Json) -> Json:
    """A cache point, as the mark on what stands before it."""
    mark: Json = {"type": "ephemeral"}
    if ttl := as_text(as_object(block.get("cachePoint")).get("ttl")):
        mark["ttl"] = ttl
    return mark


class _Parts:
    """The parts of one message's content."""

    def __init__(self, brief: Brief) -> None:
        self.parts: list[Json] = []
        self.annotations: list[Json] = []
        self._brief = brief
        self._size = 0
        """Characters of text so far."""

    def content(self) -> object:
        """As a text of its own, where it is no more."""
        if not self.parts:
            return ""
        first = self.parts[0]
        is_plain = len(self.parts) == 1 and "text" in first and len(first) == _FIELDS
        return first["text"] if is_plain else self.parts

    def take(self, block: Json, where: Place) -> None:
        said = block.get("text")
        if isinstance(said, str) and len(block) == 1:
            return self._text(said)
        kind = next((name for name, value in block.items() if value is not None), "")
        if kind == "text":
            return self._text(text(said, (where, "text")))
        if kind == "json":
            return self._text((dump(block["json"]) or b"null").decode())
        at = (where, kind)
        inner = entries(block.get(kind), at)
        if kind in _MEDIA:
            return self.parts.append(_MEDIA[kind](inner))
        match kind:
            case "audio":
                self.parts.append(sound_part(inner, at))
            case "citationsContent":
                self._cited(inner, at)
            case "searchResult":
                self._found(inner, at)
            case "guardContent":
                self._guarded(inner, at)
            case "cachePoint":
                self._mark(block)
            case _:
                raise untranslatable(where, f"a block of the kind `{kind}`", OTHERS)
        return None

    def _text(self, written: str) -> None:
        self.parts.append({"type": "text", "text": written})
        self._size += len(written)

    def _cited(self, block: Json, where: Place) -> None:
        start = self._size
        for number, each in enumerate(items(block.get("content") or [], (where, "content"))):
            at = ((where, "content"), number)
            self._text(text(entries(each, at).get("text"), (at, "text")))
        self.annotations += [
            annotation_of(citation, start, self._size)
            for citation in as_list(block.get("citations"))
            if isinstance(citation, dict)
        ]

    def _found(self, block: Json, where: Place) -> None:
        """What a client's own search found is told as a text."""
        content = items(block.get("content"), (where, "content"))
        texts = [text(entries(each, where).get("text"), (where, "content.text")) for each in content]
        self._text("\n".join([as_text(block.get("title")), as_text(block.get("source")), *texts]))

    def _guarded(self, block: Json, where: Place) -> None:
        """What a guardrail is to look at is content all the same."""
        self._brief.drop("guardContent")
        if "image" in block:
            self.parts.append(image_part(entries(block["image"], (where, "image"))))
        else:
            inner = entries(block.get("text"), (where, "text"))
            self._text(text(inner.get("text"), (where, "text.text")))

    def _mark(self, block: Json) -> None:
        if self.parts:
            self.parts[-1]["cache_control"] = mark_of(block)
        else:
            self._brief.drop("cachePoint")


_MEDIA = {"image": image_part, "document": document_part, "video": video_part}
