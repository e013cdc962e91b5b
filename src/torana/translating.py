"""An exchange whose client and upstream speak different formats: both ways of it, by way of the hub."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from torana.catalog.estimate import likely_in, weigh
from torana.errors import BadChatFormat, HeldElsewhere, UpstreamBroken
from torana.exchange import Outgoing, Translation
from torana.fetching import inline
from torana.formats import FORMATS
from torana.formats.coding import decoder
from torana.formats.counting import COUNTS
from torana.formats.custom_tools import WITH_FREE_TEXT, as_functions
from torana.formats.embeddings.translators import CLIENTS, EMBEDDINGS
from torana.formats.json import UNREADABLE, Json, dump, load
from torana.formats.openai_responses.stream_from_chat import StreamFromChat as StreamedResponse
from torana.formats.translation import Brief, Failure, Translator, Turn
from torana.formats.translators import TRANSLATORS
from torana.formats.whole import from_chunks, to_chunks
from torana.gathering import gather
from torana.message import FIRST_FAILURE, Reply
from torana.providers.speech import RESPONSES
from torana.recalling import gone_on, is_kept, not_there
from torana.remembering import Responses
from torana.retelling import Retelling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from torana.exchange import Exchange, Target
    from torana.fetching import Sender
    from torana.formats.translation import FromChat
    from torana.message import Headers

DROPPED = b"torana-dropped-params"
ESTIMATED = b"torana-estimated"
_MOST_WHOLE = 256 << 20
_MOST_FAILURE = 1 << 20
_STREAMS = (b"text/event-stream", b"application/vnd.amazon.eventstream", b"application/x-ndjson")
_JSON = b"application/json"
_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


async def translate(  # the ports of one function
    x: Exchange,
    translation: Translation,
    target: Target,
    call: Callable[[Target], Awaitable[Reply]],
    upstream: Sender,
    responses: Responses | None,
) -> Reply:
    """The answer in the client's format; `call` makes the attempts. Raises ToranaError."""
    if translation.is_count:
        return await _counted(x, translation, target, call) if translation.has_count else _estimated(x, translation)
    if translation.format == "embeddings":
        return await _embedded(x, translation, target, call)
    told = await _asked(x, translation, responses)
    if isinstance(told, Reply):
        return told
    if told.upstream.inlines:
        await inline(told.chat, told.upstream.inlines, upstream)
    reply = await call(_sent(x, told, target))
    kind = _value(reply.headers, b"content-type").lower()
    if reply.status >= FIRST_FAILURE:
        return await _failed(told, reply)
    if not kind.startswith(_STREAMS):
        return await _whole(x, told, reply)
    return _streamed(x, told, reply) if told.turn.chat.get("stream") is True else await _joined(x, told, reply)


async def _asked(x: Exchange, translation: Translation, responses: Responses | None) -> _Told | Reply:
    """What is asked, or the answer where it goes on with what is not here. CallerError for what is not a request."""
    request = _request(x)
    kept = dict(request)
    if translation.client == RESPONSES and responses is not None:
        found = await gone_on(x, request, responses)
        if found is None:
            return not_there(request.get("previous_response_id"))
        request = found
    try:
        told = _told(x, translation, request, kept)
    except HeldElsewhere as error:
        return _unheld(x, translation, error)
    if translation.client == RESPONSES:
        told.responses = responses if is_kept(x, kept) else None
        if told.responses is None:
            kept["store"] = False  # as the answer is to say
    return told


def _unheld(x: Exchange, translation: Translation, error: HeldElsewhere) -> Reply:
    x.log.error = error.message
    failure = Failure(error.message, "invalid_request_error", error.reason)
    body = TRANSLATORS[translation.client].error_from_chat(error.status, failure, x.log.id.replace("-", ""))
    return Reply(error.status, [(b"content-type", _JSON)], _encode(body))


class _Told(Struct):
    """A request as the hub has it, and who speaks what."""

    chat: Json
    turn: Turn
    brief: Brief
    translation: Translation
    client: Translator
    upstream: Translator
    responses: Responses | None = None
    """None = what is answered is not kept."""


def _request(x: Exchange) -> Json:
    """CallerError for what is not a request."""
    body = x.request.body
    try:
        return _decode(body if isinstance(body, bytes) else b"")
    except UNREADABLE:
        raise BadChatFormat("the body is not a JSON object") from None


def _told(x: Exchange, translation: Translation, request: Json, kept: Json) -> _Told:
    """CallerError for what is not a request; `kept` is what came."""
    client, brief = TRANSLATORS[translation.client], Brief()
    chat = client.request_to_chat(request, brief)
    chat["model"] = translation.model
    if translation.is_stream:
        chat["stream"] = True
    x.log.is_stream = chat.get("stream") is True
    turn = _turn(x, translation, kept, dict(chat))
    return _Told(chat, turn, brief, translation, client, TRANSLATORS[translation.spoken])


def _turn(x: Exchange, translation: Translation, request: Json, chat: Json) -> Turn:
    model = request.get("model")
    named = model if isinstance(model, str) else translation.model
    return Turn(x.log.id.replace("-", ""), int(time.time()), named, request, chat, translation.is_sse)


def _sent(x: Exchange, told: _Told, target: Target) -> Target:
    """Makes of it what the upstream is sent, and says where. CallerError names what it cannot be told."""
    brief = Brief(target.provider, told.brief.dropped)
    if told.translation.client == RESPONSES and target.provider not in WITH_FREE_TEXT:
        as_functions(told.chat)  # told back as what they were by the client's format
    _send(x, told.upstream.request_from_chat(told.chat, brief), brief)
    path = told.translation.stream_path
    return replace(target, path=path) if path and x.log.is_stream else target


def _send(x: Exchange, body: Json, brief: Brief) -> None:
    headers = x.opening.headers
    if brief.headers:
        names = {name for name, _ in brief.headers}
        headers = [*(h for h in headers if h[0] not in names), *brief.headers]
    x.outgoing = Outgoing(_encode(body), headers)
    if brief.dropped:
        x.note(DROPPED, ", ".join(brief.dropped).encode("ascii", "replace"))


async def _embedded(
    x: Exchange, translation: Translation, target: Target, call: Callable[[Target], Awaitable[Reply]]
) -> Reply:
    client, upstream = CLIENTS[translation.client], EMBEDDINGS[translation.spoken]
    request, brief = _request(x), Brief(target.provider)
    asked = {**client.request_to_openai(dict(request), brief), "model": translation.model}
    turn = _turn(x, translation, request, asked)
    _send(x, upstream.request_from_openai(dict(asked), brief), brief)
    reply = await call(target)
    if reply.status >= FIRST_FAILURE:
        failure = upstream.error_to_openai(reply.status, await _gathered(reply, _MOST_FAILURE))
        return _refused(reply, client.error_from_openai(reply.status, failure, turn.id))
    data = await _gathered(reply, _MOST_WHOLE)
    x.log.usage = FORMATS[translation.format].read_usage(data)
    found = upstream.reply_to_openai(_object(data), Turn(turn.id, turn.created, turn.model, asked, asked))
    return Reply(reply.status, _about(reply.headers, _JSON), _encode(client.reply_from_openai(found, turn)))


def _object(data: bytes) -> Json:
    found = load(data)
    if not isinstance(found, dict):
        raise UpstreamBroken("the provider's answer is not a JSON object")
    return found


async def _gathered(reply: Reply, most: int) -> bytes:
    data = await gather(reply.body, most)
    undo = decoder(_value(reply.headers, b"content-encoding"), most)
    return data if undo is None else undo.feed(data)


async def _failed(told: _Told, reply: Reply) -> Reply:
    failure = told.upstream.error_to_chat(reply.status, await _gathered(reply, _MOST_FAILURE))
    return _refused(reply, told.client.error_from_chat(reply.status, failure, told.turn.id))


def _refused(reply: Reply, error: Json) -> Reply:
    return Reply(reply.status, _about(reply.headers, _JSON), _encode(error), reason=reply.reason)


async def _whole(x: Exchange, told: _Told, reply: Reply) -> Reply:
    data = await _gathered(reply, _MOST_WHOLE)
    chat = told.upstream.reply_to_chat(_object(data), told.turn)
    x.log.usage = FORMATS[told.translation.format].read_usage(data)
    if told.turn.chat.get("stream") is not True:
        return _answered(x, told, reply, chat)
    out = told.client.stream_from_chat(told.turn)
    body = out.feed(to_chunks(chat)) + out.finish()
    _keep(x, told, out)
    return Reply(reply.status, _about(reply.headers, out.content_type), body)


async def _joined(x: Exchange, told: _Told, reply: Reply) -> Reply:
    """Of a stream that nobody asked for."""
    data = await _gathered(reply, _MOST_WHOLE)
    machine = told.upstream.stream_to_chat(told.turn)
    chunks = machine.feed(data) + machine.finish()
    if machine.is_broken:
        raise UpstreamBroken("the provider's stream broke, where no stream was asked for")
    meter = FORMATS[told.translation.format].meter()
    meter.feed(data)
    meter.finish()
    x.log.usage = meter.usage
    return _answered(x, told, reply, from_chunks(chunks))


def _answered(x: Exchange, told: _Told, reply: Reply, chat: Json) -> Reply:
    response = told.client.reply_from_chat(chat, told.turn)
    if told.responses is not None:
        told.responses.keep(x, told.turn.request, response)
    return Reply(reply.status, _about(reply.headers, _JSON), dump(response) or b"{}")


def _keep(x: Exchange, told: _Told, out: FromChat) -> None:
    if told.responses is not None and isinstance(out, StreamedResponse):
        told.responses.keep(x, told.turn.request, out.response)


def _streamed(x: Exchange, told: _Told, reply: Reply) -> Reply:
    out = told.client.stream_from_chat(told.turn)
    undo = decoder(_value(reply.headers, b"content-encoding"))
    meter = FORMATS[told.translation.format].meter()
    retelling = Retelling(x, reply.body, told.upstream.stream_to_chat(told.turn), out, meter, undo)
    if told.responses is not None:
        retelling.ended = partial(_keep, x, told, out)
    return Reply(reply.status, _about(reply.headers, out.content_type), retelling)


async def _counted(
    x: Exchange, translation: Translation, target: Target, call: Callable[[Target], Awaitable[Reply]]
) -> Reply:
    """How many tokens a question has, as the upstream counts them."""
    client, upstream, brief = COUNTS[translation.client], COUNTS[translation.spoken], Brief()
    chat = client.request_to_chat(_request(x), brief)
    chat["model"] = translation.model
    brief = Brief(target.provider)
    _send(x, upstream.request_from_chat(chat, brief), brief)
    reply = await call(target)
    if reply.status >= FIRST_FAILURE:
        failure = TRANSLATORS[translation.spoken].error_to_chat(reply.status, await _gathered(reply, _MOST_FAILURE))
        return _refused(reply, TRANSLATORS[translation.client].error_from_chat(reply.status, failure, x.log.id))
    tokens = upstream.tokens_in(_object(await _gathered(reply, _MOST_WHOLE)))
    return Reply(200, _about(reply.headers, _JSON), _encode(client.reply(tokens if isinstance(tokens, int) else 0)))


def _estimated(x: Exchange, translation: Translation) -> Reply:
    """The same, where the upstream has no way to say."""
    body = x.request.body
    x.note(ESTIMATED, b"true")
    tokens = likely_in(weigh(body if isinstance(body, bytes) else b"") // 2 + 1)
    return Reply(200, [(b"content-type", _JSON)], _encode(COUNTS[translation.client].reply(tokens)))


def _value(headers: Headers, name: bytes) -> bytes:
    return next((value for key, value in headers if key == name), b"")


def _about(headers: Headers, kind: bytes) -> Headers:
    """An answer's, less what they say of the body that it had."""
    return [*(h for h in headers if not h[0].startswith(b"content-")), (b"content-type", kind)]
