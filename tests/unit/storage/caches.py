"""Every implementation of the `Cache` port, for the suite that they all pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torana.exchange import Usage
from torana.storage.cache import Cache, Stored
from torana.storage.memory_cache import MemoryCache


@dataclass
class Clock:
    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


Make = Callable[[Clock], Cache]

MAKES: dict[str, Make] = {"memory": lambda clock: MemoryCache(1 << 20, clock)}
"""Each with room for a mebibyte."""


def answer(body: bytes = b"{}", **changed: object) -> Stored:
    given: dict[str, object] = {
        "headers": [(b"content-type", b"application/json")],
        "lines": b"\r\ncontent-type: application/json",
        "kind": b"application/json",
        "body": body,
        "stored_s": 1.0,
        "model": "m",
        "usage": Usage(3, 4),
    } | changed
    return Stored(**given)  # type: ignore[arg-type]  # the fields' own types
