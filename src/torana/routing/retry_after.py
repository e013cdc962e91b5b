"""How long does an upstream want to be left alone?"""

from __future__ import annotations

import re
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torana.message import Headers

_SECONDS = re.compile(rb"\d{1,9}(?:\.\d{1,9})?")


def read_retry_after(headers: Headers, now_s: float) -> float | None:
    """Seconds from `now_s` (Unix time); None where it does not say, or nothing that can be read.

    `Retry-After` in seconds or as a date (RFC 9110 10.2.3), and `retry-after-ms`, which Azure and OpenAI send with it
    and which is the finer one.
    """
    found: float | None = None
    for name, value in headers:
        if name == b"retry-after-ms" and _SECONDS.fullmatch(value):
            return float(value) / 1000
        if name == b"retry-after":
            found = float(value) if _SECONDS.fullmatch(value) else _until(value, now_s)
    return found


def _until(value: bytes, now_s: float) -> float | None:
    parts = parsedate_tz(value.decode("latin-1"))
    if parts is None:
        return None
    try:
        return max(0.0, mktime_tz(parts) - now_s)
    except (ValueError, OverflowError):
        return None
