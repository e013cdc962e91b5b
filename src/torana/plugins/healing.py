"""Finds the JSON in an answer that was to be JSON, and repairs what models get wrong.

OpenRouter's plugin `response-healing` (openrouter.md 2.4). What is JSON already is never touched.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from torana.formats.json import UNREADABLE, Json, as_list
from torana.plugins.mending import Mender, Unmendable

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = re.compile(r"^[ \t]*```[\w+-]*[ \t]*\r?\n?(.*?)(?:```|\Z)", re.DOTALL | re.MULTILINE)
_BRACKET = re.compile(r"[{\[]")
_LONGEST = 512 << 10
"""Characters; reading more than that in one go would hold up everyone else."""
_MOST_FENCES = 4
_MOST_TRIES = 16
"""Places in one text at which JSON may begin: what prose has in brackets is tried in vain, so that needs a bound."""
_KEY = re.compile(r"\s*\"[^\"\\\n]*\"\s*:")
_STARTS = {"object": "{", "array": "["}


def heal(text: str, schema: Json | None = None) -> str | None:
    """The JSON that `text` was meant to be: the same text where it is JSON, None where that cannot be told.

    None for very long texts, too. `schema` is the JSON Schema that it was asked for with; without one an object is
    wanted.
    """
    if len(text) > _LONGEST:
        return None
    if _value(text) is not None or text.strip() == "null":
        return text
    starts = _STARTS["object"] if schema is None else _STARTS.get(str(schema.get("type")), "{[")
    for part in _parts(text):
        found = [each for each in _found(part, starts) if _value(each) is not None]
        if found:
            return max(found, key=lambda each: (_fits(each, schema), len(each)))
    return None


def _value(text: str) -> object:
    """None where it is not JSON by the letter."""
    try:
        value: object = json.loads(text, parse_constant=_refuse)
    except UNREADABLE:
        return None
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _fits(text: str, schema: Json | None) -> bool:
    """Whether all that the schema requires at the top is there."""
    value = _value(text)
    if schema is None or not isinstance(value, dict):
        return True
    return all(name in value for name in as_list(schema.get("required")))


def _parts(text: str) -> Iterator[str]:
    """What is fenced, whose end tells where it stops; then all of it, where its JSON ends by itself.

    A fence within JSON is part of a string in it.
    """
    bracket = _BRACKET.search(text)
    for found, _ in zip(_FENCE.finditer(text), range(_MOST_FENCES), strict=False):
        if bracket is None or found.start() < bracket.start():
            yield found[1]
    yield text


def _found(text: str, starts: str) -> list[str]:
    """What may be meant, in the order of the text; nothing where something began as JSON and cannot be mended."""
    if _KEY.match(text):
        text = "{" + text
    elif starts == "{[" and _value(text) is not None:
        return [text.strip()]
    found: list[str] = []
    at = 0
    opening = re.compile(f"[{re.escape(starts)}]")
    for _ in range(_MOST_TRIES):
        start = opening.search(text, at)
        if start is None:
            break
        mender = Mender(text, start.start())
        try:
            mended = mender.mend()
        except Unmendable as error:
            if error.is_json:
                return found
            at = start.end()
            continue
        at = mender.at
        found.append(_unchanged(text[start.start() : at]) or mended)
    return found


def _unchanged(text: str) -> str | None:
    """As it stands, where nothing was wrong with it."""
    return text if _value(text) is not None else None
