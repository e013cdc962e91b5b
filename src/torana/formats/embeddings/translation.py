"""What every translation of embeddings is made of: the hub is OpenAI's wire form.

`input` is a text, texts, or as in OpenRouter `{content: [parts]}`; tokens mean nothing to anyone but OpenAI. Beside
it: `dimensions`, `encoding_format` (`float`, `base64`), `input_type` (OpenRouter's), `user`.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.formats.fields import Place, entries, items, malformed, text, untranslatable
from torana.formats.json import Json
from torana.formats.knobs import drop_rest
from torana.formats.parts import parts_of
from torana.formats.translation import Brief, Failure, Turn

if TYPE_CHECKING:
    from torana.exchange import Usage


class EmbeddingsTranslator(Struct, frozen=True):
    """A provider's embeddings, from and to the hub. Requests raise CallerError, which names the field.

    Nothing else raises. In a turn, `request` and `chat` are both the client's body.
    """

    name: str
    """As the format is called that the provider chats in."""
    request_from_openai: Callable[[Json, Brief], Json]
    """What is made has no `model` where the path names it."""
    reply_to_openai: Callable[[Json, Turn], Json]
    error_to_openai: Callable[[int, bytes], Failure]


class EmbeddingsClient(Struct, frozen=True):
    """A client's embeddings, to and from the hub."""

    request_to_openai: Callable[[Json, Brief], Json]
    reply_from_openai: Callable[[Json, Turn], Json]
    error_from_openai: Callable[[int, Failure, str], Json]


Parts = list[tuple[Place, Json]]
"""Each with where it stands in the request."""


def inputs_of(body: Json, target: str) -> list[str | Parts]:
    """Each a text, or the parts of one that is not text alone."""
    given = body.get("input")
    if isinstance(given, str):
        return [given]
    found: list[str | Parts] = []
    for number, each in enumerate(items(given, "input")):
        where = ("input", number)
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, dict):
            found.append(_content(each, (where, "content")))
        elif isinstance(each, int | list):
            raise untranslatable("input" if isinstance(each, int) else where, "tokens", target)
        else:
            raise malformed(where, "a string, or an object with `content`")
    if not found:
        raise malformed("input", "a string, or an array of at least one")
    return found


def _content(given: Json, where: Place) -> str | Parts:
    parts = list(parts_of(given.get("content"), where))
    if not parts:
        raise malformed(where, "an array of at least one part")
    at, first = parts[0]
    return text(first.get("text"), (at, "text")) if len(parts) == 1 and first.get("type") == "text" else parts


def image_url_in(part: Json, where: Place) -> str:
    return text(entries(part.get("image_url"), (where, "image_url")).get("url"), (where, "image_url.url"))


def drop_others(body: Json, brief: Brief, known: frozenset[str]) -> None:
    """Of a request, what the target has no field for; the hub's own names need not be among the known."""
    drop_rest(body, known | _HUB, brief)


_HUB = frozenset({"model", "input", "encoding_format"})


def listed(vectors: list[object], usage: Usage | None, turn: Turn) -> Json:
    """The answer as OpenAI states it; without counts these are 0, since typed clients take them for granted."""
    is_packed = turn.chat.get("encoding_format") == "base64"
    tokens = usage.tokens_in if usage is not None else 0
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(vector) if is_packed else vector}
            for index, vector in enumerate(vectors)
        ],
        "model": turn.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _packed(vector: object) -> object:
    """Little-endian floats of 32 bits, in base64; as it was where these are no numbers."""
    if not isinstance(vector, list):
        return vector
    try:
        return b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except (struct.error, OverflowError):
        return vector
