"""An endpoint that is asked with a caller's own key."""

from __future__ import annotations

from torana.catalog.market import Endpoint


class Offer(Endpoint, frozen=True, kw_only=True, eq=False):
    """An endpoint with a caller's own key for it. Its id is its own: how that key fares is not the endpoint's doing."""

    secret: str
    of: str
    """The endpoint's own id."""


def id_of(endpoint: Endpoint) -> str:
    """The endpoint's own id, whosever key it is asked with."""
    return endpoint.of if isinstance(endpoint, Offer) else endpoint.id
