"""Moments as the router's API has them: ISO 8601, UTC, with seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]00:00)")


def iso(ms: int) -> str:
    """Of a Unix time in milliseconds, such as `2026-11-23T12:00:00.000Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)


def ms_of(text: str) -> int:
    """ValueError where it is no moment of UTC with seconds."""
    if not _UTC.fullmatch(text):
        raise ValueError("a moment is written in UTC, with seconds, such as 2027-12-31T23:59:59Z")
    return int(datetime.fromisoformat(text).timestamp() * 1000)
