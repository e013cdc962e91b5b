"""Parts of the hub's content, as parts of a Responses item's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, malformed, move, text, untranslatable
from torana.formats.json import as_object, as_text
from torana.formats.parts import parts_of

if TYPE_CHECKING:
    from torana.formats.json import Json

NAME = "openai_responses"


def parts_from_chat(content: object, where: Place, *, is_marked: bool = False) -> list[Json]:
    """`is_marked`: the model takes explicit marks of what is worth caching."""
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}] if content else []
    return [_part(part, at, is_marked=is_marked) for at, part in parts_of(content, where)]


def said_from_chat(content: object, where: Place) -> list[Json]:
    """An assistant's own words, whose parts have other names."""
    told: list[Json] = []
    for at, part in parts_of(content, where):
        kind = part.get("type")
        if kind == "text":
            told.append({"type": "output_text", "text": text(part.get("text"), (at, "text")), "annotations": []})
        elif kind == "refusal":
            told.append({"type": "refusal", "refusal": text(part.get("refusal"), (at, "refusal"))})
        elif kind != "thinking":
            raise untranslatable(at, f"`{kind}` of an assistant", NAME)
    return told


def _part(part: Json, where: Place, *, is_marked: bool) -> Json:
    kind = part.get("type")
    if kind == "text":
        made: Json = {"type": "input_text", "text": text(part.get("text"), (where, "text"))}
    elif kind == "image_url":
        made = _image(part.get("image_url"), (where, "image_url"))
    elif kind == "file":
        made = _file(entries(part.get("file"), (where, "file")), (where, "file"))
    elif kind == "input_audio":
        made = {"type": "input_audio", "input_audio": entries(part.get("input_audio"), (where, "input_audio"))}
    elif isinstance(kind, str):
        raise untranslatable(where, f"`{kind}`", NAME)
    else:
        raise malformed((where, "type"), "a string")
    if is_marked and isinstance(mark := part.get("cache_control"), dict):
        made["prompt_cache_breakpoint"] = {"mode": "explicit", **({"ttl": "12h"} if mark.get("ttl") == "1h" else {})}
    return made


def _image(image: object, where: Place) -> Json:
    if isinstance(image, str):
        return {"type": "input_image", "image_url": image, "detail": "auto"}
    given = entries(image, where)
    url = text(given.get("url"), (where, "url"))
    return {"type": "input_image", "image_url": url, "detail": given.get("detail") or "auto"}


def _file(file: Json, where: Place) -> Json:
    made: Json = {"type": "input_file"}
    data = file.get("file_data")
    if data is not None:
        is_url = text(data, (where, "file_data")).startswith(("http://", "https://"))
        made["file_url" if is_url else "file_data"] = data
        if not is_url:
            made["filename"] = file.get("filename") or "file.pdf"  # data without a name is refused
    elif file.get("file_id") is not None:
        move(file, made, "file_id")
    else:
        raise malformed(where, "a file with `file_data` or `file_id`")
    return made


def annotation_from_chat(given: Json) -> Json:
    """Clients know four kinds and fail on others: those travel whole in one that they know."""
    kind = given.get("type")
    if kind == "url_citation":
        inner = as_object(given.get("url_citation")) or given
        flat: Json = {"type": kind, "url": as_text(inner.get("url")), "title": as_text(inner.get("title"))}
        for name in ("start_index", "end_index"):
            at = inner.get(name)
            flat[name] = at if isinstance(at, int) else 0
        return flat
    if kind in ("file_citation", "file_path", "container_file_citation"):
        return given
    title = given.get("document_title") or given.get("title")
    return {"type": "file_citation", "file_id": "", "filename": as_text(title), "index": 0, "citation": given}
