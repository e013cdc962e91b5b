"""The way of one exchange. This file is the table of contents of the program."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from torana.errors import Internal, LocalModelMissing, ToranaError, UnknownGateway, UpstreamError
from torana.exchange import Attempt, Call, Exchange, Origin, Reply
from torana.formats.coding import decode, decoder
from torana.ids import uuid7
from torana.policies.record import is_logged
from torana.relay import Intake, Relay
from torana.routing import Outcome
from torana.routing.direct import direct
from torana.surfaces import gateway as surface

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from torana.directory import Directory
    from torana.exchange import Request, Target
    from torana.providers import Provider
    from torana.routing import Route, Try
    from torana.surfaces.gateway import Place

log = logging.getLogger("torana.flow")

CLIENT_LEFT = 499
_LOCAL_TRIES = 3
_LOCAL_WAIT_S = 0.3
_EVENT_STREAMS = (b"text/event-stream", b"application/vnd.amazon.eventstream", b"application/x-ndjson")
_MOST_DECODED = 1 << 30


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


class Flow:
    """What a worker does with each request of the gateway surface."""

    def __init__(
        self,
        directory: Directory,
        providers: Mapping[bytes, Provider],
        upstream: Sender,
        local: LocalModel,
        payload_bytes: int,
    ) -> None:
        self.directory = directory
        self._providers = providers
        self._upstream = upstream
        self._local = local
        self._payload_bytes = payload_bytes

    async def handle(self, request: Request) -> Reply:
        """Never raises but CancelledError: the client left."""
        place = surface.split(request.target)
        x = self._open(request, place)
        if x is None or place is None:
            return surface.refuse(unknown_account(place))
        try:
            surface.read(x, place, self._providers)
            reply = await self._admit(x) if x.gateway.admit else None
            if reply is None:
                self._ask(x)
                reply = await self._walk(x, direct(x.target))  # type: ignore[arg-type]  # read() set it, or raised
            for review in x.gateway.review:
                reply = review(x, reply)
        except ToranaError as error:
            reply = self._refused(x, error)
        except asyncio.CancelledError:
            x.cancelled, x.status = True, CLIENT_LEFT
            self._settle(x)
            raise
        except Exception:
            log.exception("a request failed by a bug")
            reply = self._refused(x, Internal("internal error"))
        return self._deliver(x, reply)

    def refuse(self, error: ToranaError, request: Request | None) -> Reply:
        """What the wire would not take, in the gateway's words; logged where the account is known."""
        place = surface.split(request.target) if request else None
        x = self._open(request, place) if request else None
        if x is None or place is None:
            return surface.refuse(error)
        try:
            surface.read(x, place, self._providers)
        except ToranaError:
            x.target = None  # the wire's refusal came first: it is the one to tell
        return self._deliver(x, self._refused(x, error))

    def _open(self, request: Request, place: Place | None) -> Exchange | None:
        """None where the account is not known: nobody to log it for."""
        if place is None:
            return None
        found = self.directory.gateways.get((place.account_id, place.gateway_id))
        is_stray = found is None
        if found is None:
            if place.account_id not in self.directory.accounts:
                return None
            found = self.directory.stray(place.account_id, place.gateway_id)
        now_ms = time.time_ns() // 1_000_000
        x = Exchange(uuid7(), request, found, now_ms, time.perf_counter(), is_stray=is_stray)
        if type(request.body) is bytes:
            x.request_size = len(request.body)
            x.request_captured = request.body[: self._payload_bytes]
        return x

    async def _admit(self, x: Exchange) -> Reply | None:
        for admit in x.gateway.admit:
            if (reply := await admit(x)) is not None:
                return reply
        return None

    def _ask(self, x: Exchange) -> None:
        """What does the body ask for?"""
        body, target = x.request.body, x.target
        if target is None:
            return
        if type(body) is bytes and body:
            if x.request_coding:
                body = x.request_captured = decode(body, x.request_coding, self._payload_bytes)
            x.asked = target.format.read_request(body)
        x.is_stream = x.asked.is_stream or target.is_stream

    async def _walk(self, x: Exchange, route: Route) -> Reply:
        """Tries what the route says until it is content."""
        failure: ToranaError = Internal("the route led nowhere")
        reply: Reply | None = None
        question = next(route, None)
        while question is not None:
            if question.wait_s:
                await asyncio.sleep(question.wait_s)
            target = question.target
            attempt = Attempt(target.provider, x.asked.model or target.model, 0, time.perf_counter() - x.started)
            x.attempts.append(attempt)
            try:
                if target.is_local:
                    reply = await self._call_local(x, target)
                else:
                    reply = await self._upstream.send(self._call(x, target, target.origin))
                x.first_byte = now = time.perf_counter()
                attempt.status, attempt.first_byte_s = reply.status, now - x.started
                outcome = Outcome.ANSWERED
            except UpstreamError as error:
                attempt.error, attempt.ended_s = error.message, time.perf_counter() - x.started
                failure, reply, outcome = error, None, Outcome.FAILED
            question = _told(route, outcome)
        if reply is None:
            raise failure
        return reply

    def _call(self, x: Exchange, target: Target, origin: Origin) -> Call:
        body = x.request.body
        if type(body) is not bytes:
            body = Intake(x, body, self._payload_bytes)  # type: ignore[arg-type]  # bytes were ruled out above
        return Call(origin, x.request.method, target.path, x.headers, body, x.request.length)

    async def _call_local(self, x: Exchange, target: Target) -> Reply:
        """The embedded model may have died since it was last asked: it is started again, and asked again."""
        plain = [h for h in x.headers if h[0] not in (b"authorization", b"x-api-key")]
        for tries_left in reversed(range(_LOCAL_TRIES)):
            place = await self._local.endpoint(is_dead=tries_left < _LOCAL_TRIES - 1)
            call = self._call(x, target, place.origin)
            call.target = place.prefix + target.path
            call.headers = [*plain, (b"authorization", b"Bearer " + place.key)] if place.key else x.headers
            try:
                return await self._upstream.send(call)
            except UpstreamError as error:
                if tries_left == 0 or type(x.request.body) is not bytes or error.status == 504:  # noqa: PLR2004
                    raise
                await asyncio.sleep(_LOCAL_WAIT_S)
        raise LocalModelMissing("the embedded model does not answer")

    def _refused(self, x: Exchange, error: ToranaError) -> Reply:
        x.error = error.message
        return surface.refuse(error)

    def _deliver(self, x: Exchange, reply: Reply) -> Reply:
        """The answer as the client gets it; what it consumed is known at its last byte."""
        x.status = reply.status
        reply.headers = surface.dress(x, reply.headers, is_logged=is_logged(x))
        body = reply.body
        if type(body) is bytes:
            self._read_whole(x, body)
            self._settle(x)
        else:
            reply.body = self._relay(x, reply)
        return reply

    def _read_whole(self, x: Exchange, body: bytes) -> None:
        x.reply_size = len(body)
        if not body:
            return
        plain = self._undone(x, body) if x.reply_coding else body
        if len(plain) > self._payload_bytes:
            x.captured.append(plain[: self._payload_bytes])
            x.is_truncated = True
        else:
            x.captured.append(plain)
        target = x.target
        if target is not None and x.status < 300:  # noqa: PLR2004  # what failed consumed nothing
            if x.is_stream and _is_event_stream(x):
                meter = target.format.meter()
                meter.feed(plain)
                meter.finish()
                x.usage = meter.usage
            else:
                x.usage = target.format.read_usage(plain)

    def _undone(self, x: Exchange, body: bytes) -> bytes:
        """Without its content coding, where we know that one."""
        undo = decoder(x.reply_coding, self._payload_bytes + 1)
        if undo is None:
            return body
        x.reply_coding = b""
        return undo.feed(body)

    def _relay(self, x: Exchange, reply: Reply) -> Relay:
        is_metered = x.target is not None and reply.status < 300 and (x.is_stream or _is_event_stream(x))  # noqa: PLR2004
        x.is_stream = x.is_stream or _is_event_stream(x)
        meter = x.target.format.meter() if x.target is not None and is_metered else None
        settle = self._settle if is_metered else self._settle_whole
        relay = Relay(x, reply.body, settle, self._payload_bytes)  # type: ignore[arg-type]  # not bytes: see _deliver
        undo = decoder(x.reply_coding, _MOST_DECODED) if x.reply_coding else None
        if undo is not None:
            x.reply_coding = b""
        return relay.metered_by(meter, undo)

    def _settle_whole(self, x: Exchange) -> None:
        """A whole answer that came in pieces: it is read at its end."""
        if x.target is not None and x.status < 300 and not (x.is_truncated or x.is_broken or x.cancelled):  # noqa: PLR2004
            x.usage = x.target.format.read_usage(b"".join(x.captured))
        self._settle(x)

    def _settle(self, x: Exchange) -> None:
        x.ended = time.perf_counter()
        if x.attempts and x.attempts[-1].ended_s is None:
            x.attempts[-1].ended_s = x.ended - x.started
        for settle in x.gateway.settle:
            try:
                settle(x)
            except Exception:
                # One policy's bug must not cost the client its answer, nor the next policy its turn.
                log.exception("a policy could not settle")


def _told(route: Route, outcome: Outcome) -> Try | None:
    """What the route asks next; None when it is at its end."""
    try:
        return route.send(outcome)
    except StopIteration:
        return None


def unknown_account(place: Place | None) -> ToranaError:
    if place is None:
        return UnknownGateway("Please configure AI Gateway: the path is /v1/account/gateway/provider/…")
    return UnknownGateway("Please configure AI Gateway: the account in this URL is not known; see `torana info`")


def _is_event_stream(x: Exchange) -> bool:
    return x.reply_type.startswith(_EVENT_STREAMS)
