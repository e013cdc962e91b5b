"""Reads the fields of a caller's request; what is wrong is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import BadChatFormat, Untranslatable

if TYPE_CHECKING:
    from torana.formats.json import Json

Place = str | tuple["Place", str | int]
"""Where a field stands: its name ("" = the whole), or a place and the name or number within it.

It is written where it is complained of alone: to write that of each field took a tenth of a translation's time.
"""


def written(where: Place) -> str:
    """`messages[0].content`, of `(("messages", 0), "content")`."""
    steps: list[str] = []
    while isinstance(where, tuple):
        where, step = where
        steps.append(f".{step}" if isinstance(step, str) else f"[{step}]")
    return (where + "".join(reversed(steps))).removeprefix(".")


def text(value: object, where: Place) -> str:
    if isinstance(value, str):
        return value
    raise malformed(where, "a string")


def items(value: object, where: Place) -> list[object]:
    if isinstance(value, list):
        return value
    raise malformed(where, "an array")


def entries(value: object, where: Place) -> Json:
    if isinstance(value, dict):
        return value
    raise malformed(where, "an object")


def malformed(where: Place, wanted: str) -> BadChatFormat:
    return BadChatFormat(f"`{written(where)}` must be {wanted}")


def untranslatable(where: Place, what: str, target: str) -> Untranslatable:
    """Of content that `target`, a format or a provider, has no words for."""
    return Untranslatable(f"`{written(where)}`: {what} cannot be told to {target}")


def refuse(message: Json, names: frozenset[str], where: Place, target: str) -> None:
    """Raises where an assistant's message has something in one of the fields that `target` has no words for."""
    if names.isdisjoint(message):
        return
    for name in sorted(names.intersection(message)):
        if message[name]:
            raise untranslatable((where, name), "this of an assistant", target)


def move(source: Json, target: Json, *names: str) -> None:
    """Takes over the fields that are there and not null."""
    for name in names:
        if name in source and (value := source[name]) is not None:
            target[name] = value
