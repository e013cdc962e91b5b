"""One attempt: a request is told to one endpoint, and its answer is told in the router's words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import msgspec

from torana.errors import CallerError, UpstreamBroken
from torana.exchange import Outgoing
from torana.fetching import inline
from torana.formats import FORMATS
from torana.formats.coding import decoder
from torana.formats.json import Json, dump
from torana.formats.translation import Brief, Failure, Turn
from torana.formats.translators import TRANSLATORS
from torana.formats.whole import from_chunks, to_chunks
from torana.message import FIRST_FAILURE, Reply
from torana.plugins.pipeline import Owed
from torana.retelling import Retelling
from torana.router import telling
from torana.router.attempting import Attempting, Tried, object_in, outcome, value_of, whole
from torana.router.calls import are_sound
from torana.router.openings import lead
from torana.router.streams import Dressed, Held
from torana.surfaces.router import dressing
from torana.surfaces.router.streams import DressedStream

if TYPE_CHECKING:
    from torana.attempts import Attempts, Sender
    from torana.catalog.market import Endpoint
    from torana.exchange import Exchange, Opening, Target, Translation
    from torana.formats.translation import Translator
    from torana.plugins.pipeline import Pipeline
    from torana.providers import Provider
    from torana.router.asking import Asking
    from torana.surfaces.router.dressing import Dress

DROPPED = b"torana-dropped-params"
_STREAMS = (b"text/event-stream", b"application/vnd.amazon.eventstream", b"application/x-ndjson")
_CHUNK = "chat.completion.chunk"
_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


class Trial(Attempting):
    """Attempts at an answer of a conversation."""

    def __init__(self, attempts: Attempts, upstream: Sender, pipeline: Pipeline) -> None:
        super().__init__(attempts)
        self._upstream = upstream
        self._pipeline = pipeline

    def lead(self, asking: Asking, endpoint: Endpoint, provider: Provider) -> Opening:
        return lead(asking.base, endpoint, provider, asking.entry)

    async def _told(self, x: Exchange, asking: Asking, endpoint: Endpoint, provider: Provider, chat: Json) -> Target:
        opening = self.lead(asking, endpoint, provider)
        x.opening, x.log.model, x.notes = opening, endpoint.name, None
        translation, target = _translation(opening), opening.target
        if target is None:  # never: see `lead_translated`
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
            return msgspec.structs.replace(target, path=translation.stream_path)
        return target

    def _send(self, x: Exchange, body: Json, brief: Brief) -> None:
        headers = x.opening.headers
        if brief.headers:
            names = {name for name, _ in brief.headers}
            headers = [*(h for h in headers if h[0] not in names), *brief.headers]
        x.outgoing = Outgoing(_encode(body), headers)
        if brief.dropped:
            x.note(DROPPED, ", ".join(brief.dropped).encode("ascii", "replace"))

    def _failure(self, x: Exchange, status: int, raw: bytes) -> Failure:
        return TRANSLATORS[_translation(x.opening).spoken].error_to_chat(status, raw)

    async def _answered(self, x: Exchange, asking: Asking, reply: Reply) -> Tried:
        dress, translation = asking.dress, _translation(x.opening)
        if dress is None:
            raise UpstreamBroken("nobody says how the answer is to be told")
        upstream = TRANSLATORS[translation.spoken]
        turn = turn_of(asking, dress)
        kind = value_of(reply.headers, b"content-type").lower()
        if kind.startswith(_STREAMS) and x.log.is_stream:
            return await self._streamed(x, asking, translation, upstream, reply, turn)
        data = await whole(reply)
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
                upstream.reply_to_chat(object_in(data), turn),
            )
        if failure := _hidden_failure(chat):
            return Tried(outcome(failure[0], reply.headers), failure=failure[1], raw=data)
        return Tried(outcome(reply.status), self._told_whole(x, asking, chat, dress, turn))

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
        undo = decoder(value_of(reply.headers, b"content-encoding"))
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
            return Tried(outcome(status, reply.headers), failure=Failure(reason or "the stream broke"))
        asking.ended = stream
        return Tried(outcome(reply.status), Reply(200, [(b"content-type", out.content_type)], held))


def _translation(opening: Opening) -> Translation:
    if opening.translation is None:  # never: see `lead_translated`
        raise UpstreamBroken("nobody says how the answer is to be read")
    return opening.translation


def _now() -> int:
    return int(time.time())


def turn_of(asking: Asking, dress: Dress) -> Turn:
    id_ = asking.id.rpartition("-")[2].ljust(32, "0")[:32]
    return Turn(id_, dress.created, dress.model, asking.request, asking.chat, asking.entry.is_sse, asking.id, _now)


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
