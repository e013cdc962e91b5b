"""What the router passes on besides conversations: vectors, rankings, pictures, speech, and what was spoken.

All of it is OpenAI's API, or close to it; providers differ in paths, in a few fields, and in how they state what was
used. An operation is a handful of pure functions that know these differences.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from torana.errors import CallerError
from torana.exchange import Usage
from torana.formats.json import Json, as_object
from torana.formats.translation import Brief
from torana.surfaces.router.costs import Cost
from torana.surfaces.router.requests import Wishes

JSON = b"application/json"
OPENROUTER = "openrouter"
"""It is asked in the words that the caller used."""


class Upload(Struct, frozen=True):
    """A file that came with a request."""

    name: str
    type: str
    data: bytes


class Wanted(Struct, kw_only=True):
    """A request, as far as it can be read before it is known who is asked."""

    request: Json
    """Less what is the router's alone. Attempts do not change it."""
    extras: Wishes = field(default_factory=Wishes)
    tokens_in: int = 0
    """At most; likewise the other two."""
    tokens_out: int = 0
    units: dict[str, int] = {}
    """What is billed besides tokens, by the names of `Endpoint.others`, and `request`."""
    likely: Usage = field(default_factory=Usage)
    """What an answer uses that does not say."""
    is_stream: bool = False
    upload: Upload | None = None


class Whom(Struct, frozen=True):
    """Who is told."""

    provider: str
    """The slug of its row."""
    model: str
    """As it is called there."""
    host: str
    """As callers name who it is, in `provider.options`."""
    spoken: str = ""
    """The translation that is needed there; empty = OpenAI's own words."""


class Sent(Struct):
    """What goes upstream."""

    body: bytes
    type: bytes = JSON
    path: str = ""
    """In place of the operation's, under OpenAI's API."""
    is_stream: bool = False


class Taken(Struct, kw_only=True):
    """What an answer says, whoever it is of."""

    body: Json
    usage: Usage | None = None
    """None = not stated."""
    units: dict[str, int] = {}
    upstream_id: str = ""
    images: int = 0


class Billed(Struct, frozen=True):
    """An answer's price, with what it is the price of."""

    id: str
    """`gen-…`."""
    model: str
    """As callers name it."""
    provider: str
    """For people."""
    usage: Usage
    units: dict[str, int]
    cost: Cost


class Operation(Struct, frozen=True, kw_only=True):
    """One of them. Requests raise CallerError, which names the field; nothing else raises."""

    modality: str
    """Of `Model.output_modalities`: models that have it are asked."""
    api_type: str
    """See `Routed.api_type`."""
    path: str
    """Under OpenAI's API."""
    read: Callable[[Json, Upload | None], Wanted]
    """Given a request without the router's own fields."""
    tell: Callable[[Wanted, Whom, Brief], Sent]
    take: Callable[[Json, Wanted, Whom], Taken]
    dress: Callable[[Taken, Billed, Wanted], Json]
    """What the caller gets."""
    paths: dict[str, str] = {}
    """Whole ones, by provider, of those that have it elsewhere."""


def needed(request: Json, name: str) -> str:
    """A text that has to be there."""
    found = request.get(name)
    if not isinstance(found, str) or not found:
        raise CallerError(f"`{name}`: a string was expected")
    return found


def counted(request: Json, name: str, least: int, most: int, usual: int) -> int:
    """A whole number, or what stands for one that is not there."""
    found = request.get(name)
    if found is None:
        return usual
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise CallerError(f"`{name}`: a whole number from {least} to {most} was expected")
    return found


def options(wanted: Wanted, whom: Whom) -> Json:
    """What the caller has for this provider alone: `provider.options`."""
    by_host = as_object(wanted.extras.provider.get("options"))
    return as_object(by_host.get(whom.host)) or as_object(by_host.get(whom.provider))


def only(request: Json, names: tuple[str, ...], brief: Brief) -> Json:
    """Those of its fields that are known there; the others are said to be dropped."""
    for name, value in request.items():
        if name not in names and name != "model" and value is not None:
            brief.drop(name)
    return {name: request[name] for name in names if request.get(name) is not None}
