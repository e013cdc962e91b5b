"""Answers that are kept to be given again, and the port of what keeps them."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from torana.again import Again
from torana.exchange import Usage
from torana.message import Headers


class Stored(Struct, gc=False):
    """One answer of status 200, without content coding. Nothing of it changes but `again`."""

    headers: Headers
    """Those that describe the body, whoever asks for it, and that it was cached."""
    lines: bytes
    """The same as the wire sends them."""
    kind: bytes
    """Its media type with parameters, in lower case."""
    body: bytes
    stored_s: float
    """Unix time."""
    model: str = ""
    """As its request named it."""
    is_stream: bool = False
    usage: Usage | None = None
    again: Again | None = None
    """The log's record of it, once it was given."""


class Figures(Struct):
    """What one cache holds, and what was asked of it since the process started."""

    entries: int = 0
    bytes: int = 0
    hits: int = 0
    misses: int = 0
    evictions: int = 0
    """Entries that had to go before their time, for want of room."""


class Cache(Protocol):
    """Fails open: one that cannot be asked has nothing, and what cannot be put is not there later. Never raises."""

    figures: Figures
    largest: int
    """Bytes of the largest body that it takes."""

    def get(self, key: bytes) -> Stored | None:
        """Does not wait; a hit is to cost no more than that."""

    def put(self, key: bytes, stored: Stored, ttl_s: float, owner: str) -> None:
        """Does not wait. `owner` shares the room fairly with the others: who fills it loses its own entries first."""

    def grow(self, key: bytes, size: int) -> None:
        """What is stored there takes so many bytes more than it did."""

    def sweep(self) -> None:
        """Lets go of what has expired; to be called now and then."""
