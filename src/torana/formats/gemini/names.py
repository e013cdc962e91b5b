"""The spellings of Google's fields: protobuf reads both camelCase and snake_case."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items
from torana.formats.parts import entries_of

if TYPE_CHECKING:
    from torana.formats.json import Json

_AFTER_LINE = re.compile(r"_([a-z0-9])")
_USUAL = frozenset(
    {
        *("contents", "generationConfig", "systemInstruction", "tools", "functionDeclarations"),
        *("name", "description", "parameters", "parametersJsonSchema"),
        *("temperature", "maxOutputTokens", "text", "functionCall", "functionResponse", "thoughtSignature"),
    }
)
"""Names that are what they are, of which nearly all objects are made."""


@lru_cache(maxsize=512)
def _camel(name: str) -> str:
    return _AFTER_LINE.sub(lambda found: found[1].upper(), name)


def camel(value: object, where: Place) -> Json:
    """An object of a caller, its own fields in camelCase, null ones left out; what is in them stays as it is.

    An object of which only fields of one word are read does without.
    """
    given = value if isinstance(value, dict) else entries(value, where)
    if (_USUAL.issuperset(given) or "_" not in "".join(given)) and None not in given.values():
        return given
    return {_camel(name) if "_" in name else name: each for name, each in given.items() if each is not None}


def each_of(value: object, where: Place) -> list[tuple[Place, Json]]:
    """The same of the objects of a repeated field, with where they stand; protobuf takes one for a list of one."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [(where, camel(value, where))]
    return [(at := (where, number), camel(each, at)) for number, each in enumerate(items(value, where))]


def listed(value: object, where: Place) -> list[tuple[Place, Json]]:
    """The objects of a repeated field as they are."""
    if isinstance(value, dict):
        return [(where, value)]
    return [] if value is None else entries_of(value, where)
