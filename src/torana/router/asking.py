"""One request to the router, and what is learnt of it on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.catalog.market import Endpoint

if TYPE_CHECKING:
    from torana.exchange import Opening
    from torana.formats.json import Json
    from torana.formats.translation import Failure
    from torana.message import Headers
    from torana.plugins.prepared import Prepared
    from torana.purse import Held
    from torana.routed import Routed
    from torana.router.access import Access
    from torana.routing.market.choosing import Choice
    from torana.routing.market.needs import Needs
    from torana.routing.market.sticky import Conversation
    from torana.routing.market.wishes import Wishes
    from torana.surfaces.entries import Entry
    from torana.surfaces.router.dressing import Dress, Ending
    from torana.surfaces.router.metadata import Way


class Offer(Endpoint, frozen=True, kw_only=True, eq=False):
    """An endpoint with a caller's own key for it. Its id is its own: how that key fares is not the endpoint's doing."""

    secret: str


class Failed(Struct):
    """An endpoint that did not answer as it should."""

    endpoint: Endpoint
    status: int
    """What it answered; 0 = nothing."""
    failure: Failure
    raw: bytes = b""
    retry_after_s: int | None = None


class Asking(Struct, kw_only=True):
    """What the surface read, and what the router made of it. `chat` is the request in the hub."""

    id: str
    """`gen-…`."""
    created: int
    """Unix seconds."""
    access: Access
    entry: Entry
    base: Opening
    """What all attempts' openings are made of."""
    request: Json
    """As the client has it, less what is the router's alone."""
    chat: Json
    dropped: list[str]
    needs: Needs
    wishes: Wishes
    choice: Choice
    routed: Routed
    way: Way
    wants_metadata: bool = False
    prepared: Prepared
    tokens_in: int = 0
    """Estimated."""
    conversation: Conversation | None = None
    """What it is stuck to an endpoint by; None = to none."""
    hides_reasoning: bool = False
    held: Held | None = None
    endpoint: Endpoint | None = None
    """The one that is asked now, or that answered."""
    dress: Dress | None = None
    """Of its answer."""
    failures: list[Failed] = []
    ending: Ending | None = None
    """Once a whole answer is there."""
    ended: object | None = None
    """Of a stream: the `DressedStream` that knows its ending."""
    attempt_s: float = 0.0
    """When the last attempt began, in seconds since the exchange did."""
    headers: Headers = []
    """Of the answer, beside those that all have."""

    @property
    def is_byok(self) -> bool:
        endpoint = self.endpoint
        return isinstance(endpoint, Offer)
