"""The way of one exchange. This file is the table of contents of the program."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from torana.errors import Internal, LocalModelMissing, ToranaError, UnknownGateway, UpstreamError
from torana.exchange import Attempt, Call, Entry, Exchange, Origin, Reply
from torana.formats.coding import decode, decoder
from torana.ids import uuid7
from torana.relay import Intake, Relay
from torana.routing import Outcome
from torana.routing.direct import Direct
from torana.signing import Signer
from torana.surfaces import gateway as surface
from torana.surfaces.gateway import Door

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from torana.directory import Directory
    from torana.exchange import Opening, Request, Target
    from torana.providers import Provider
    from torana.routing import Route
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
        self._signer = Signer(upstream)
        self._local = local
        self._payload_bytes = payload_bytes

    async def handle(self, request: Request) -> Reply:
        """Never raises but CancelledError: the client left."""
        memo = request.memo
        opening = memo.opening if memo is not None else None
        if (
            opening is None
            or opening.maker is not self.directory
            or (opening.until_ms is not None and opening.until_ms <= _now_ms())
        ):
            opening = self._open(request)
            if opening is None:
                return surface.refuse(unknown_account(surface.split(request.target)))
        x = self._begin(request, opening)
        try:
            if opening.refusal is not None:
                raise opening.refusal  # noqa: TRY301  # one place for all refusals
            reply = await self._admit(x) if x.gateway.admit else None
            if reply is None:
                self._ask(x)
                reply = await self._walk(x, Direct(opening.target))  # type: ignore[arg-type]  # None is refused
            for review in x.gateway.review:
                reply = review(x, reply)
        except ToranaError as error:
            reply = self._refused(x, error)
        except asyncio.CancelledError:
            x.log.cancelled, x.log.status = True, CLIENT_LEFT
            self._settle(x)
            raise
        except Exception:
            log.exception("a request failed by a bug")
            reply = self._refused(x, Internal("internal error"))
        return self._deliver(x, reply)

    def refuse(self, error: ToranaError, request: Request | None) -> Reply:
        """What the wire would not take, in the gateway's words; logged where the account is known."""
        opening = self._open(request) if request else None
        if request is None or opening is None:
            return surface.refuse(error)
        if opening.refusal is not None:
            opening.target = None  # the wire's refusal came first: it is the one to tell
        x = self._begin(request, opening)
        return self._deliver(x, self._refused(x, error))

    def _open(self, request: Request) -> Opening | None:
        """None where the account is not known: nobody to log it for."""
        place = surface.split(request.target)
        if place is None:
            return None
        directory = self.directory
        found = directory.gateway(place.account_id, place.gateway_id)
        is_stray = found is None
        if found is None:
            if place.account_id not in directory.accounts:
                return None
            found = directory.stray(place.account_id, place.gateway_id)
        door = Door(directory.caller, _now_ms())
        opening = surface.read(request, place, found, self._providers, door, is_stray=is_stray)
        opening.maker = directory
        if request.memo is not None and opening.refusal is None:
            request.memo.opening = opening
        return opening

    def _begin(self, request: Request, opening: Opening) -> Exchange:
        entry, body = Entry(uuid7()), request.body
        if type(body) is bytes:
            entry.request_size = len(body)
            entry.request_body = body[: self._payload_bytes]
        return Exchange(request, opening, opening.gateway, entry, time.perf_counter())

    async def _admit(self, x: Exchange) -> Reply | None:
        for admit in x.gateway.admit:
            if (reply := await admit(x)) is not None:
                return reply
        return None

    def _ask(self, x: Exchange) -> None:
        """What does the body ask for?"""
        body, opening, log_ = x.request.body, x.opening, x.log
        target = opening.target
        if target is None:
            return
        if body and type(body) is bytes:
            if opening.coding:
                body = log_.request_body = decode(body, opening.coding, self._payload_bytes)
            asked = target.format.read_request(body)
            log_.model = asked.model or target.model
            log_.is_stream = asked.is_stream or target.is_stream
        else:
            log_.model, log_.is_stream = target.model, target.is_stream

    async def _walk(self, x: Exchange, route: Route) -> Reply:
        """Tries what the route says until it is content."""
        question = route.first()
        while True:
            if question.wait_s:
                await asyncio.sleep(question.wait_s)
            target = question.target
            attempt = Attempt(target.provider, x.log.model)
            if x.log.attempts:
                attempt.started_s = time.perf_counter() - x.started
            x.log.attempts.append(attempt)
            try:
                if target.is_local:
                    reply = await self._call_local(x, target)
                else:
                    call = self._call(x, target, target.origin)
                    if x.opening.sign is not None:
                        await self._signer.sign(x.opening, call, target)
                    reply = await self._upstream.send(call)
            except UpstreamError as error:
                attempt.error, attempt.ended_s = error.message, time.perf_counter() - x.started
                following = route.after(Outcome.FAILED)
                if following is None:
                    raise
            else:
                x.log.first_byte_s = attempt.first_byte_s = time.perf_counter() - x.started
                attempt.status = reply.status
                following = route.after(Outcome.ANSWERED)
                if following is None:
                    return reply
            question = following

    def _call(self, x: Exchange, target: Target, origin: Origin) -> Call:
        body = x.request.body
        if type(body) is not bytes:
            body = Intake(x, body, self._payload_bytes)  # type: ignore[arg-type]  # bytes were ruled out above
        request, opening = x.request, x.opening
        rendered = opening.rendered if target is opening.target else None
        return Call(origin, request.method, target.path, opening.headers, body, request.length, rendered)

    async def _call_local(self, x: Exchange, target: Target) -> Reply:
        """The embedded model may have died since it was last asked: it is started again, and asked again."""
        headers = x.opening.headers
        plain = [h for h in headers if h[0] not in (b"authorization", b"x-api-key")]
        for tries_left in reversed(range(_LOCAL_TRIES)):
            place = await self._local.endpoint(is_dead=tries_left < _LOCAL_TRIES - 1)
            call = self._call(x, target, place.origin)
            call.target = place.prefix + target.path
            call.headers = [*plain, (b"authorization", b"Bearer " + place.key)] if place.key else headers
            call.rendered = None
            try:
                return await self._upstream.send(call)
            except UpstreamError as error:
                if tries_left == 0 or type(x.request.body) is not bytes or error.status == 504:  # noqa: PLR2004
                    raise
                await asyncio.sleep(_LOCAL_WAIT_S)
        raise LocalModelMissing("the embedded model does not answer")

    def _refused(self, x: Exchange, error: ToranaError) -> Reply:
        x.log.error = error.message
        return surface.refuse(error)

    def _deliver(self, x: Exchange, reply: Reply) -> Reply:
        """The answer as the client gets it; what it consumed is known at its last byte."""
        x.log.status = reply.status
        surface.dress(x, reply)
        body = reply.body
        if type(body) is bytes:
            if body:
                self._read_whole(x, body)
            self._settle(x)
        else:
            reply.body = self._relay(x, reply)
        return reply

    def _read_whole(self, x: Exchange, body: bytes) -> None:
        log_, target = x.log, x.opening.target
        log_.response_size = len(body)
        plain = log_.response_body = self._undone(x, body) if log_.response_encoding else body
        if len(plain) > self._payload_bytes:
            log_.response_body = plain[: self._payload_bytes]
            log_.is_truncated = True
        if target is not None and log_.status < 300:  # noqa: PLR2004  # what failed consumed nothing
            if log_.is_stream and _is_event_stream(x):
                meter = target.format.meter()
                meter.feed(plain)
                meter.finish()
                log_.usage = meter.usage
            else:
                log_.usage = target.format.read_usage(plain)

    def _undone(self, x: Exchange, body: bytes) -> bytes:
        """Without its content coding, where we know that one."""
        undo = decoder(x.log.response_encoding, self._payload_bytes + 1)
        if undo is None:
            return body
        x.log.response_encoding = b""
        return undo.feed(body)

    def _relay(self, x: Exchange, reply: Reply) -> Relay:
        log_, target = x.log, x.opening.target
        log_.is_stream = log_.is_stream or _is_event_stream(x)
        meter = None
        if target is not None and reply.status < 300 and log_.is_stream:  # noqa: PLR2004  # as above
            meter = target.format.meter()
        settle = self._settle if meter is not None else self._settle_whole
        relay = Relay(x, reply.body, settle, self._payload_bytes)  # type: ignore[arg-type]  # not bytes: see _deliver
        undo = decoder(log_.response_encoding, _MOST_DECODED) if log_.response_encoding else None
        if undo is not None:
            log_.response_encoding = b""
        return relay.metered_by(meter, undo)

    def _settle_whole(self, x: Exchange) -> None:
        """A whole answer that came in pieces: it is read at its end."""
        log_, target = x.log, x.opening.target
        if target is not None and log_.status < 300 and not (log_.is_truncated or log_.is_broken or log_.cancelled):  # noqa: PLR2004
            log_.usage = target.format.read_usage(b"".join(x.response_pieces or ()))
        self._settle(x)

    def _settle(self, x: Exchange) -> None:
        log_ = x.log
        log_.duration_s = time.perf_counter() - x.started
        if log_.attempts and log_.attempts[-1].ended_s is None:
            log_.attempts[-1].ended_s = log_.duration_s
        if x.request_pieces:
            log_.request_body = b"".join(x.request_pieces)
        if x.response_pieces:
            log_.response_body = b"".join(x.response_pieces)
        for settle in x.gateway.settle:
            try:
                settle(x)
            except Exception:
                # One policy's bug must not cost the client its answer, nor the next policy its turn.
                log.exception("a policy could not settle")


def unknown_account(place: Place | None) -> ToranaError:
    if place is None:
        return UnknownGateway("Please configure AI Gateway: the path is /v1/account/gateway/provider/…")
    return UnknownGateway("Please configure AI Gateway: the account in this URL is not known; see `torana info`")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _is_event_stream(x: Exchange) -> bool:
    return x.log.response_content_type.startswith(_EVENT_STREAMS)
