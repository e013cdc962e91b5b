"""What the cache notes with a head, an answer and an exchange."""

from __future__ import annotations

from msgspec import Struct

from torana.message import Headers


class CachePlan(Struct, frozen=True, gc=False):
    """What the cache does with the requests of one head."""

    ttl_s: int = 0
    """0 = nothing."""
    seed: bytes = b""
    """All that the head adds to the key, hashed."""
    is_named: bool = False
    """The caller chose the key: the body is no part of it."""
    holds_streams: bool = False
    is_single: bool = False
    """A request waits where the same one is being answered already."""
    is_image_only: bool = False
    """Nobody asked for this path's answers in particular: only images are kept."""


class Shape(Struct, frozen=True):
    """What an answer's headers say of its body; the same object for all that say the same."""

    kind: bytes
    """Its media type with parameters, in lower case."""
    coding: bytes
    """Its Content-Encoding; empty = none."""
    is_stream: bool
    headers: Headers
    """Those that a cached answer has."""
    lines: bytes
    """The same as the wire sends them."""


class Miss(Struct):
    """An answer that the cache did not have, on its way to become one that it has."""

    plan: CachePlan
    key: bytes
    shape: Shape | None = None
    """Once it is there, where its kind is one that is kept."""
    body: bytes | None = None
    """Once it is whole; None where it will not be kept."""
    flight: object | None = None
    """Who waits for it; of `policies.flights`."""
    is_kept: bool = False
    """The cache has it now."""
