"""Puts the pieces of a recorded stream together: what the formats have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import Json, Text, as_object, load
from torana.formats.meter import Events

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXTS = (str, Text)
_NO_LIMIT = 1 << 62  # a recorded stream has been bounded before


def objects(stream: bytes) -> list[Json]:
    """All its events that are JSON objects; of bytes that are no stream, none."""
    events = Events(_NO_LIMIT)
    found = [load(data) for data in (*events.feed(stream), *events.finish())]
    return [each for each in found if isinstance(each, dict)]


def overlay(base: Json, newer: Json, *, skip: Iterable[str] = ()) -> None:
    """What is newer wins, except by being null or absent."""
    for name, value in newer.items():
        if name not in skip and (value is not None or name not in base):
            base[name] = value


def grow(base: Json, name: str, piece: object) -> None:
    """Text is appended to text, a list to a list; anything else that is not null replaces."""
    old = base.get(name)
    if isinstance(old, Text) and isinstance(piece, _TEXTS):
        old.pieces.append(str(piece))
    elif isinstance(old, str) and isinstance(piece, _TEXTS):
        base[name] = Text(old, str(piece))
    elif isinstance(old, list) and isinstance(piece, list):
        old += piece
    elif piece is not None or name not in base:
        base[name] = piece


def child(base: Json, name: str) -> Json:
    """The object under a name, made where there is none."""
    found = base.get(name)
    if not isinstance(found, dict):
        found = base[name] = {}
    return found


def slot(slots: dict[int, Json], index: object) -> Json:
    """The object of an index, in a list that fills as a stream goes; without an index, the last one."""
    if isinstance(index, bool) or not isinstance(index, int):
        index = max(slots, default=0)
    return slots.setdefault(index, {})


def in_order(slots: dict[int, Json]) -> list[object]:
    return [slots[index] for index in sorted(slots)]


def join_texts(parts: list[object], key: str = "text", same: tuple[str, ...] = ("type",)) -> list[object]:
    """Neighbours that carry nothing but `key` and agree in `same` become one."""
    joined: list[object] = []
    last: Json = {}
    for part in parts:
        piece = dict(as_object(part))
        is_same = _is_plain(last, key, same) and _is_plain(piece, key, same)
        if is_same and all(last.get(n) == piece.get(n) for n in same):
            grow(last, key, piece[key])
        else:
            last = piece
            joined.append(piece if isinstance(part, dict) else part)
    return joined


def _is_plain(part: Json, key: str, same: tuple[str, ...]) -> bool:
    return isinstance(part.get(key), str | Text | list) and set(part) <= {key, *same}
