"""The way of one request through the router. This file is the table of contents of this folder."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from functools import partial
from typing import TYPE_CHECKING

from torana.catalog.estimate import USUAL_TOKENS_OUT
from torana.errors import Explained, Internal, NoCredential, ToranaError
from torana.message import Reply
from torana.routed import Answered
from torana.router import failing, openings, operations, reading, requesting
from torana.router.access import identify, own_of
from torana.router.asking import Asking, Failed
from torana.router.attempting import retry_after_s
from torana.router.holding import hold
from torana.router.kept import Kept
from torana.router.kinds import check_kind, needs_of
from torana.router.makers import has_maker
from torana.router.offer import Offer, id_of
from torana.router.planning import Plans
from torana.router.preparing import context_of, prepare
from torana.router.recording import begun
from torana.router.settling import estimating, pricing
from torana.router.streams import Waiting
from torana.router.trying import spare, unpacked
from torana.routing.guarding import applying
from torana.routing.market.health import Seen, is_failing
from torana.routing.market.route import Market as Route
from torana.surfaces.router import errors
from torana.surfaces.router.dressing import Dress
from torana.surfaces.router.metadata import Seat, is_wanted
from torana.surfaces.router.operations import OPERATIONS
from torana.wire.errand import in_task

if TYPE_CHECKING:
    from torana.catalog.market import Endpoint
    from torana.exchange import Exchange, Opening, Request
    from torana.providers import Provider
    from torana.router.access import Access
    from torana.router.attempting import Attempting, Tried
    from torana.router.parts import Parts
    from torana.router.reading import Read
    from torana.snapshot import RouterConfig
    from torana.surfaces.entries import Entry

log = logging.getLogger("torana.router")

GRACE_S = 0.5
"""So long a stream's caller waits in silence: an error until then has its own status."""
_LEFT = 499
_SESSION = b"x-session-id"
_ID = b"x-generation-id"
_EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


class Flow:
    """What a worker does with each request for inference below `/api/v1`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def handle(self, request: Request, entry: Entry) -> Reply:
        """Raises nothing but CancelledError: the client left."""
        await in_task()
        parts = self._parts
        try:
            access = identify(request.headers, parts.directory(), parts.slugs, time.time_ns() // 1_000_000)
        except ToranaError as error:
            return errors.answer(*errors.of_error(error), entry.spoken, generation_id_of(time.time()))
        return await self._served(request, entry, access)

    async def reroute(self, request: Request, base: Opening) -> Reply | None:
        """Answers what was to go to OpenRouter, where the caller has a key of who makes the model; else None.

        Raises nothing but CancelledError.
        """
        entry = operations.read(base.rest.removeprefix(b"v1/"))
        if entry is None:
            return None
        await in_task()
        try:
            access = own_of(request.headers, base.gateway, base.caller, self._parts.slugs)
            catalogue = (await self._parts.market()).catalogue
        except ToranaError as error:
            return errors.answer(*errors.of_error(error), entry.spoken, generation_id_of(time.time()))
        is_ours = has_maker(base, request.body, access, catalogue)
        return await self._served(request, entry, access) if is_ours else None

    async def _served(self, request: Request, entry: Entry, access: Access) -> Reply:
        parts, generation_id = self._parts, generation_id_of(time.time())
        try:
            base = openings.begin(request, access)
        except ToranaError as error:
            return errors.answer(*errors.of_error(error), entry.spoken, generation_id)
        x = parts.delivery.begin(request, base)
        asking: Asking | None = None
        try:
            config = parts.directory().router(f"{access.gateway.account_id}/{access.gateway.id}")
            read = await requesting.read(x, entry) if entry.format in OPERATIONS else reading.read(x, entry, config)
            kept = Kept.of(x, access, entry, read, parts.responses)
            if kept is not None and (hit := kept.find(x, access, generation_id)) is not None:
                reply = hit
            else:
                asking = await self._asked(x, access, entry, read, config, generation_id)
                asking.kept = kept
                reply = await self._admitted(x, asking) or await self._answered(x, asking)
        except asyncio.CancelledError:
            x.log.cancelled, x.log.status = True, _LEFT
            self._settle(asking, x)
            raise
        except Exception as error:  # noqa: BLE001  # one place for all that goes wrong
            reply = self._refused(x, entry, generation_id, error)
        named = [h for h in reply.headers if h[0] != _ID]
        missed = asking.kept.missed if asking is not None and asking.kept is not None else []
        reply.headers = [*named, (_ID, generation_id.encode()), *missed, *(x.notes or ())]
        return parts.delivery.deliver(x, reply, _dressed, partial(self._settle, asking))

    async def _asked(  # all that is known by now
        self, x: Exchange, access: Access, entry: Entry, read: Read, config: RouterConfig, generation_id: str
    ) -> Asking:
        """What is wanted, and who is to be asked for it. Raises ToranaError."""
        parts = self._parts
        is_passed = read.wanted is not None
        guardrails = applying(config.guardrails, access.key.guardrails if access.key is not None else ())
        plans = Plans(await parts.market(), access, config, parts.providers(access.gateway.account_id), parts.reveal)
        headers = x.request.headers
        if not read.extras.session_id:
            read.extras.session_id = next((value.decode("latin-1") for name, value in headers if name == _SESSION), "")
        conversation = None if is_passed else plans.conversation(read.extras, read.chat)
        needs = needs_of(read, entry)
        plan = plans.models(read.extras, read.chat, needs, conversation)
        check_kind(plan, entry)
        prepared = await prepare(parts.pipeline, read, plan, context_of(plan, access, guardrails))
        needs = needs_of(read, entry)  # a file that was read is a text
        choice = plans.choice(plan, needs, guardrails, conversation)
        asking = Asking(
            id=generation_id,
            created=int(time.time()),
            access=access,
            entry=entry,
            base=x.opening,
            request=read.request,
            dropped=read.dropped,
            extras=read.extras,
            prepared=prepared,
            plan=plan,
            choice=choice,
            routed=begun(generation_id, x, access, entry, read=read, plan=plan, prepared=prepared),
            tokens_in=read.tokens_in,
            wanted=read.wanted,
            conversation=conversation,
            wants_metadata=is_wanted(headers),
        )
        tokens_out = read.wanted.tokens_out if read.wanted is not None else needs.max_tokens or USUAL_TOKENS_OUT
        asking.held = hold(parts.purse, asking, tokens_out, guardrails)
        return asking

    async def _admitted(self, x: Exchange, asking: Asking) -> Reply | None:
        """By the gateway's own limits, as for a call of who is asked first. Raises ToranaError."""
        admits = x.gateway.admit_routed
        if not admits:
            return None
        endpoint = asking.choice.endpoints[0]
        x.opening = self._attempting(asking).lead(asking, endpoint, self._provider(asking, endpoint))
        x.log.model = endpoint.name
        for admit in admits:
            found = admit(x)
            if found is not None and (reply := await found) is not None:
                return reply
        return None

    def _provider(self, asking: Asking, endpoint: Endpoint) -> Provider:
        """NoCredential where it was taken away since."""
        providers = self._parts.providers(asking.access.gateway.account_id)
        provider = providers.get(endpoint.host.provider.encode())
        if provider is None:
            raise NoCredential(f"`{endpoint.host.provider}` is not there any more")
        return provider

    async def _answered(self, x: Exchange, asking: Asking) -> Reply:
        """Who wants a stream hears that it is being worked on, if that takes longer than a moment."""
        answering = asyncio.ensure_future(self._walked(x, asking))
        if not x.log.is_stream:
            return await answering
        try:
            await asyncio.wait({answering}, timeout=GRACE_S)
        except asyncio.CancelledError:
            answering.cancel()
            raise
        if answering.done():
            return answering.result()
        return Reply(200, list(_EVENTS), Waiting(answering, lambda _: failing.in_stream(asking)))

    async def _walked(self, x: Exchange, asking: Asking) -> Reply:
        """Asks one after the other until one answers; raises nothing but CancelledError."""
        route = Route(asking.choice.endpoints)
        kept = spare(asking.chat) if len(asking.choice.endpoints) > 1 else b""
        chat, question = asking.chat, route.first()
        try:
            while True:
                endpoint = question.target
                fitting = self._parts.pipeline.fit(chat, asking.prepared, endpoint)
                tried = await self._tried(x, asking, endpoint, fitting, question.timeout_s)
                if tried.reply is not None:
                    return tried.reply
                following = route.after(tried.outcome)
                if following is None:
                    break
                question, chat = following, unpacked(kept)
        except Exception as error:  # noqa: BLE001  # a caller who has heard of it already gets an answer too
            asking.refused = self._error(x, error)
            return failing.answer(asking, *asking.refused)
        x.log.error = x.log.error or asking.failures[-1].failure.message
        return failing.answer(asking, *failing.told_of(asking, asking.failures[-1]))

    async def _tried(
        self, x: Exchange, asking: Asking, endpoint: Endpoint, chat: dict[str, object], timeout_s: float | None
    ) -> Tried:
        began = time.perf_counter()
        is_byok = isinstance(endpoint, Offer)
        asking.dress = Dress(
            id=asking.id,
            created=asking.created,
            model=endpoint.model,
            provider=endpoint.host.name,
            price=pricing(endpoint),
            is_byok=is_byok,
            service_tier=endpoint.tier or None,
            hides_reasoning=asking.extras.hides_reasoning,
            estimate=estimating(asking),
        )
        provider = self._provider(asking, endpoint)
        # What is told of it goes out with an answer, or not at all.
        asking.asked.append(Seat(endpoint.host.name, endpoint.model, 200))
        asking.dress.metadata = failing.way_of(asking, has_answer=True)
        tried = await self._attempting(asking).make(x, asking, endpoint, provider, chat, timeout_s)
        self._note(x, asking, endpoint, tried, time.perf_counter() - began)
        return tried

    def _attempting(self, asking: Asking) -> Attempting:
        if asking.wanted is not None:
            return self._parts.passing
        return self._parts.counting if asking.entry.is_count else self._parts.trial

    def _note(self, x: Exchange, asking: Asking, endpoint: Endpoint, tried: Tried, took_s: float) -> None:
        """What an attempt came to, for the log, for who asks next, and for the answer."""
        status = tried.outcome.status
        asking.asked[-1] = Seat(endpoint.host.name, endpoint.model, status)
        asking.routed.answered.append(
            Answered(
                endpoint.host.name,
                id_of(endpoint),
                model_permaslug=endpoint.model,
                status=status or None,
                is_byok=isinstance(endpoint, Offer),
                latency_ms=round(took_s * 1000),
            )
        )
        if tried.reply is not None:
            return
        if x.log.attempts and x.log.attempts[-1].ended_s is None:
            x.log.attempts[-1].ended_s = time.perf_counter() - x.started
        hint = retry_after_s(tried.outcome)
        failure = tried.failure or failing.of_own(tried.error)
        asking.failures.append(Failed(endpoint, status, failure, tried.raw, tried.error, hint))
        if tried.is_theirs and (is_failing(status) or status == 429):  # noqa: PLR2004  # too many requests
            self._parts.health.observe(endpoint.id, Seen(status=status, retry_after_s=hint), time.time())

    def _refused(self, x: Exchange, entry: Entry, generation_id: str, error: Exception) -> Reply:
        way = error.way if isinstance(error, Explained) and is_wanted(x.request.headers) else None
        return errors.answer(*self._error(x, error), entry.spoken, generation_id, metadata=way)

    def _error(self, x: Exchange, error: Exception) -> tuple[int, errors.Told]:
        if not isinstance(error, ToranaError):
            log.error("a request failed by a bug", exc_info=error)
            error = Internal("internal error")
        x.log.error = error.message
        return errors.of_error(error)

    def _settle(self, asking: Asking | None, x: Exchange) -> None:
        try:
            self._parts.settling.settle(x, asking)
        except Exception:
            # A bug there must cost neither the caller its answer nor the log its record.
            log.exception("a routed request could not be settled")
        self._parts.delivery.settle(x)


def _dressed(x: Exchange, reply: Reply) -> None:
    """What the log is to know of the answer's head."""
    x.log.response_headers = reply.headers
    x.log.response_content_type = next((value for name, value in reply.headers if name == b"content-type"), b"")


def generation_id_of(now_s: float) -> str:
    """`gen-{unix}-{20 letters and digits}` (openrouter.md 3.1)."""
    return f"gen-{int(now_s)}-{secrets.token_hex(10)}"
