"""JSON that nobody would send: any values under names that a format knows, and what is right but for one thing in it.

All of it comes from one dice, which Hypothesis may throw: drawing each value takes it a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

from torana.formats.json import Json

JUNK: tuple[object, ...] = (None, True, False, 0, -1, 0.5, 1e300, "", "x", "\ud800", [], {}, [None], ["x"], [[{}]])
JUNK_OBJECTS: tuple[object, ...] = ({"type": 5}, {"type": []}, {"text": {}}, {"x": {}})


def odd(dice: Random, names: Sequence[str], words: Sequence[str] = (), depth: int = 4) -> object:
    """Any value: its objects have these names, its texts may be these words."""
    kind = dice.random()
    if depth == 0 or kind < 0.4:
        return dice.choice((*words, dice.choice(JUNK)))
    if kind < 0.6:
        return [odd(dice, names, words, depth - 1) for _ in range(dice.randrange(4))]
    return odd_object(dice, names, words, depth)


def odd_object(dice: Random, names: Sequence[str], words: Sequence[str] = (), depth: int = 4) -> Json:
    return {dice.choice(names): odd(dice, names, words, depth - 1) for _ in range(dice.randrange(5))}


def odd_objects(names: Sequence[str], words: Sequence[str] = (), depth: int = 4) -> st.SearchStrategy[Json]:
    return st.randoms(use_true_random=True).map(lambda dice: odd_object(dice, names, words, depth))


def spoilt(value: object, dice: Random, others: Sequence[object] = ()) -> object:
    """The same with one thing in it replaced, by junk or by one of the others."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        return spoilt_object(value, dice, others)
    if isinstance(value, list) and value and dice.random() < 0.85:
        at = dice.randrange(len(value))
        return [*value[:at], spoilt(value[at], dice, others), *value[at + 1 :]]
    return dice.choice(others) if others and dice.random() < 0.3 else dice.choice((*JUNK, *JUNK_OBJECTS))


def spoilt_object(value: Json, dice: Random, others: Sequence[object] = ()) -> Json:
    """It stays an object."""
    if not value:
        return value
    name = dice.choice(sorted(value))
    return {**value, name: spoilt(value[name], dice, others)}


def all_in(value: object) -> list[object]:
    """It, and everything within it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(found for each in inner for found in all_in(each))]
