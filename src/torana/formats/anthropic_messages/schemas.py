"""JSON schemas as Anthropic's structured outputs take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import dump

if TYPE_CHECKING:
    from torana.formats.json import Json

_MOVED = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    }
)
"""Limits that Anthropic refuses: they are told in the description."""
_NAMED = ("properties", "$defs", "definitions")
_LISTED = ("anyOf", "allOf", "oneOf")
_MOST_DEPTH = 60
"""Past this a schema stays as it is."""


def closed(schema: Json, depth: int = 0) -> Json:
    """With no other properties than those it names, and its limits in words."""
    if depth > _MOST_DEPTH:
        return schema
    told: Json = {}
    limits: list[str] = []
    for name, value in schema.items():
        if name in _MOVED or (name == "minItems" and value not in (0, 1)):
            limits.append(f"{name}: {(dump(value) or b'').decode()}")
        elif name in _NAMED and isinstance(value, dict):
            told[name] = {key: _closed(each, depth) for key, each in value.items()}
        elif name in _LISTED and isinstance(value, list):
            told["anyOf" if name == "oneOf" else name] = [_closed(each, depth) for each in value]
        elif name == "items":
            told[name] = _closed(value, depth)
        else:
            told[name] = value
    kind = schema.get("type")
    if kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema:
        told["additionalProperties"] = False
    if limits:
        said = told.get("description")
        told["description"] = (f"{said}\n\n" if isinstance(said, str) and said else "") + f"{{{', '.join(limits)}}}"
    return told


def _closed(value: object, depth: int) -> object:
    return closed(value, depth + 1) if isinstance(value, dict) else value
