"""Attempts at what is no conversation: vectors, rankings, pictures, speech, and what was spoken."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from torana.errors import CallerError, UnknownProvider, UpstreamBroken
from torana.exchange import Outgoing, Usage
from torana.formats.coding import decoder
from torana.formats.embeddings.translators import EMBEDDINGS
from torana.formats.json import as_object, dump
from torana.formats.meter import NoMeter
from torana.formats.openai_chat.errors import error_in, error_to_chat
from torana.formats.translation import Brief, Failure
from torana.message import FIRST_FAILURE, Reply
from torana.retelling import Retelling
from torana.router.attempting import Attempting, Tried, object_in, outcome, value_of, whole
from torana.router.offer import Offer
from torana.router.openings import lead, lead_on
from torana.router.streams import Held
from torana.router.trying import DROPPED
from torana.surfaces.router.costs import cost, with_units
from torana.surfaces.router.dressing import Ending
from torana.surfaces.router.operations import OPERATIONS, events, speech
from torana.surfaces.router.operations.operation import Billed, Whom

if TYPE_CHECKING:
    from torana.catalog.market import Endpoint
    from torana.exchange import Exchange, Opening, Target
    from torana.formats.json import Json
    from torana.providers import Provider
    from torana.router.asking import Asking
    from torana.surfaces.router.operations.operation import Operation, Taken, Wanted

_VECTORS, _SPEECH = "embeddings", "speech"
_JSON = b"application/json"
_EVENTS = b"text/event-stream"
_LAST_STATUS = 599
_BAD_GATEWAY = 502


class Passing(Attempting):
    """One a worker."""

    def lead(self, asking: Asking, endpoint: Endpoint, provider: Provider) -> Opening:
        return _lead(asking, endpoint, provider, OPERATIONS[asking.entry.format], "")

    async def _told(self, x: Exchange, asking: Asking, endpoint: Endpoint, provider: Provider, chat: Json) -> Target:
        operation, wanted, brief = OPERATIONS[asking.entry.format], _wanted(asking), Brief(provider.slug)
        opening = self.lead(asking, endpoint, provider)
        sent = operation.tell(wanted, _whom(opening, endpoint), brief)
        if sent.path:
            opening = _lead(asking, endpoint, provider, operation, sent.path)
        if opening.target is None:  # never: see `aim`
            raise CallerError(f"`{provider.slug}` has nothing for this")
        x.opening, x.log.model, x.notes = opening, endpoint.name, None
        headers = [*(h for h in opening.headers if h[0] != b"content-type"), (b"content-type", sent.type)]
        x.outgoing = Outgoing(sent.body, headers)
        if brief.dropped:
            x.note(DROPPED, ", ".join(brief.dropped).encode("ascii", "replace"))
        return opening.target

    def _failure(self, x: Exchange, status: int, raw: bytes) -> Failure:
        translation = x.opening.translation
        return (error_to_chat if translation is None else EMBEDDINGS[translation.spoken].error_to_openai)(status, raw)

    async def _answered(self, x: Exchange, asking: Asking, reply: Reply) -> Tried:
        endpoint, wanted = asking.endpoint, _wanted(asking)
        if endpoint is None:  # never: see `make`
            raise UpstreamBroken("nobody was asked")
        kind = value_of(reply.headers, b"content-type").lower()
        if kind.startswith(_EVENTS) and wanted.is_stream:
            return await self._streamed(x, asking, endpoint, reply)
        if asking.entry.format == _SPEECH and not kind.startswith(_JSON):
            asking.ending = _ending(asking, endpoint, wanted.likely, wanted.units, is_estimated=True)
            if speech.unwraps(wanted, endpoint.host.provider):
                samples = speech.samples_in(await whole(reply))
                return Tried(
                    outcome(reply.status), Reply(200, [(b"content-type", speech.content_type(wanted))], samples)
                )
            named = [h for h in reply.headers if h[0] in (b"content-type", b"content-encoding")]
            return Tried(outcome(reply.status), Reply(200, named, reply.body, reply.length))
        data = await whole(reply)
        found = object_in(data)
        if failure := _hidden_failure(found):
            return Tried(outcome(failure[0], reply.headers), failure=failure[1], raw=data)
        if asking.entry.format == _SPEECH:
            audio = speech.audio_in(found)
            asking.ending = _ending(asking, endpoint, wanted.likely, wanted.units, is_estimated=True)
            return Tried(outcome(reply.status), Reply(200, [(b"content-type", speech.content_type(wanted))], audio))
        operation = OPERATIONS[asking.entry.format]
        taken = operation.take(found, wanted, _whom(x.opening, endpoint))
        return Tried(outcome(reply.status), _whole(asking, endpoint, operation, taken))

    async def _streamed(self, x: Exchange, asking: Asking, endpoint: Endpoint, reply: Reply) -> Tried:
        """Held until something is there to be told: what fails before may be asked of another."""
        pictures = events.Pictures(
            partial(_billed_pictures, asking, endpoint), endpoint.host.name, is_byok=isinstance(endpoint, Offer)
        )
        told, undo = events.Told(), decoder(value_of(reply.headers, b"content-encoding"))
        retelling = Retelling(x, reply.body, pictures, told, NoMeter(), undo)
        retelling.dress = pictures.dress
        held = Held(retelling)
        await held.begin()
        ending = pictures.ending
        if ending.error is not None and not ending.characters:
            held.abort()
            x.log.is_broken, reason, x.log.error = False, x.log.error, ""
            code = ending.error.get("code")
            status = code if isinstance(code, int) else _BAD_GATEWAY
            return Tried(outcome(status, reply.headers), failure=Failure(reason or "the stream broke"))
        asking.ended = pictures
        return Tried(outcome(reply.status), Reply(200, [(b"content-type", told.content_type)], held))


def _wanted(asking: Asking) -> Wanted:
    if asking.wanted is None:  # never: see `requesting`
        raise CallerError("nothing is asked for")
    return asking.wanted


def _lead(asking: Asking, endpoint: Endpoint, provider: Provider, operation: Operation, path: str) -> Opening:
    if asking.entry.format == _VECTORS:
        return lead(asking.base, endpoint, provider, asking.entry)
    own = operation.paths.get(provider.slug)
    if own is None:
        if provider.openai is None:
            raise UnknownProvider(f"`{provider.slug}` has nothing for this")
        own = provider.openai + (path or operation.path)
    return lead_on(asking.base, endpoint, provider, own)


def _whom(opening: Opening, endpoint: Endpoint) -> Whom:
    target, translation = opening.target, opening.translation
    model = target.model if target is not None and target.model else endpoint.name
    return Whom(
        endpoint.host.provider, model, endpoint.host.slug, translation.spoken if translation is not None else ""
    )


def _whole(asking: Asking, endpoint: Endpoint, operation: Operation, taken: Taken) -> Reply:
    wanted = _wanted(asking)
    usage, is_estimated = (wanted.likely, True) if taken.usage is None else (taken.usage, False)
    asking.ending = _ending(asking, endpoint, usage, taken.units, is_estimated=is_estimated)
    asking.ending.upstream_id, asking.ending.images = taken.upstream_id, taken.images
    billed = _billed(asking, endpoint, usage, taken.units)
    if wanted.is_stream:
        return Reply(200, [(b"content-type", events.Told.content_type)], events.whole(taken, billed))
    body = operation.dress(taken, billed, wanted)
    if asking.dress is not None and asking.dress.metadata is not None:
        body["openrouter_metadata"] = asking.dress.metadata
    return Reply(200, [(b"content-type", _JSON)], dump(body) or b"{}")


def _ending(asking: Asking, endpoint: Endpoint, usage: Usage, units: dict[str, int], *, is_estimated: bool) -> Ending:
    billed = _billed(asking, endpoint, usage, units)
    return Ending(usage, billed.cost, "stop", is_estimated=is_estimated)


def _billed(asking: Asking, endpoint: Endpoint, usage: Usage, units: dict[str, int]) -> Billed:
    """By the endpoint's price of now, unless the provider says what it took."""
    price = endpoint.price.at(time.time_ns() // 1_000_000)
    whole_cost = cost(usage, price, is_byok=isinstance(endpoint, Offer))
    if usage.cost_nano is None:
        whole_cost = with_units(whole_cost, units, price, endpoint.others)
    return Billed(asking.id, endpoint.model, endpoint.host.name, usage, units, whole_cost)


def _billed_pictures(asking: Asking, endpoint: Endpoint, usage: Usage | None, images: int) -> Billed:
    return _billed(asking, endpoint, usage or Usage(), {"image": images})


def _hidden_failure(found: Json) -> tuple[int, Failure] | None:
    """A 200 that is an error."""
    error = found.get("error")
    if not error or not isinstance(error, dict | str):
        return None
    code = as_object(error).get("code")
    status = code if isinstance(code, int) and FIRST_FAILURE <= code <= _LAST_STATUS else _BAD_GATEWAY
    return status, error_in(found)
