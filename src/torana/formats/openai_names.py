"""Names of users and of cached prompts, of which OpenAI takes no more than 64 letters."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torana.formats.json import Json

_LONGEST = 64
_NAMES = ("user", "safety_identifier", "prompt_cache_key")


def shorten(body: Json) -> None:
    """Of a name that is longer, what stands for it as well, and tells less."""
    for name in _NAMES:
        given = body.get(name)
        if isinstance(given, str) and len(given) > _LONGEST:
            body[name] = sha256(given.encode("utf-8", "surrogatepass")).hexdigest()
