"""Lists of names in which `*` stands for anything."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable


class Patterns(Struct, frozen=True):
    """Made for looking up: names as such, those that only end in `*`, and all others by the text between stars."""

    exact: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    globs: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.exact or self.prefixes or self.globs)

    def has(self, name: str) -> bool:
        """`name` in lower case."""
        return name in self.exact or name.startswith(self.prefixes) or any(_fits(name, parts) for parts in self.globs)


NOTHING = Patterns()


def patterns(texts: Iterable[str]) -> Patterns:
    return _compiled(tuple(texts))


@lru_cache(maxsize=256)
def _compiled(texts: tuple[str, ...]) -> Patterns:
    exact, prefixes, globs = set[str](), list[str](), list[tuple[str, ...]]()
    for text in texts:
        first, *others = text.strip().lower().split("*")
        if not others:
            exact.add(first)
        elif not any(others):
            prefixes.append(first)
        else:
            globs.append((first, *others))
    return Patterns(frozenset(exact), tuple(prefixes), tuple(globs))


def _fits(name: str, parts: tuple[str, ...]) -> bool:
    """Each part as early as it goes: what a later one could use is never taken away from it."""
    first, *middle, last = parts
    if not name.startswith(first) or len(name) < len(first) + len(last) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
