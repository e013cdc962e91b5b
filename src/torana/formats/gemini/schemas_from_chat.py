"""JSON Schema as Gemini reads it in `parametersJsonSchema` and `responseJsonSchema`.

It reads a part of the standard, and skips the rest. What it would skip, or refuse, is said in words that it reads:
`$ref` by what it refers to (but for cycles, which stay), `const` by `enum`, `allOf` by one schema, `definitions` by
`$defs`, a `nullable` of OpenAPI by `null` among the types. All else stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, dump

if TYPE_CHECKING:
    from torana.formats.json import Json

_LEFT_OUT = frozenset({"$schema", "$defs", "definitions", "$ref", "const", "allOf", "nullable"})
_MAPS = frozenset({"properties", "patternProperties"})
_LISTS = frozenset({"anyOf", "oneOf", "prefixItems"})
_SCHEMAS = frozenset({"items", "additionalProperties", "not", "if", "then", "else", "contains"})
_TO_CHANGE = re.compile(rb'"(?:\$(?:ref|schema|defs)|const|allOf|nullable|definitions)":|:true')
"""Looking for it takes a tenth of the time that reading a schema does, and most have nothing of it."""
_MOST_NODES = 4000
"""Past this, references stay references: what they stand for may double with each of them."""
_DEEPEST = 100
_LONGEST_INDEX = 7


def schema_from_chat(schema: Json) -> Json:
    written = dump(schema)
    if written is not None and _TO_CHANGE.search(written) is None:
        return schema
    return _Reading(schema).whole()


class _Reading:
    """Of one schema, whose definitions are found by their JSON pointers."""

    def __init__(self, schema: Json) -> None:
        self._root = schema
        self._open: list[str] = []
        """References that are being followed, outermost first."""
        self._left: dict[str, str] = {}
        """References that stay, and what their definitions are called."""
        self._waiting: list[str] = []
        """Those of them whose definitions have not been told yet."""
        self._names: set[str] = set()
        self._nodes = 0

    def whole(self) -> Json:
        made = self._turn(self._root)
        named: Json = {}
        while self._waiting:
            pointer = self._waiting.pop()
            self._open = [pointer]
            named[self._left[pointer]] = self._turn(self._found(pointer) or {})
        return {**made, "$defs": named} if named else made

    def _turn(self, value: object) -> Json:
        """A schema; `true` is one too, of anything."""
        if not isinstance(value, dict):
            return {}
        self._nodes += 1
        if "$ref" in value:
            return self._refer(value)
        made: Json = {name: self._field(name, each) for name, each in value.items() if name not in _LEFT_OUT}
        if "const" in value:
            _fix(made, value["const"])
        if value.get("nullable") is True:
            _allow_null(made)
        for part in as_list(value.get("allOf")):
            _merge(made, self._turn(part))
        return made

    def _field(self, name: str, value: object) -> object:
        if name in _MAPS and isinstance(value, dict):
            return {key: self._turn(each) for key, each in value.items()}
        if name in _LISTS and isinstance(value, list):
            return [self._turn(each) for each in value]
        if name in _SCHEMAS and isinstance(value, dict):
            return self._turn(value)
        return value

    def _refer(self, value: Json) -> Json:
        """What it refers to, in place, with what stands beside it."""
        pointer = str(value["$ref"])
        found = self._found(pointer)
        if found is None:
            return {name: each for name, each in value.items() if name not in _LEFT_OUT}
        beside = {name: each for name, each in value.items() if name != "$ref"}
        if pointer in self._open or self._nodes > _MOST_NODES or len(self._open) > _DEEPEST:
            return {"$ref": f"#/$defs/{self._name(pointer)}"}
        self._open.append(pointer)
        made = dict(self._turn(found))
        self._open.pop()
        if beside:
            _merge(made, self._turn(beside), is_newer=True)
        return made

    def _name(self, pointer: str) -> str:
        if pointer not in self._left:
            plain = pointer.rpartition("/")[2] if pointer != "#" else "root"
            self._left[pointer] = f"{plain}_{len(self._left)}" if plain in self._names else plain
            self._names.add(self._left[pointer])
            self._waiting.append(pointer)
        return self._left[pointer]

    def _found(self, pointer: str) -> Json | None:
        if not pointer.startswith("#"):
            return None
        at: object = self._root
        for step in pointer[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            at = _in(at, name)
        return at if isinstance(at, dict) else None


def _in(value: object, name: str) -> object:
    if isinstance(value, list):
        index = int(name) if name.isdecimal() and len(name) < _LONGEST_INDEX else len(value)
        return value[index] if index < len(value) else None
    return value.get(name) if isinstance(value, dict) else None


def _fix(schema: Json, value: object) -> None:
    """Gemini has `enum` of texts and numbers alone."""
    if value is None:
        schema["type"] = "null"
    elif isinstance(value, bool) or not isinstance(value, str | int | float):
        schema["const"] = value
    else:
        schema["enum"] = [value]
        schema.setdefault("type", _TYPES[type(value)])


_TYPES: dict[type, str] = {str: "string", int: "integer", float: "number"}


def _allow_null(schema: Json) -> None:
    kinds = schema.get("type")
    if isinstance(kinds, str):
        schema["type"] = [kinds, "null"]
    elif isinstance(kinds, list) and "null" not in kinds:
        schema["type"] = [*kinds, "null"]
    elif isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [*as_list(schema["anyOf"]), {"type": "null"}]


def _merge(base: Json, other: Json, *, is_newer: bool = False) -> None:
    """Both hold: properties and what is required come together; of other fields that differ the base's stay."""
    for name, value in other.items():
        old = base.get(name)
        if name == "properties" and isinstance(old, dict):
            base[name] = {**as_object(old), **as_object(value)}
        elif name == "required" and isinstance(old, list):
            base[name] = list(dict.fromkeys(map(str, [*old, *as_list(value)])))
        elif is_newer or name not in base:
            base[name] = value
