"""The way of one exchange. This file is the table of contents of the program."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import ChainMap
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from torana.attempts import Attempts
from torana.delivery import Delivery
from torana.direct import is_direct, is_plain, is_read_later
from torana.errors import Internal, Overloaded, ToranaError, UnknownGateway
from torana.formats.asking import ask
from torana.gathering import gather
from torana.message import FIRST_FAILURE, Reply
from torana.recalling import recall
from torana.relay import drain
from torana.routing.retrying import Retrying
from torana.surfaces import compat, rest, universal
from torana.surfaces import gateway as surface
from torana.surfaces.gateway import Door
from torana.translating import translate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping

    from torana.attempts import LocalModel, Sender
    from torana.catalog.prices import Prices
    from torana.direct import Wire
    from torana.directory import Directory
    from torana.exchange import Admit, Answering, Exchange, Opening, Request, Target
    from torana.providers import Provider
    from torana.remembering import Responses
    from torana.surfaces.gateway import Place

log = logging.getLogger("torana.flow")

CLIENT_LEFT = 499
_API = b"/client/"
_MOST_DECODED = 1 << 30


class Flow:
    """What a worker does with each request of the gateway surface."""

    def __init__(
        self,
        directory: Directory,
        providers: Mapping[bytes, Provider],
        upstream: Sender,
        local: LocalModel,
        payload_bytes: int,
        load_prices: Callable[[], Awaitable[Prices]],
    ) -> None:
        """`load_prices` is asked when somebody wants to know which models there are."""
        self.directory = directory
        self._providers = providers
        self._upstream = upstream
        self.attempts = Attempts(upstream, local, payload_bytes)
        self.delivery = Delivery(payload_bytes)
        self.delivered = self.delivery.deliver
        self._payload_bytes = payload_bytes
        self._load_prices = load_prices
        self.wire: Wire | None = None
        """The upstream again, where it can be asked without a coroutine."""
        self.responses: Responses | None = None
        """Where those are that clients may go on from; None = none are kept."""
        self.reroute: Callable[[Request, Opening], Awaitable[Reply | None]] | None = None
        """The router, asked whether a request to OpenRouter is one for it."""

    def handle(self, request: Request) -> Answering:
        """Of what it gives is raised nothing but CancelledError: the client left."""
        memo = request.memo
        opening = memo.opening if memo is not None else None
        try:
            if (
                opening is None
                or opening.maker is not self.directory
                or (opening.until_ms is not None and opening.until_ms <= _now_ms())
            ):
                opening = self._open(request)
                if opening is None:
                    return _refusal(unknown_account(_place(request)), request)
            if opening.form and opening.refusal is None:
                return self._handle_form(request, opening)
            repeat = opening.gateway.repeat
            if repeat is not None and (reply := repeat(request, opening)) is not None:
                return reply
        except Exception:
            log.exception("a request failed by a bug")
            return _refusal(Internal("internal error"), request)
        return self._exchange(self.delivery.begin(request, opening))

    def _handle_form(self, request: Request, base: Opening) -> Answering:
        """What is not known before the body is read."""
        providers = self.providers_of(base.gateway.account_id)
        try:
            if base.form == "universal":
                return self._take_steps(request, universal.read_steps(base, request, providers))
            if base.form == "compat":
                opening, body = compat.derive(base, request.body, providers)
                return self._exchange(self.delivery.begin(replace(request, body=body, length=None), opening))
            if base.form == "routed":
                return self._rerouted(request, base)
            if base.form == "run":
                return self._run(request, *rest.derive(base, request.body, providers))
        except ToranaError as error:
            x = self.delivery.begin(request, replace(base, form="", refusal=error))
            if base.form == "universal":
                x.log.request_body = b""  # the steps have keys in them
            return self._exchange(x)
        return self._exchange(self.delivery.begin(request, base))

    async def _rerouted(self, request: Request, base: Opening) -> Reply:
        """Straight to the provider that makes the model, where the caller has its key; else on its way as it is."""
        reply = await self.reroute(request, base) if self.reroute is not None else None
        return reply or await self._exchange(self.delivery.begin(request, replace(base, form="")))

    async def _run(self, request: Request, opening: Opening, body: bytes) -> Reply:
        """`ai/run`: its answers are wrapped, but for streams and what Cloudflare's own models say."""
        x = self.delivery.begin(replace(request, body=body, length=None, memo=None), opening)
        reply = await self._exchange(x)
        if not x.log.attempts or opening.provider == "workers-ai" or (x.log.is_stream and reply.status < FIRST_FAILURE):
            return reply
        dressed = surface.own_headers(reply)
        reply = rest.wrapped(reply.status, await gather(reply.body, _MOST_DECODED), opening.credential)
        reply.headers += dressed
        return reply

    async def _take_steps(self, request: Request, steps: list[tuple[Opening, bytes]]) -> Reply:
        """Each step is an exchange of its own, until one is not failed by its upstream."""
        request_id = ""
        for number, (opening, body) in enumerate(steps):
            x = self.delivery.begin(replace(request, body=body, length=None, memo=None), opening)
            x.log.step = number
            if len(steps) > 1:
                request_id = opening.request_id = request_id or x.log.id
            reply = await self._exchange(x)
            if number + 1 == len(steps) or not _has_failed(x):
                break
            drain(reply, self._payload_bytes)
        return reply

    def _exchange(self, x: Exchange) -> Answering:
        """One call, from the policies that admit it to the answer as its caller gets it."""
        opening, admits = x.opening, iter(x.gateway.admit)
        try:
            if opening.refusal is not None:
                raise opening.refusal  # noqa: TRY301  # one place for all refusals
            for admit in admits:
                if (found := admit(x)) is not None:
                    # What was found at once needs no coroutine, which costs as much as a look into the cache.
                    return self.delivery.deliver(x, found) if type(found) is Reply else self._rest(x, found, admits)
            if opening.is_direct and self.wire is not None and type(x.request.body) is bytes:
                if opening.is_read_later and x.log.request_size <= x.payload_bytes and is_plain(x.request.body):
                    x.log.is_unread = True
                else:
                    ask(x)
                return self.attempts.straight(x, opening.target, self.wire, self)  # type: ignore[arg-type]  # it has one
        except Exception as error:  # noqa: BLE001  # one place for all that goes wrong
            return self.delivery.deliver(x, self.failed(x, error))
        return self._rest(x, None, admits)

    def finish(self, x: Exchange, called: Awaitable[Reply]) -> Coroutine[object, None, Reply]:
        """The rest of an exchange whose upstream is called already."""
        return self._rest(x, None, iter(()), called)

    async def _rest(
        self,
        x: Exchange,
        waited: Awaitable[Reply | None] | None,
        admits: Iterator[Admit],
        called: Awaitable[Reply] | None = None,
    ) -> Reply:
        """From the first policy that has to wait on, or from the upstream's answer on."""
        try:
            reply = await _admitted(x, waited, admits) if waited is not None else None
            if reply is None:
                if called is None:
                    ask(x)
                    called = self._called(x)
                reply = self.reviewed(x, await called)
        except asyncio.CancelledError:
            self.left(x)
            raise
        except Exception as error:  # noqa: BLE001  # as above
            reply = self.failed(x, error)
        return self.delivery.deliver(x, reply)

    def left(self, x: Exchange) -> None:
        """Its client is gone."""
        x.log.cancelled, x.log.status = True, CLIENT_LEFT
        self.delivery.settle(x)

    def _called(self, x: Exchange) -> Awaitable[Reply]:
        opening = x.opening
        target, retries = opening.target, opening.retries
        if target is None:
            return self._list_models(x) if opening.form != "responses" else self._recalled(x)
        if opening.translation is not None:
            call, responses = partial(self._attempted, x), self.responses
            return translate(x, opening.translation, target, call, self._upstream, responses)
        if retries is None:
            return self.attempts.once(x, target)
        return self._attempted(x, target)

    def _attempted(self, x: Exchange, target: Target) -> Awaitable[Reply]:
        retries = x.opening.retries
        if retries is None:
            return self.attempts.once(x, target)
        # What streams is not kept, and so cannot be sent again.
        return self.attempts.walk(x, Retrying(target, retries, may_repeat=type(x.request.body) is bytes))

    def reviewed(self, x: Exchange, reply: Reply) -> Reply:
        for review in x.gateway.review:
            reply = review(x, reply)
        return reply

    async def _recalled(self, x: Exchange) -> Reply:
        if self.responses is None:
            raise Overloaded("no responses are kept here")
        return await recall(x, self.responses)

    async def _list_models(self, x: Exchange) -> Reply:
        prices = await self._load_prices()
        known = ((slug, model.id) for slug, model in prices.rows())
        return compat.list_models(known, self.providers_of(x.gateway.account_id))

    def providers_of(self, account_id: str) -> Mapping[bytes, Provider]:
        """The providers of an account, by the segment that names them in URLs: the one look-up there is."""
        own = self.directory.providers.get(account_id)
        return self._providers if own is None else ChainMap(own, self._providers)  # type: ignore[arg-type]  # only read

    def refuse(self, error: ToranaError, request: Request | None) -> Reply:
        """What the wire would not take, in the gateway's words; logged where the account is known."""
        opening = self._open(request) if request else None
        if request is None or opening is None:
            return _refusal(error, request)
        if opening.refusal is not None:
            opening.target = None  # the wire's refusal came first: it is the one to tell
        x = self.delivery.begin(request, opening)
        return self.delivery.deliver(x, self._refused(x, error))

    def _open(self, request: Request) -> Opening | None:
        """None where the account is not known: nobody to log it for."""
        place = _place(request)
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
        opening = surface.read(request, place, found, self.providers_of(found.account_id), door, is_stray=is_stray)
        opening.maker = directory
        opening.is_direct = is_direct(opening)
        if opening.is_direct and found.narrowed is not None:
            opening.gateway = found.narrowed(opening, request)
            opening.is_read_later = is_read_later(opening)
        if request.memo is not None and opening.refusal is None:
            request.memo.opening = opening
        return opening

    def failed(self, x: Exchange, error: Exception) -> Reply:
        if isinstance(error, ToranaError):
            return self._refused(x, error)
        log.error("a request failed by a bug", exc_info=error)
        return self._refused(x, Internal("internal error"))

    def _refused(self, x: Exchange, error: ToranaError) -> Reply:
        x.log.error = error.message
        return _refusal(error, x.request)


async def _admitted(x: Exchange, waited: Awaitable[Reply | None], admits: Iterator[Admit]) -> Reply | None:
    """What the policy that is waited for says, or the first of the others that says anything."""
    reply = await waited
    while reply is None and (admit := next(admits, None)) is not None:
        found = admit(x)
        reply = found if found is None else await found
    return reply


def _place(request: Request) -> Place | None:
    return rest.place(request) if request.target.startswith(_API) else surface.split(request.target)


def _refusal(error: ToranaError, request: Request | None) -> Reply:
    """In the words of the host that was asked."""
    is_api = request is not None and request.target.startswith(_API)
    return rest.refuse(error) if is_api else surface.refuse(error)


def _has_failed(x: Exchange) -> bool:
    """Its upstream answered with an error, or not at all; what a policy said is not a failure."""
    attempts = x.log.attempts
    return bool(attempts) and not 0 < attempts[-1].status < FIRST_FAILURE


def unknown_account(place: Place | None) -> ToranaError:
    if place is None:
        return UnknownGateway("Please configure AI Gateway: the path is /v1/account/gateway/provider/…")
    return UnknownGateway("Please configure AI Gateway: the account in this URL is not known; see `torana info`")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
