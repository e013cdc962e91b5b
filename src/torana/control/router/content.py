"""What was said in a request and its answer, whichever of the router's formats they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.formats.json import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.control.logs import Bodies
    from torana.formats.json import Json

_load = msgspec.json.Decoder().decode


class Said(Struct, frozen=True):
    input: dict[str, object]
    """`prompt`, or `messages` as they came."""
    completion: str | None
    reasoning: str | None


def read(bodies: Bodies) -> Said:
    """Of what cannot be read nothing is said."""
    answer = _object(bodies.assembled or bodies.response_body)
    texts, thoughts = zip(*_pieces(answer), strict=True) if answer else ((), ())
    return Said(_asked(_object(bodies.request_body)), "".join(texts) or None, "".join(thoughts) or None)


def _object(data: bytes) -> Json:
    try:
        found = _load(data)
    except UNREADABLE:
        return {}
    return found if isinstance(found, dict) else {}


def _asked(request: Json) -> dict[str, object]:
    asked = request.get("messages", request.get("input", request.get("prompt")))
    if isinstance(asked, str):
        return {"prompt": asked}
    return {"messages": asked if isinstance(asked, list) else []}


def _pieces(answer: Json) -> Iterable[tuple[str, str]]:
    """Text and thoughts, in their order. Empty ones come first, so that there always is one."""
    yield "", ""
    for choice in _objects(answer.get("choices"))[:1]:
        message = choice.get("message")
        said = message if isinstance(message, dict) else choice
        yield _text(said.get("content", said.get("text"))), _text(said.get("reasoning"))
    for block in _objects(answer.get("content")):
        yield _text(block.get("text")), _text(block.get("thinking"))
    for item in _objects(answer.get("output")):
        parts = "".join(_text(part.get("text")) for part in _objects(item.get("content")))
        summary = "".join(_text(part.get("text")) for part in _objects(item.get("summary")))
        yield ("", parts or summary) if item.get("type") == "reasoning" else (parts, "")


def _objects(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """A plain text, or the texts of parts."""
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in _objects(value))
    return value if isinstance(value, str) else ""
