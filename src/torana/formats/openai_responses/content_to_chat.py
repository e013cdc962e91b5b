"""Parts of a Responses item's content, as parts of the hub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable
from torana.formats.json import as_list, as_object

if TYPE_CHECKING:
    from torana.formats.json import Json

HUB = "openai_chat"
_TEXTS = ("input_text", "output_text", "text", "reasoning_text", "summary_text")
_LONG = "12h"
"""A cache's time to live in OpenAI's words, where the hub knows five minutes (unsaid) and an hour."""


def content_to_chat(content: object, where: Place) -> str | list[Json]:
    """A text where it is nothing but one: what every provider reads."""
    if isinstance(content, str):
        return content
    given = items(content, where)
    if len(given) == 1 and isinstance(only := given[0], dict) and len(only) == 2:  # noqa: PLR2004  # nearly all are such
        said = only.get("text")
        if isinstance(said, str) and only.get("type") in _TEXTS:
            return said
    parts = []
    for number, part in enumerate(given):
        at = (where, number)
        parts.append(part_to_chat(entries(part, at), at))
    return simplest(parts)


def simplest(parts: list[Json]) -> str | list[Json]:
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return str(parts[0]["text"])
    return parts


def part_to_chat(part: Json, where: Place) -> Json:
    kind = part.get("type")
    if kind in _TEXTS:
        made: Json = {"type": "text", "text": text(part.get("text"), (where, "text"))}
    elif kind == "input_image":
        made = _image(part, where)
    elif kind == "input_file":
        made = _file(part, where)
    elif kind == "input_audio":
        made = {"type": "input_audio", "input_audio": entries(part.get("input_audio"), (where, "input_audio"))}
    elif isinstance(kind, str):
        raise untranslatable(where, f"`{kind}`", HUB)
    else:
        raise malformed((where, "type"), "a string")
    _mark(part, made)
    return made


def _image(part: Json, where: Place) -> Json:
    if part.get("image_url") is None and part.get("file_id") is not None:
        raise untranslatable((where, "file_id"), "an image that OpenAI keeps", HUB)
    image: Json = {"url": text(part.get("image_url"), (where, "image_url"))}
    if part.get("detail") not in (None, "auto"):
        image["detail"] = part["detail"]
    return {"type": "image_url", "image_url": image}


def _file(part: Json, where: Place) -> Json:
    file: Json = {}
    move(part, file, "filename", "file_data", "file_id")
    if part.get("file_url") is not None:
        file["file_data"] = text(part["file_url"], (where, "file_url"))
    if "file_data" not in file and "file_id" not in file:
        raise malformed(where, "a file with `file_data`, `file_url` or `file_id`")
    return {"type": "file", "file": file}


def _mark(part: Json, made: Json) -> None:
    if isinstance(mark := part.get("cache_control"), dict):
        made["cache_control"] = mark
    elif isinstance(mark := part.get("prompt_cache_breakpoint"), dict):
        made["cache_control"] = {"type": "ephemeral", **({"ttl": "1h"} if mark.get("ttl") == _LONG else {})}


def annotation_to_chat(given: Json, shift: int = 0) -> Json:
    """OpenAI's citations of the web lie flat; one that was sealed into a `file_citation` is taken out."""
    if isinstance(whole := given.get("citation"), dict):
        return whole
    if given.get("type") != "url_citation" or isinstance(given.get("url_citation"), dict):
        return given
    inner = {name: value for name, value in given.items() if name != "type"}
    for name in ("start_index", "end_index"):
        if shift and isinstance(at := inner.get(name), int):
            inner[name] = at + shift
    return {"type": "url_citation", "url_citation": inner}


def annotations_in(parts: object) -> list[Json]:
    """Of all texts of a message, whose places in it are counted from the first."""
    found: list[Json] = []
    length = 0
    for part in map(as_object, as_list(parts)):
        found += [annotation_to_chat(as_object(each), length) for each in as_list(part.get("annotations"))]
        length += len(str(part.get("text") or ""))
    return found
