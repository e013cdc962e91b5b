"""Ids that sort by time: UUIDv7 (RFC 9562), with the sub-millisecond part as its method 3 has it."""

from __future__ import annotations

import random
import time
from itertools import count

# From a random start upwards: unique without a draw for each, which would cost as much as all the rest.
_next = count(random.SystemRandom().getrandbits(61)).__next__


def uuid7() -> str:
    """A new id in lower case; those of one process sort as they were made, until its clock is set back."""
    ns = time.time_ns()
    ms, rest = divmod(ns, 1_000_000)
    bits = _next()
    low = bits & 0xFFFFFFFFFFFF
    return f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7{rest * 4096 // 1_000_000:03x}-{0x8000 | bits >> 48:04x}-{low:012x}"
