"""Reads the fields of a caller's request; what is wrong is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import BadChatFormat, Untranslatable

if TYPE_CHECKING:
    from torana.formats.json import Json


def text(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    raise malformed(where, "a string")


def items(value: object, where: str) -> list[object]:
    if isinstance(value, list):
        return value
    raise malformed(where, "an array")


def entries(value: object, where: str) -> Json:
    if isinstance(value, dict):
        return value
    raise malformed(where, "an object")


def malformed(where: str, wanted: str) -> BadChatFormat:
    return BadChatFormat(f"`{where}` must be {wanted}")


def untranslatable(where: str, what: str, target: str) -> Untranslatable:
    """Of content that `target`, a format or a provider, has no words for."""
    return Untranslatable(f"`{where}`: {what} cannot be told to {target}")


def move(source: Json, target: Json, *names: str) -> None:
    """Takes over the fields that are there and not null."""
    for name in names:
        value = source.get(name)
        if value is not None:
            target[name] = value
