"""The schemas of an OpenAPI document: named for people, explained field by field, exact for generated clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, get_args, get_origin

import msgspec
from msgspec import UNSET, Struct, inspect

from torana.control.management.explanations import explanations
from torana.control.management.operation import Many, One

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Json: TypeAlias = dict[str, object]

REF = "#/components/schemas/"
_NAMES = {
    "Address": "PushAddress",
    "Answer": "Analytics",
    "Bucket": "PushBucket",
    "Checks": "GuardrailChecks",
    "Filter": "AnalyticsFilter",
    "Folder": "PushFolder",
    "Gone": "RevokedToken",
    "Info": "PageInfo",
    "JobObject": "LogpushJob",
    "JobWish": "LogpushJobChange",
    "Nothing": "Empty",
    "Row": "AnalyticsRow",
    "Scope": "SpendScope",
    "Verified": "VerifiedToken",
}
"""Of Structs whose own names say enough only beside the rest of their module."""
_PLAIN = {str: "Text", int: "Number", bool: "Flag"}


class Components:
    """Of all types of an API; `given` are of questions, `told` of answers."""

    def __init__(self, given: Sequence[object], told: Sequence[object]) -> None:
        types = [*given, *told]
        schemas, named = msgspec.json.schema_components(types, ref_template=REF + "{name}")
        names = _names(types, schemas, named)
        self._by_type = {repr(kind): _renamed(schema, names) for kind, schema in zip(types, schemas, strict=True)}
        asked, answered = _structs(given), _structs(told)
        structs, only_told = asked | answered, answered.keys() - asked.keys()
        self.schemas: dict[str, Json] = {}
        for former, schema in named.items():
            name, known = names[former], structs.get(former)
            found = _renamed(schema, names) | {"title": name}
            if known is not None:
                _explain(found, known)
            if known is None or (former in only_told and not known.__struct_config__.omit_defaults):
                _require(found, known)
            self.schemas[name] = _described(found)

    def of(self, kind: object) -> Json:
        """A reference to its schema, or the schema of what has no name."""
        return self._by_type[repr(kind)]


def name_of(kind: type[Struct]) -> str:
    return _NAMES.get(kind.__name__, kind.__name__)


def _names(types: Sequence[object], schemas: Sequence[Json], named: Iterable[str]) -> dict[str, str]:
    """Of each component; ValueError where two would have the same."""
    found = {name: _NAMES.get(name, name) for name in named}
    for kind, schema in zip(types, schemas, strict=True):
        if get_origin(kind) in (One, Many):
            found[str(schema["$ref"]).removeprefix(REF)] = _enveloped(kind)
    if len(set(found.values())) < len(found):
        twice = sorted(name for name in found.values() if list(found.values()).count(name) > 1)
        raise ValueError(f"two Structs of the API are called {twice[0]}")
    return found


def _enveloped(kind: object) -> str:
    (held,) = get_args(kind)
    suffix = "Page" if get_origin(kind) is Many else "Response"
    if get_origin(held) is list:
        return f"{_short(get_args(held)[0])}List{suffix}"
    return _short(held) + suffix


def _short(kind: object) -> str:
    if kind in _PLAIN:
        return _PLAIN[kind]
    return name_of(kind) if isinstance(kind, type) else repr(kind)


def _structs(types: Sequence[object]) -> dict[str, type[Struct]]:
    """All that these types are made of, as msgspec names it; the envelopes, which are generic, are not among them."""
    seen: set[int] = set()
    return {each.__name__: each for kind in inspect.multi_type_info(types) for each in _within(kind, seen)}


def _within(kind: object, seen: set[int]) -> Iterator[type[Struct]]:
    if id(kind) in seen:
        return
    seen.add(id(kind))
    if isinstance(kind, inspect.StructType):
        if get_origin(kind.cls) is None:
            yield kind.cls
        for field in kind.fields:
            yield from _within(field.type, seen)
    elif isinstance(kind, inspect.Metadata):
        yield from _within(kind.type, seen)
    elif isinstance(kind, inspect.UnionType):
        for option in kind.types:
            yield from _within(option, seen)
    elif isinstance(kind, inspect.DictType):
        yield from _within(kind.value_type, seen)
    elif isinstance(kind, inspect.ListType):
        yield from _within(kind.item_type, seen)


def _explain(schema: Json, kind: type[Struct]) -> None:
    properties = schema.get("properties")
    for name, text in explanations(kind).items():
        if isinstance(properties, dict) and name in properties:
            properties[name] = {**properties[name], "description": text}


def _require(schema: Json, kind: type[Struct] | None) -> None:
    """An answer has all of its fields, those with a default too; but none that was left unset."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return
    unset = {one.encode_name for one in msgspec.structs.fields(kind) if one.default is UNSET} if kind else set()
    schema["required"] = [name for name in properties if name not in unset]


def _renamed(schema: Json, names: dict[str, str]) -> Json:
    """A copy whose references lead to the new names; those that tell alternatives apart are no more than text."""
    return {key: _renamed_value(value, names) for key, value in schema.items()}


def _renamed_value(value: object, names: dict[str, str]) -> object:
    if isinstance(value, str) and value.startswith(REF):
        return REF + names[value.removeprefix(REF)]
    if isinstance(value, dict):
        return _renamed(value, names)
    return [_renamed_value(one, names) for one in value] if isinstance(value, list) else value


def _described(schema: Json) -> Json:
    """Without the signatures that msgspec makes of Structs that say nothing."""
    text = str(schema.get("description", ""))
    kept = {key: value for key, value in schema.items() if key != "description"}
    return kept if not text or text.startswith("Struct(") else kept | {"description": " ".join(text.split())}
