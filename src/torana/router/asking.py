"""One request to the router, and what is learnt of it on its way."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from torana.catalog.market import Endpoint
from torana.errors import ToranaError
from torana.exchange import Opening
from torana.formats.json import Json
from torana.formats.translation import Failure
from torana.plugins.prepared import Prepared
from torana.purse import Held
from torana.routed import Routed
from torana.router.access import Access
from torana.router.kept import Kept
from torana.router.planning import Plan
from torana.routing.market.choosing import Choice
from torana.routing.market.sticky import Conversation
from torana.surfaces.entries import Entry
from torana.surfaces.router.dressing import Dress, Ending
from torana.surfaces.router.metadata import Seat
from torana.surfaces.router.operations.operation import Wanted
from torana.surfaces.router.requests import Wishes as Extras
from torana.surfaces.router.told import Told


class Ended(Protocol):
    """A stream that was begun."""

    @property
    def ending(self) -> Ending: ...


class Failed(Struct):
    """An endpoint that did not answer as it should."""

    endpoint: Endpoint
    status: int
    """What it answered; 0 = nothing."""
    failure: Failure
    raw: bytes = b""
    error: ToranaError | None = None
    """Of ours, where that is what went wrong."""
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
    dropped: list[str]
    """Names of knobs that cannot be told to anybody."""
    extras: Extras
    prepared: Prepared
    """With the request in the hub."""
    plan: Plan
    choice: Choice
    routed: Routed
    tokens_in: int
    """Estimated."""
    wanted: Wanted | None = None
    """What is asked for that is no conversation."""
    conversation: Conversation | None = None
    """What it is stuck to an endpoint by; None = to none."""
    wants_metadata: bool = False
    held: Held | None = None
    kept: Kept | None = None
    """Where its answer is to be kept; None = nowhere."""
    endpoint: Endpoint | None = None
    """The one that is asked now, or that answered."""
    dress: Dress | None = None
    """Of its answer."""
    failures: list[Failed] = []
    echoes: list[Json] = []
    """Bodies that providers were sent, where the caller debugs."""
    asked: list[Seat] = []
    """Who was asked, in their order."""
    refused: tuple[int, Told] | None = None
    """What came of it, where that is an error."""
    ending: Ending | None = None
    """Once a whole answer is there."""
    ended: Ended | None = None
    """The stream that knows its ending."""
    has_sound_calls: bool | None = None
    """All its calls of tools could be run; None = it called none, or streamed."""
    attempt_s: float = 0.0
    """When the last attempt began, in seconds since the exchange did."""

    @property
    def chat(self) -> Json:
        return self.prepared.chat
