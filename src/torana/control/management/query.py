"""Reads a query string as clients write nested values into it.

Lists of objects come as JSON text (`filters=[{…}]`), with brackets (`filters[0][key]=…`, `filters[0].key=…`,
`filters[][key]=…`), and, from Cloudflare's own SDKs, flattened with dots (`filters.key=…&filters.operator=…`): object
after object, or, where the HTTP library sorts by name, field after field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

Nested: TypeAlias = str | list[object]

LISTS = frozenset({"filters"})
"""Parameters that are lists of objects."""
_MANY = frozenset({"value"})
"""Fields of those objects that are lists themselves."""
_LONGEST_NUMBER = 4
_PART = re.compile(r"\[([^\[\]]*)\]|\.([^.\[\]]+)")


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """ValueError where a parameter that is not a list stands there twice, or a list cannot be read."""
    found: dict[str, object] = {}
    lists: dict[str, _Objects] = {}
    for name, value in pairs:
        head = re.split(r"[\[.]", name, maxsplit=1)[0]
        if head in LISTS:
            lists.setdefault(head, _Objects(head)).add(name[len(head) :], value)
        elif name in found:
            raise ValueError(f"`{name}` stands there twice")
        else:
            found[name] = value
    return found | {name: objects.all() for name, objects in lists.items()}


class _Objects:
    """One list as it comes in."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._given: list[object] = []
        self._numbered: dict[int, dict[str, object]] = {}
        self._flat: list[tuple[str, str]] = []

    def add(self, rest: str, value: str) -> None:
        if not rest or rest == "[]":
            self._given += _from_json(self._name, value)
            return
        found = list(_PART.finditer(rest))
        parts = [m[1] if m[1] is not None else m[2] for m in found]
        if not parts or "".join(m[0] for m in found) != rest:
            raise ValueError(f"`{self._name}{rest}` cannot be read: write `{self._name}` as a JSON array")
        if len(parts) > 1 and parts[0].isdecimal() and len(parts[0]) <= _LONGEST_NUMBER:
            _put(self._numbered.setdefault(int(parts[0]), {}), parts[1], value)
        else:
            self._flat.append((parts[1] if len(parts) > 1 and not parts[0] else parts[0], value))

    def all(self) -> list[object]:
        return [*self._given, *(self._numbered[number] for number in sorted(self._numbered)), *self._flattened()]

    def _flattened(self) -> list[dict[str, object]]:
        fields = [field for field, _ in self._flat]
        first = fields[:1]
        runs = sum(1 for at, field in enumerate(fields) if [field] == first and fields[at - 1 : at] != first)
        is_sorted = runs <= 1 and any(fields.count(field) > 1 for field in fields if field not in _MANY)
        return self._by_number() if is_sorted else self._by_order()

    def _by_order(self) -> list[dict[str, object]]:
        """An object begins where the field that began the first one comes again."""
        objects: list[dict[str, object]] = []
        last = ""
        for field, value in self._flat:
            if not objects or (field == self._flat[0][0] and field != last):
                objects.append({})
            _put(objects[-1], field, value)
            last = field
        return objects

    def _by_number(self) -> list[dict[str, object]]:
        """Clients that keep equal names together: the n-th of each belong to the n-th object."""
        columns: dict[str, list[str]] = {}
        for field, value in self._flat:
            columns.setdefault(field, []).append(value)
        if len({len(values) for values in columns.values()}) > 1:
            raise ValueError(f"which values of `{self._name}` belong together cannot be told: write it as a JSON array")
        objects: list[dict[str, object]] = [{} for _ in next(iter(columns.values()))]
        for field, values in columns.items():
            for into, value in zip(objects, values, strict=True):
                _put(into, field, value)
        return objects


def _put(into: dict[str, object], field: str, value: str) -> None:
    if field not in _MANY:
        into[field] = value
        return
    values = into.setdefault(field, [])
    if isinstance(values, list):
        values += _listed(value)


def _listed(value: str) -> list[object]:
    """A value that is a JSON array holds several."""
    if value.startswith("["):
        try:
            return msgspec.json.decode(value, type=list[object])
        except msgspec.DecodeError:
            return [value]
    return [value]


def _from_json(name: str, text: str) -> list[object]:
    """An array, or one object of it."""
    if not text:
        return []
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"`{name}` is not JSON: {error}") from error
    return found if isinstance(found, list) else [found]
