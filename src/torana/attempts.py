"""How upstreams are called for an exchange: once, or again for as long as a route says."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from torana.direct import Direct
from torana.errors import LocalModelMissing, UpstreamError, UpstreamTimedOut
from torana.exchange import Attempt
from torana.message import Call, Origin, Reply
from torana.relay import Intake, drain
from torana.routing import Outcome
from torana.signing import Signer

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from torana.direct import Ends, Wire
    from torana.exchange import Answering, Exchange, Target
    from torana.routing import Route

_LOCAL_TRIES = 3
_LOCAL_WAIT_S = 0.3
_MOST_DRAINED = 64 << 10


class Sender(Protocol):
    def send(self, call: Call) -> Awaitable[Reply]: ...


class LocalPlace(Struct, frozen=True):
    """Where the local model listens: an origin, a path before the usual one, and a key (empty = none)."""

    origin: Origin
    prefix: bytes = b""
    key: bytes = b""


class LocalModel(Protocol):
    """The embedded model, started on first use. Raises LocalModelMissing."""

    async def endpoint(self, *, is_dead: bool) -> LocalPlace:
        """`is_dead`: the last answer led nowhere."""


class Attempts:
    """Makes the attempts of exchanges, and writes each into their logs."""

    def __init__(self, upstream: Sender, local: LocalModel, payload_bytes: int) -> None:
        self._upstream = upstream
        self._signer = Signer(upstream)
        self._local = local
        self._payload_bytes = payload_bytes

    async def once(self, x: Exchange, target: Target, timeout_s: float | None = None) -> Reply:
        """UpstreamError where no answer came; `timeout_s` is to its first byte."""
        attempt = _begun(x, target)
        try:
            if target.is_local:
                reply = await self._call_local(x, target, timeout_s)
            else:
                call = self._call(x, target, target.origin, timeout_s)
                if x.opening.sign is not None:
                    await self._signer.sign(x.opening, call, target)
                reply = await self._upstream.send(call)
        except UpstreamError as error:
            attempt.error, attempt.ended_s = error.message, time.perf_counter() - x.started
            raise
        x.log.first_byte_s = attempt.first_byte_s = time.perf_counter() - x.started
        attempt.status = reply.status
        return reply

    def straight(self, x: Exchange, target: Target, wire: Wire, ends: Ends) -> Answering:
        """The same for a request whose opening says that it is direct: the exchange's end, which `ends` gives it."""
        return Direct(x, _begun(x, target), self._call(x, target, target.origin, None), wire, ends).ask()

    async def walk(self, x: Exchange, route: Route[Target]) -> Reply:
        """Tries what the route says until it is content; what the last try gave is the outcome."""
        question = route.first()
        while True:
            if question.wait_s:
                await asyncio.sleep(question.wait_s)
            try:
                reply = await self.once(x, question.target, question.timeout_s)
            except UpstreamError as error:
                if not error.retryable:
                    raise
                following = route.after(Outcome(0, [], time.time(), random.random()))  # noqa: S311  # no secret
                if following is None:
                    raise
            else:
                following = route.after(Outcome(reply.status, reply.headers, time.time(), random.random()))  # noqa: S311  # the same
                if following is None:
                    return reply
                # Its connection is free again, and nobody waits for that.
                drain(reply, _MOST_DRAINED)
                x.log.attempts[-1].ended_s = time.perf_counter() - x.started
            question = following

    def _call(self, x: Exchange, target: Target, origin: Origin, timeout_s: float | None) -> Call:
        body = x.request.body
        if type(body) is not bytes:
            body = Intake(x, body, self._payload_bytes)  # type: ignore[arg-type]  # bytes were ruled out above
        request, opening = x.request, x.opening
        if (told := x.outgoing) is not None:
            return Call(origin, b"POST", target.path, told.headers, told.body, None, None, timeout_s)
        rendered = opening.rendered if target is opening.target else None
        return Call(origin, request.method, target.path, opening.headers, body, request.length, rendered, timeout_s)

    async def _call_local(self, x: Exchange, target: Target, timeout_s: float | None) -> Reply:
        """The embedded model may have died since it was last asked: it is started again, and asked again."""
        headers = x.opening.headers if x.outgoing is None else x.outgoing.headers
        plain = [h for h in headers if h[0] not in (b"authorization", b"x-api-key")]
        for tries_left in reversed(range(_LOCAL_TRIES)):
            place = await self._local.endpoint(is_dead=tries_left < _LOCAL_TRIES - 1)
            call = self._call(x, target, place.origin, timeout_s)
            call.target = place.prefix + target.path
            call.headers = [*plain, (b"authorization", b"Bearer " + place.key)] if place.key else headers
            call.rendered = None
            try:
                return await self._upstream.send(call)
            except UpstreamError as error:
                if tries_left == 0 or type(x.request.body) is not bytes or isinstance(error, UpstreamTimedOut):
                    raise
                await asyncio.sleep(_LOCAL_WAIT_S)
        raise LocalModelMissing("the embedded model does not answer")


def _begun(x: Exchange, target: Target) -> Attempt:
    # Its own time, the first one's too: what was waited for before it (a cache, another request) is no part of it.
    attempt = Attempt(target.provider, x.log.model, 0, time.perf_counter() - x.started)
    x.log.attempts.append(attempt)
    return attempt
