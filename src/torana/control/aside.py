"""Segments of the journal that could not be read whole: kept for a look, within a bound."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".corrupt"
_MARK = ".spoilt"
SHARE = 8
"""They may take so much of the journal's limit, besides it: an eighth."""

_log = logging.getLogger("torana.ingest")


class Aside(Struct, frozen=True):
    """What is kept now."""

    segments: int = 0
    bytes: int = 0


class _Kept(Struct, frozen=True, order=True):
    """In the order in which they go."""

    written_ns: int
    name: str
    size: int


def mark(segment: Path) -> None:
    """To be set aside once it is read; a file says so, since whoever reads it to its end may be another process."""
    segment.with_suffix(_MARK).touch()


def is_marked(segment: Path) -> bool:
    return segment.with_suffix(_MARK).exists()


def set_aside(segment: Path, limit: int) -> None:
    """Renames it, and keeps all of them within `limit` bytes."""
    segment.rename(segment.with_suffix(SUFFIX))
    segment.with_suffix(_MARK).unlink(missing_ok=True)
    prune(segment.parent, limit)


def prune(folder: Path, limit: int) -> None:
    """The oldest go first."""
    kept = _kept(folder)
    total = sum(each.size for each in kept)
    for oldest in kept:
        if total <= limit:
            return
        _log.warning("`%s` goes: the segments set aside have %d bytes, and may have %d", oldest.name, total, limit)
        (folder / oldest.name).unlink(missing_ok=True)
        total -= oldest.size


def look(folder: Path) -> Aside:
    kept = _kept(folder)
    return Aside(len(kept), sum(each.size for each in kept))


def _kept(folder: Path) -> list[_Kept]:
    found = []
    for path in folder.glob("*" + SUFFIX):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # somebody has looked at it, and is done with it
        found.append(_Kept(stat.st_mtime_ns, path.name, stat.st_size))
    return sorted(found)
