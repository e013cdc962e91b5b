"""The walk over the endpoints that were chosen: the next one where a provider failed (4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.routing import Route, Try
from torana.routing.market.health import is_failing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.catalog.market import Endpoint
    from torana.routing import Outcome

MOST = 10
"""Tries of one request."""
_TOO_MANY = 429
_LEAST_ERROR = 400


class Market(Route["Endpoint"]):
    """No waits: somebody else is asked at once. An endpoint stands in the list as often as it is to be tried."""

    __slots__ = ("_endpoints", "_left", "place")

    def __init__(self, endpoints: Sequence[Endpoint], most: int = MOST) -> None:
        """Endpoints in the order of a `Choice`; at least one."""
        self._endpoints = endpoints
        self._left = most
        self.place = 0
        """Of the one that is tried now."""

    def first(self) -> Try[Endpoint]:
        self._left -= 1
        return Try(self._endpoints[0])

    def after(self, outcome: Outcome) -> Try[Endpoint] | None:
        """None where it went well, or nobody is left: then the last answer is the caller's.

        A provider's failure or its 429 leads to the next endpoint; what is wrong with the request itself would be
        wrong at every endpoint of the model, and leads to the next model.
        """
        status = outcome.status
        if self._left <= 0 or 0 < status < _LEAST_ERROR:
            return None
        place = self.place + 1
        if not is_failing(status) and status != _TOO_MANY:
            model = self._endpoints[self.place].model
            while place < len(self._endpoints) and self._endpoints[place].model == model:
                place += 1
        if place >= len(self._endpoints):
            return None
        self._left -= 1
        self.place = place
        return Try(self._endpoints[place])
