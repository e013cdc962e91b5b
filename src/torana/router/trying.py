"""One attempt: a request is told to one endpoint, and its answer is told in the router's words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Struct

from torana.errors import CallerError, ToranaError, UpstreamBroken, UpstreamError
from torana.exchange import Outgoing
from torana.fetching import inline
from torana.formats import FORMATS
from torana.formats.coding import decoder
from torana.formats.json import Json, dump, load
from torana.formats.translation import Brief, Failure, Turn
from torana.formats.translators import TRANSLATORS
from torana.formats.whole import from_chunks, to_chunks
from torana.gathering import gather
from torana.message import FIRST_FAILURE, Reply
from torana.plugins.pipeline import Owed
from torana.retelling import Retelling
from torana.router import telling
from torana.router.calls import are_sound
from torana.router.openings import lead
from torana.router.streams import Dressed, Held
from torana.routing import Outcome
from torana.routing.retry_after import read_retry_after
from torana.surfaces.router import dressing
from torana.surfaces.router.streams import DressedStream

if TYPE_CHECKING:
    from torana.attempts import Attempts, Sender
    from torana.catalog.market import Endpoint
    from torana.exchange import Exchange, Translation
    from torana.formats.translation import Translator
    from torana.message import Headers
    from torana.plugins.pipeline import Pipeline
    from torana.providers import Provider
    from torana.router.asking import Asking
    from torana.surfaces.router.dressing import Dress

DROPPED = b"torana-dropped-params"
_MOST_WHOLE = 256 << 20
_MOST_FAILURE = 1 << 20
_STREAMS = (b"text/event-stream", b"application/vnd.amazon.eventstream", b"application/x-ndjson")
_CHUNK = "chat.completion.chunk"
_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


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


class Trial:
    """What attempts need; one a worker."""

    def __init__(self, attempts: Attempts, upstream: Sender, pipeline: Pipeline) -> None:
        self._attempts = attempts
        self._upstream = upstream
        self._pipeline = pipeline

    async def make(
        self, x: Exchange, asking: Asking, endpoint: Endpoint, provider: Provider, chat: Json, timeout_s: float | None
    ) -> Tried:
        """`chat` is this attempt's own. Raises nothing but CancelledError, and bugs."""
        asking.endpoint = endpoint
        try:
            opening = lead(asking.base, endpoint, provider, asking.entry)
            x.opening, x.log.model, x.notes = opening, endpoint.name, None
            translation, target = opening.translation, opening.target
            if translation is None or target is None:  # never: see `lead_translated`
                raise CallerError(f"`{provider.slug}` has nothing for this")
            upstream = TRANSLATORS[translation.spoken]
            if upstream.inlines:
                await inline(chat, upstream.inlines, self._upstream)
            brief = Brief(provider.slug, list(asking.dropped))
            telling.fit(chat, endpoint, brief)
            body = upstream.request_from_chat(chat, brief) | telling.options(asking, endpoint)
            telling.echo(asking, body)
            self._send(x, body, brief)
            if translation.stream_path and x.log.is_stream:
                target = msgspec.structs.replace(target, path=translation.stream_path)
        except ToranaError as error:
            return Tried(_outcome(), error=error, is_theirs=False)
        asking.attempt_s = time.perf_counter() - x.started
        try:
            reply = await self._attempts.once(x, target, timeout_s)
            if reply.status >= FIRST_FAILURE:
                return await self._refused(upstream, reply)
            return await self._answered(x, asking, translation, upstream, reply)
        except UpstreamError as error:
            return Tried(_outcome(), failure=Failure(error.message), error=error)
        except ToranaError as error:
            return Tried(_outcome(), error=error, is_theirs=False)

    def _send(self, x: Exchange, body: Json, brief: Brief) -> None:
        headers = x.opening.headers
        if brief.headers:
            names = {name for name, _ in brief.headers}
            headers = [*(h for h in headers if h[0] not in names), *brief.headers]
        x.outgoing = Outgoing(_encode(body), headers)
        if brief.dropped:
            x.note(DROPPED, ", ".join(brief.dropped).encode("ascii", "replace"))

    async def _refused(self, upstream: Translator, reply: Reply) -> Tried:
        raw = await _gathered(reply, _MOST_FAILURE)
        return Tried(_outcome(reply.status, reply.headers), failure=upstream.error_to_chat(reply.status, raw), raw=raw)

    async def _answered(
        self, x: Exchange, asking: Asking, translation: Translation, upstream: Translator, reply: Reply
    ) -> Tried:
        dress = asking.dress
        if dress is None:
            raise UpstreamBroken("nobody says how the answer is to be told")
        turn = turn_of(asking, dress)
        kind = _value(reply.headers, b"content-type").lower()
        if kind.startswith(_STREAMS) and x.log.is_stream:
            return await self._streamed(x, asking, translation, upstream, reply, turn)
        data = await _gathered(reply, _MOST_WHOLE)
        if kind.startswith(_STREAMS):
            machine = upstream.stream_to_chat(turn)
            chunks = machine.feed(data) + machine.finish()
            if machine.is_broken:
                raise UpstreamBroken("the provider's stream broke, where no stream was asked for")
            meter = FORMATS[translation.format].meter()
            meter.feed(data)
            meter.finish()
            x.log.usage, chat = meter.usage, from_chunks(chunks)
        else:
            x.log.usage, chat = (
                FORMATS[translation.format].read_usage(data),
                upstream.reply_to_chat(_object(data), turn),
            )
        if failure := _hidden_failure(chat):
            return Tried(_outcome(failure[0], reply.headers), failure=failure[1], raw=data)
        return Tried(_outcome(reply.status), self._told_whole(x, asking, chat, dress, turn))

    def _told_whole(self, x: Exchange, asking: Asking, chat: Json, dress: Dress, turn: Turn) -> Reply:
        client = TRANSLATORS[asking.entry.spoken]
        asking.ending = dressing.ending(chat, dress)
        asking.has_sound_calls = are_sound(chat, asking.chat.get("tools"))
        told = self._pipeline.after(dressing.reply(chat, dress), asking.prepared)
        if not x.log.is_stream:
            return Reply(200, [_JSON], dump(client.reply_from_chat(told, turn)) or b"{}")
        out, stream = client.stream_from_chat(turn), DressedStream(dress)
        chunks = stream.feed(to_chunks(told))
        body = out.feed(chunks + stream.finish()) + out.finish()
        return Reply(200, [(b"content-type", out.content_type)], body)

    async def _streamed(
        self, x: Exchange, asking: Asking, translation: Translation, upstream: Translator, reply: Reply, turn: Turn
    ) -> Tried:
        """Held until something is there to be told: what fails before may be asked of another."""
        dress = cast("Dress", asking.dress)
        stream = DressedStream(dress)
        out = TRANSLATORS[asking.entry.spoken].stream_from_chat(turn)
        undo = decoder(_value(reply.headers, b"content-encoding"))
        meter = FORMATS[translation.format].meter()
        told = Dressed(upstream.stream_to_chat(turn), Owed(stream, asking.prepared))
        retelling = Retelling(x, reply.body, told, out, meter, undo)
        retelling.dress = stream.feed
        head = out.feed(telling.echoed(asking, dress.envelope(_CHUNK))) if asking.echoes else b""
        held = Held(retelling, head)
        await held.begin()
        if stream.ending.error is not None and not stream.ending.characters:
            held.abort()
            x.log.is_broken, reason, x.log.error = False, x.log.error, ""
            status = _status_of(stream)
            return Tried(_outcome(status, reply.headers), failure=Failure(reason or "the stream broke"))
        asking.ended = stream
        return Tried(_outcome(reply.status), Reply(200, [(b"content-type", out.content_type)], held))


def turn_of(asking: Asking, dress: Dress) -> Turn:
    id_ = asking.id.rpartition("-")[2].ljust(32, "0")[:32]
    return Turn(id_, dress.created, dress.model, asking.request, asking.chat, asking.entry.is_sse, asking.id)


def spare(chat: Json) -> bytes:
    """A request to be told more than once: each attempt changes the one that it has."""
    return _encode(chat)


def unpacked(spare_: bytes) -> Json:
    return _decode(spare_)


def _status_of(stream: DressedStream) -> int:
    error = stream.ending.error or {}
    code = error.get("code")
    return code if isinstance(code, int) else 502


def _hidden_failure(chat: Json) -> tuple[int, Failure] | None:
    """A 200 that is an error and nothing else, as OpenRouter and others send it."""
    error = chat.get("error")
    if not isinstance(error, dict) or chat.get("choices"):
        return None
    code = error.get("code")
    status = code if isinstance(code, int) and FIRST_FAILURE <= code < 600 else 502  # noqa: PLR2004
    return status, Failure(str(error.get("message") or "the provider answered with an error"), code=str(code or ""))


def _outcome(status: int = 0, headers: Headers | None = None) -> Outcome:
    return Outcome(status, headers or [], time.time())


def retry_after_s(outcome: Outcome) -> int | None:
    found = read_retry_after(outcome.headers, outcome.now_s)
    return None if found is None else max(1, round(found))


def _object(data: bytes) -> Json:
    found = load(data)
    if not isinstance(found, dict):
        raise UpstreamBroken("the provider's answer is not a JSON object")
    return found


async def _gathered(reply: Reply, most: int) -> bytes:
    data = await gather(reply.body, most)
    undo = decoder(_value(reply.headers, b"content-encoding"), most)
    return data if undo is None else undo.feed(data)


def _value(headers: Headers, name: bytes) -> bytes:
    return next((value for key, value in headers if key == name), b"")
