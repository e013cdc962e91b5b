"""Parts of a message's content in the hub, and the data URLs in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed

if TYPE_CHECKING:
    from torana.formats.json import Json

SAID = frozenset({"role", "content", "refusal"})
"""Fields of a message that does no more than to say something."""
_DATA_URL = re.compile(r"data:([^;,]*)((?:;[^;,=]+=[^;,]*)*);base64,")


def parts_of(content: object, where: Place) -> list[tuple[Place, Json]]:
    """Each part with where it stands; a text of its own is one part, and null or "" is none."""
    if isinstance(content, str):
        return [(where, {"type": "text", "text": content})] if content else []
    if content is None:
        return []
    return entries_of(content, where)


def entries_of(value: object, where: Place) -> list[tuple[Place, Json]]:
    """The objects of an array, each with where it stands."""
    return [
        ((where, number), each if isinstance(each, dict) else entries(each, (where, number)))
        for number, each in enumerate(items(value, where))
    ]


def lone_text(content: object) -> str:
    """Of content that is one text, in a format where a text is `{"text"}`; "" of all other."""
    if not isinstance(content, list) or len(content) != 1:
        return ""
    only = content[0]
    said = only.get("text") if isinstance(only, dict) and len(only) == 1 else None
    return said if isinstance(said, str) else ""


def text_of(content: object, where: Place) -> str:
    """The texts of a content that has nothing else in it."""
    if isinstance(content, str):
        return content
    pieces = []
    for at, part in parts_of(content, where):
        piece = part.get("text")
        if part.get("type") != "text" or not isinstance(piece, str):
            raise malformed(at, "text")
        pieces.append(piece)
    return "".join(pieces)


def split_data_url(url: str) -> tuple[str, str] | None:
    """Media type and base64 of a data URL; None where it is another URL."""
    found = _DATA_URL.match(url)
    return None if found is None else (found[1] or "text/plain", url[found.end() :])


def data_url(media_type: str, data: str) -> str:
    return f"data:{media_type};base64,{data}"
