"""Does a JSON value fit a TypedDict of an SDK, field by field, with nothing beside it?"""

from __future__ import annotations

import types
import typing
from functools import cache
from typing import Any

import typing_extensions

_WRAPPERS = (typing.Required, typing.NotRequired, typing.Annotated)


def misfits(value: object, kind: Any, also: frozenset[str] = frozenset(), where: str = "body") -> list[str]:
    """What is wrong, by where it stands. `also` are fields that may be there, whatever the type says."""
    origin = typing.get_origin(kind)
    if kind is Any or kind is object or isinstance(kind, typing.TypeVar | str):
        return []
    if origin in _WRAPPERS or origin in (typing_extensions.Required, typing_extensions.NotRequired):
        return misfits(value, typing.get_args(kind)[0], also, where)
    if isinstance(kind, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else typing_extensions.TypeAliasType):
        return misfits(value, kind.__value__, also, where)
    if origin in (typing.Union, types.UnionType):
        return _of_union(value, typing.get_args(kind), also, where)
    if origin in (typing.Literal, typing_extensions.Literal):
        return [] if value in typing.get_args(kind) else [f"{where}: {value!r} is none of {typing.get_args(kind)}"]
    if typing_extensions.is_typeddict(kind):
        return _of_dict(value, kind, also, where)
    if isinstance(origin, type):
        return _of_many(value, origin, typing.get_args(kind), also, where)
    return _of_plain(value, kind, where)


def _of_union(value: object, kinds: tuple[Any, ...], also: frozenset[str], where: str) -> list[str]:
    """Of the branch that fits best."""
    return min((misfits(value, kind, also, where) for kind in kinds), key=_gravity)


def _gravity(found: list[str]) -> tuple[bool, bool, int]:
    """A wrong `type` or `role` means that another branch was meant."""
    return bool(found), any(".type: " in each or ".role: " in each for each in found), len(found)


def _of_dict(value: object, kind: Any, also: frozenset[str], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}.type: {value!r} is no {kind.__name__}"]
    hints = _hints(kind)
    found = [f"{where}.{name} is missing" for name in kind.__required_keys__ - value.keys()]
    found += [f"{where}.{name} is not of {kind.__name__}" for name in value.keys() - hints.keys() - also]
    for name in value.keys() & hints.keys():
        found += misfits(value[name], hints[name], also, f"{where}.{name}")
    return found


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing_extensions.get_type_hints(kind, include_extras=True)


def _of_many(value: object, origin: type, kinds: tuple[Any, ...], also: frozenset[str], where: str) -> list[str]:
    if issubclass(origin, typing.Mapping):
        if not isinstance(value, dict):
            return [f"{where}.type: {value!r} is no object"]
        return [each for name, inner in value.items() for each in misfits(inner, kinds[1], also, f"{where}.{name}")]
    if not isinstance(value, list):
        return [f"{where}.type: {value!r} is no array"]
    kind = kinds[0] if kinds else Any
    return [each for n, inner in enumerate(value) for each in misfits(inner, kind, also, f"{where}[{n}]")]


def _of_plain(value: object, kind: Any, where: str) -> list[str]:
    if kind is None or kind is type(None):
        fits = value is None
    elif kind is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = not isinstance(kind, type) or isinstance(value, kind)
    return [] if fits else [f"{where}.type: {value!r} is no {kind}"]
