"""One target, once: what a provider's own path asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.routing import Route, Try

if TYPE_CHECKING:
    from torana.exchange import Target


def direct(target: Target) -> Route:
    yield Try(target)
