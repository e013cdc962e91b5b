"""Reads a query string as clients write nested values into it.

Lists of objects come as JSON text (`filters=[{…}]`), with brackets (`filters[0][key]=…`, `filters[0].key=…`,
`filters[][key]=…`), and, from Cloudflare's own SDKs, flattened with dots (`filters.key=…&filters.operator=…`), where
only the order of the pairs tells where one object ends.
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
        self._numbered: dict[int, dict[str, object]] = {}
        self._others: list[dict[str, object]] = []
        self._given: list[object] = []
        self._last = ""
        self._first = ""

    def add(self, rest: str, value: str) -> None:
        if not rest or rest == "[]":
            self._given += _from_json(self._name, value)
            return
        parts = [m[1] if m[1] is not None else m[2] for m in _PART.finditer(rest)]
        if "".join(m[0] for m in _PART.finditer(rest)) != rest or not parts:
            raise ValueError(f"`{self._name}{rest}` cannot be read: write `{self._name}` as a JSON array")
        if parts[0].isdecimal() and len(parts) > 1 and len(parts[0]) <= len("9999"):
            self._put(self._numbered.setdefault(int(parts[0]), {}), parts[1], value)
            return
        field = parts[1] if not parts[0] and len(parts) > 1 else parts[0]
        self._put(self._of_order(field), field, value)

    def all(self) -> list[object]:
        return [*self._given, *(self._numbered[number] for number in sorted(self._numbered)), *self._others]

    def _of_order(self, field: str) -> dict[str, object]:
        """A new object begins where the field that began the first one comes again, or one that is there already."""
        self._first = self._first or field
        is_again = field == self._first and not (field in _MANY and self._last == field)
        is_twice = field not in _MANY and bool(self._others) and field in self._others[-1]
        if is_again or is_twice:
            self._others.append({})
        self._last = field
        return self._others[-1]

    @staticmethod
    def _put(into: dict[str, object], field: str, value: str) -> None:
        if field in _MANY:
            values = into.setdefault(field, [])
            if isinstance(values, list):
                values += _listed(value)
        else:
            into[field] = value


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
