"""The frame of an attempt, whatever is asked for: told to one endpoint, answered, or failed."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.errors import ToranaError, UpstreamBroken, UpstreamError
from torana.formats.coding import decoder
from torana.formats.json import Json, load
from torana.formats.translation import Failure
from torana.gathering import gather
from torana.message import FIRST_FAILURE, Reply
from torana.routing import Outcome
from torana.routing.retry_after import read_retry_after

if TYPE_CHECKING:
    from torana.attempts import Attempts
    from torana.catalog.market import Endpoint
    from torana.exchange import Exchange, Opening, Target
    from torana.message import Headers
    from torana.providers import Provider
    from torana.router.asking import Asking

_MOST_WHOLE = 256 << 20
_MOST_FAILURE = 1 << 20


class Tried(Struct):
    """How it went: an answer, or a failure; and what the route is to know of it."""

    outcome: Outcome
    reply: Reply | None = None
    failure: Failure | None = None
    raw: bytes = b""
    error: ToranaError | None = None
    """Of ours, where that is what went wrong."""
    is_theirs: bool = True
    """It says something of the endpoint; False = it was never asked."""


class Attempting(ABC):
    """What attempts of one kind need; one a worker."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    async def make(
        self, x: Exchange, asking: Asking, endpoint: Endpoint, provider: Provider, chat: Json, timeout_s: float | None
    ) -> Tried:
        """`chat` is this attempt's own. Raises nothing but CancelledError, and bugs."""
        asking.endpoint = endpoint
        try:
            target = await self._told(x, asking, endpoint, provider, chat)
            if isinstance(target, Reply):
                return Tried(outcome(target.status), target)
        except ToranaError as error:
            return Tried(outcome(), error=error, is_theirs=False)
        asking.attempt_s = time.perf_counter() - x.started
        try:
            reply = await self._attempts.once(x, target, timeout_s)
            if reply.status >= FIRST_FAILURE:
                raw = await whole(reply, _MOST_FAILURE)
                failure = self._failure(x, reply.status, raw)
                return Tried(outcome(reply.status, reply.headers), failure=failure, raw=raw)
            return await self._answered(x, asking, reply)
        except UpstreamError as error:
            return Tried(outcome(), failure=Failure(error.message), error=error)
        except ToranaError as error:
            return Tried(outcome(), error=error, is_theirs=False)

    @abstractmethod
    def lead(self, asking: Asking, endpoint: Endpoint, provider: Provider) -> Opening:
        """What goes to the endpoint beside the body, and where. Raises ToranaError."""

    @abstractmethod
    async def _told(
        self, x: Exchange, asking: Asking, endpoint: Endpoint, provider: Provider, chat: Json
    ) -> Target | Reply:
        """Puts into `x` what the endpoint is sent, and says where it goes; or the answer where it is known already.

        ToranaError where it cannot be told.
        """

    @abstractmethod
    def _failure(self, x: Exchange, status: int, raw: bytes) -> Failure:
        """What the endpoint said where it failed."""

    @abstractmethod
    async def _answered(self, x: Exchange, asking: Asking, reply: Reply) -> Tried:
        """Makes the caller's answer of the endpoint's. ToranaError where it is none."""


def outcome(status: int = 0, headers: Headers | None = None) -> Outcome:
    return Outcome(status, headers or [], time.time())


def retry_after_s(of: Outcome) -> int | None:
    found = read_retry_after(of.headers, of.now_s)
    return None if found is None else max(1, round(found))


async def whole(reply: Reply, most: int = _MOST_WHOLE) -> bytes:
    """The body without its content coding."""
    data = await gather(reply.body, most)
    undo = decoder(value_of(reply.headers, b"content-encoding"), most)
    return data if undo is None else undo.feed(data)


def object_in(data: bytes) -> Json:
    found = load(data)
    if not isinstance(found, dict):
        raise UpstreamBroken("the provider's answer is not a JSON object")
    return found


def value_of(headers: Headers, name: bytes) -> bytes:
    return next((value for key, value in headers if key == name), b"")
