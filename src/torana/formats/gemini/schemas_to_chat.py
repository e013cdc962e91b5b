"""Google's `Schema`, a part of OpenAPI 3.0, as JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, written
from torana.formats.gemini.names import camel
from torana.formats.json import as_list

if TYPE_CHECKING:
    from torana.formats.json import Json

_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
"""64-bit numbers, which protobuf writes as texts."""
_LEFT_OUT = frozenset({"nullable", "propertyOrdering", "example", "ref", "defs"})
_LONGEST_COUNT = 19
_DEEPEST, _MOST_SHOWN = 100, 200


def schema_to_chat(schema: object, where: Place, depth: int = 0) -> Json:
    given = camel(schema, where)
    if depth > _DEEPEST:
        raise malformed(written(where)[:_MOST_SHOWN], "less deep")
    made: Json = {}
    for name, value in given.items():
        if name not in _LEFT_OUT:
            made[name] = _field(name, value, (where, name), depth)
    if made.get("format") == "enum":
        del made["format"]  # it says no more than that there is an `enum`
    if "example" in given:
        made["examples"] = [given["example"]]
    if isinstance(reference := given.get("ref"), str):
        made["$ref"] = reference.replace("#/defs/", "#/$defs/")
    if "defs" in given:
        made["$defs"] = _map(given["defs"], (where, "defs"), depth)
    if given.get("nullable") is True:
        _allow_null(made)
    _put_in_order(made, as_list(given.get("propertyOrdering")))
    return made


def _field(name: str, value: object, where: Place, depth: int) -> object:
    if name == "type":
        return _type(value)
    if name == "properties":
        return _map(value, where, depth)
    if name == "anyOf":
        return [schema_to_chat(each, (where, n), depth + 1) for n, each in enumerate(items(value, where))]
    if name == "items" or (name == "additionalProperties" and isinstance(value, dict)):
        return schema_to_chat(value, where, depth + 1)
    if name in _COUNTS and isinstance(value, str) and value.isdecimal() and len(value) < _LONGEST_COUNT:
        return int(value)
    return value


def _map(value: object, where: Place, depth: int) -> Json:
    return {key: schema_to_chat(each, (where, key), depth + 1) for key, each in entries(value, where).items()}


def _type(value: object) -> object:
    """`STRING`; what a client took from JSON Schema stays."""
    if isinstance(value, list):
        return [_type(each) for each in value]
    return value.lower() if isinstance(value, str) else value


def _allow_null(schema: Json) -> None:
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = [kind, "null"]
        if isinstance(schema.get("enum"), list):
            schema["enum"] = [*as_list(schema["enum"]), None]
    elif isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [*as_list(schema["anyOf"]), {"type": "null"}]


def _put_in_order(schema: Json, names: list[object]) -> None:
    properties = schema.get("properties")
    if isinstance(properties, dict) and names:
        first = {name: properties[name] for name in names if isinstance(name, str) and name in properties}
        schema["properties"] = {**first, **properties}
