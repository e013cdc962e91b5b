"""Messages of Anthropic's clients as the hub's."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.reply import arguments_of
from torana.formats.anthropic_messages.texts import Texts
from torana.formats.anthropic_messages.thoughts import details_in
from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable
from torana.formats.parts import data_url, parts_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_BILLING = "x-anthropic-billing-header:"
"""How Claude Code begins a text for Anthropic alone. It differs each time, and would spoil every cache."""
_NAMES = {"application/pdf": "document.pdf", "text/plain": "document.txt"}
_TARGET = "another format"
_FIELDS = 2
"""Of a message: who says it, and what."""


def system_to_chat(system: object, brief: Brief) -> list[Json]:
    """At most one message."""
    parts = []
    for at, block in parts_of(system, "system"):
        part = _text(block, at)
        if str(part["text"]).startswith(_BILLING):
            brief.drop("x-anthropic-billing-header")
        else:
            parts.append(part)
    return [{"role": "system", "content": _plain(parts)}] if parts else []


def message_to_chat(message: Json, where: Place, brief: Brief) -> list[Json]:
    """One message; of a user's with results of tools, each of these too, before it."""
    role = text(message.get("role"), (where, "role"))
    content = message.get("content")
    if len(message) > _FIELDS:
        for name in [each for each in message if each not in ("role", "content")]:
            brief.drop(f"messages.{name}")
    if content is None:
        raise malformed((where, "content"), "a string or an array")
    if role == "user" and type(content) is str:
        return [{"role": "user", "content": content}]
    blocks = parts_of(content, (where, "content"))
    if role == "assistant":
        return [_assistant(list(blocks))]
    if role == "system":
        return [{"role": "system", "content": _plain([_text(block, at) for at, block in blocks])}]
    if role != "user":
        raise malformed((where, "role"), "`user`, `assistant` or `system`")
    results: list[Json] = []
    parts: list[Json] = []
    for at, block in blocks:
        if block.get("type") == "tool_result":
            results.append(_result(block, at))
        else:
            parts.append(_part(block, at))
    return [*results, {"role": "user", "content": _plain(parts)}] if parts or not results else results


def _plain(parts: list[Json]) -> str | list[Json]:
    """A lone text as such: many providers take nothing else in some places."""
    if not parts:
        return ""
    first = parts[0]
    lone = first.get("text")
    return lone if len(parts) == 1 and len(first) == 2 and isinstance(lone, str) else parts  # noqa: PLR2004  # with its type


def _text(block: Json, at: Place) -> Json:
    if block.get("type") != "text":
        raise malformed(at, "text")
    said = block.get("text")
    part: Json = {"type": "text", "text": said if type(said) is str else text(said, (at, "text"))}
    if "cache_control" in block:
        move(block, part, "cache_control")
    return part


def _part(block: Json, at: Place) -> Json:
    match block.get("type"):
        case "text":
            return _text(block, at)
        case "image":
            part: Json = {"type": "image_url", "image_url": {"url": _image(block, at)}}
        case "document":
            part = _document(block, at)
        case "search_result":
            part = _search_result(block, at)
        case kind:
            raise untranslatable(at, f"a block of type `{kind}`", _TARGET)
    move(block, part, "cache_control")
    return part


def _image(block: Json, at: Place) -> str:
    source = entries(block.get("source"), (at, "source"))
    match source.get("type"):
        case "base64":
            media_type = text(source.get("media_type"), (at, "source.media_type"))
            return data_url(media_type, text(source.get("data"), (at, "source.data")))
        case "url":
            return text(source.get("url"), (at, "source.url"))
        case kind:
            raise untranslatable((at, "source"), f"an image from `{kind}`", _TARGET)


def _document(block: Json, at: Place) -> Json:
    source = entries(block.get("source"), (at, "source"))
    file: Json = {}
    media_type = "application/pdf"
    match source.get("type"):
        case "base64":
            media_type = text(source.get("media_type"), (at, "source.media_type"))
            file["file_data"] = data_url(media_type, text(source.get("data"), (at, "source.data")))
        case "text":
            media_type = "text/plain"
            file["file_data"] = _text_url(text(source.get("data"), (at, "source.data")))
        case "content":
            media_type = "text/plain"
            file["file_data"] = _text_url(_content_text(source.get("content"), (at, "source.content")))
        case "url":
            file["file_data"] = text(source.get("url"), (at, "source.url"))
        case "file":
            file["file_id"] = text(source.get("file_id"), (at, "source.file_id"))
        case kind:
            raise untranslatable((at, "source"), f"a document from `{kind}`", _TARGET)
    if "file_id" not in file:
        file["filename"] = block.get("title") or _NAMES.get(media_type, "document")
    part: Json = {"type": "file", "file": file}
    move(block, part, "title", "context", "citations")
    return part


def _content_text(content: object, at: Place) -> str:
    """Pieces of a document that may be cited alone become paragraphs."""
    pieces = []
    for where, block in parts_of(content, at):
        if block.get("type") != "text":
            raise untranslatable(where, f"a `{block.get('type')}` within a document", _TARGET)
        pieces.append(text(block.get("text"), (where, "text")))
    return "\n\n".join(pieces)


def _search_result(block: Json, at: Place) -> Json:
    """A document whose context says where it was found."""
    title = text(block.get("title"), (at, "title"))
    found = _text_url(_content_text(items(block.get("content"), (at, "content")), (at, "content")))
    part: Json = {"type": "file", "file": {"file_data": found, "filename": title}, "title": title}
    part["context"] = text(block.get("source"), (at, "source"))
    move(block, part, "citations")
    return part


def _text_url(content: str) -> str:
    return data_url("text/plain", b64encode(content.encode("utf-8", "surrogatepass")).decode())


def _result(block: Json, at: Place) -> Json:
    told: Json = {"role": "tool", "tool_call_id": text(block.get("tool_use_id"), (at, "tool_use_id"))}
    content = block.get("content")
    if not isinstance(content, str):
        content = _plain([_part(part, where) for where, part in parts_of(content, (at, "content"))])
    told["content"] = content
    if block.get("is_error") is True:
        told["is_error"] = True
    if "cache_control" in block:
        move(block, told, "cache_control")
    return told


def _assistant(blocks: list[tuple[Place, Json]]) -> Json:
    parts: list[Json] = []
    texts = Texts()
    calls: list[Json] = []
    details: list[Json] = []
    message: Json = {"role": "assistant", "content": None}
    for number, (at, block) in enumerate(blocks):
        match block.get("type"):
            case "text":
                parts.append(part := _text(block, at))
                texts.put(str(part["text"]), block.get("citations"))
                continue
            case "tool_use":
                calls.append(_call(block, at))
                if "cache_control" in block:
                    move(block, message, "cache_control")
            case "image" | "document" | "tool_result":
                raise untranslatable(at, f"a block of type `{block['type']}` of an assistant", _TARGET)
            case kind:
                text(kind, (at, "type"))
                details += details_in(block, number)
        texts.part()
    if parts:
        has_marks = any("cache_control" in part for part in parts)
        message["content"] = parts if has_marks else str(texts)
    told = {"reasoning_details": details, "annotations": texts.annotations, "tool_calls": calls}
    message.update({name: value for name, value in told.items() if value})
    if message["content"] is None and not calls:
        message["content"] = ""
    return message


def _call(block: Json, at: Place) -> Json:
    function: Json = {
        "name": text(block.get("name"), (at, "name")),
        "arguments": arguments_of(entries(block.get("input"), (at, "input"))),
    }
    return {"id": text(block.get("id"), (at, "id")), "type": "function", "function": function}
