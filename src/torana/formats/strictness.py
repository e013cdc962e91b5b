"""Is a JSON Schema one that OpenAI's strict mode takes?"""

from __future__ import annotations

from torana.formats.json import Json, as_list, as_object

_MOST_DEPTH = 32


def is_strict(schema: Json, depth: int = 0) -> bool:
    """Whether every object in it is closed and needs all of its properties."""
    if depth > _MOST_DEPTH:
        return False
    properties = as_object(schema.get("properties"))
    if (properties or schema.get("type") == "object") and (
        schema.get("additionalProperties") is not False or not properties.keys() <= set(map(str, _names(schema)))
    ):
        return False
    inner = [*properties.values(), *as_object(schema.get("$defs")).values(), schema.get("items")]
    inner += as_list(schema.get("anyOf"))
    return all(is_strict(each, depth + 1) for each in inner if isinstance(each, dict))


def _names(schema: Json) -> list[object]:
    return as_list(schema.get("required"))
