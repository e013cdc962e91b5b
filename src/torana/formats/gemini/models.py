"""What the generations of Gemini take: their names tell."""

from __future__ import annotations

import re

from torana.formats.json import Json, as_text

_OLD = re.compile(r"gemini-(exp|pro-vision|[12](\.|-|$)|(pro|flash)$)")
_THINKERS_OF_OLD = re.compile(r"gemini-2\.5|thinking")


def model_of(chat: Json) -> str:
    return as_text(chat.get("model")).rpartition("/")[2]


def is_newer(model: str) -> bool:
    """From Gemini 3 on: it checks signatures, has levels of thinking, and sees the images of a function's response."""
    return model.startswith("gemini-") and _OLD.match(model) is None


def can_think(model: str) -> bool:
    """False only of those that are known to refuse being asked to."""
    return is_newer(model) or _OLD.match(model) is None or _THINKERS_OF_OLD.search(model) is not None
