"""One target, once: what a provider's own path asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.routing import Outcome, Route, Try

if TYPE_CHECKING:
    from torana.exchange import Target


class Direct(Route):
    __slots__ = ("_try",)

    def __init__(self, target: Target) -> None:
        self._try = Try(target)

    def first(self) -> Try:
        return self._try

    def after(self, outcome: Outcome) -> Try | None:  # whatever it was, it is the caller's
        return None
