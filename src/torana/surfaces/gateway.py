"""Cloudflare AI Gateway's gateway host: `/v1/{account_id}/{gateway_id}/{provider}/…`.

Reads a request into an exchange, and renders errors and `cf-aig-*` response headers (shared spec cloudflare.md 1-3).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from torana.errors import CallerError, ToranaError, Unauthorized, UnknownGateway, UnknownProvider
from torana.exchange import Form, Opening, Options, Retries
from torana.keys import Caller
from torana.message import Rendered, Reply
from torana.providers import MASK, SECRET_HEADERS, mask_query
from torana.providers.custom import holds_secret
from torana.surfaces import callers, tokens
from torana.surfaces.credentials import PROVIDER, equip
from torana.surfaces.options import read_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.exchange import Exchange, Gateway, Request
    from torana.message import Headers
    from torana.providers import Provider

# RFC 9110 7.6.1, and the framing, which each side's wire makes anew.
_NOT_SENT = frozenset(
    {
        b"cf-cache-ttl",
        b"cf-skip-cache",
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_MODELS = (b"models", b"v1/models")
_RESPONSE = re.compile(rb"(?:v1/)?responses/[^/]+(?:/input_items)?")
_CALLED = {
    "universal": ("universal", "Universal"),
    "compat": ("compat", "Compat"),
    "models": ("compat", "Compat"),
    "responses": ("compat", "Compat"),
    "run": ("compat", "Run"),
}
"""Provider, until it is known, and type of request in the log."""
_ORDINARY_CONNECTIONS = frozenset({b"keep-alive", b"Keep-Alive", b"close"})
_OPENROUTER = b"openrouter"
_NOTABLE = SECRET_HEADERS | {b"content-encoding"}
_NAME = itemgetter(0)
_OURS = frozenset({b"cf-aig-", b"torana-"})
"""How the names begin of what callers tell the gateway alone."""
_SHORTEST_SECRET = 8
_STRANGER = Options(collect_payload=False)
"""Who is let in by nobody fills no disk: the row is kept, and nothing of what was sent."""
_CREDENTIAL = b"torana-credential"
_LOG_ID = b"\0"
"""Stands for a log's id, where no other byte of a head can be this one."""
_encode = msgspec.json.Encoder().encode


class Place(msgspec.Struct, frozen=True):
    """A request target taken apart; parts that are not there are empty."""

    account_id: bytes
    gateway_id: bytes
    provider: bytes
    rest: bytes
    """All after the provider's segment, with the query, without the leading slash."""
    is_api: bool = False
    """On the API host: a token is needed, and stored keys are used alone."""
    form: Form = ""
    """Where it is known already."""


def split(target: bytes) -> Place | None:
    """None where the target is not under `/v1/{account_id}`."""
    parts = target.split(b"/", 5)
    if len(parts) == 6:  # noqa: PLR2004  # "", v1, account, gateway, provider, rest
        return Place(parts[2], parts[3], parts[4], parts[5])
    parts[-1], mark, query = parts[-1].partition(b"?")
    if len(parts) < 3 or not parts[2]:  # noqa: PLR2004  # as above
        return None
    parts += [b""] * (5 - len(parts))
    return Place(parts[2], parts[3], parts[4], mark + query)


class Door(msgspec.Struct, frozen=True):
    """What a gateway's callers are known by: tokens by their text, and the time (Unix milliseconds)."""

    find_caller: Callable[[bytes], Caller | None]
    now_ms: int


_NOBODY = Door(lambda _: None, 0)


def read(
    request: Request,
    place: Place,
    gateway: Gateway,
    providers: Mapping[bytes, Provider],
    door: Door = _NOBODY,
    *,
    is_stray: bool = False,
) -> Opening:
    """What the request's head says: caller, provider, target, options, what goes upstream; or why it is refused."""
    opening = Opening(gateway, is_stray=is_stray, is_logged=gateway.collect_logs)
    opening.provider = place.provider.decode("latin-1")
    opening.method = request.method.decode("latin-1")
    path, secrets = mask_query(place.rest)
    opening.path = path.decode("latin-1")
    read_headers(opening, request.headers, secrets)
    try:
        if not is_stray:
            found = callers.texts(request.headers, secrets)
            callers.identify(
                opening, found, door.find_caller, door.now_ms, is_required=gateway.authentication or place.is_api
            )
        options = read_options(request.headers)
        if place.is_api:
            options = replace(options, no_wholesale=True, byok_alias="")
        wish(opening, options)
        if is_stray:
            raise UnknownGateway(
                f"Please configure AI Gateway: `{place.gateway_id.decode('latin-1')}` is not a gateway of this account"
            )
        form = place.form or _form(request.method, place)
        if form:
            opening.form, opening.rest = form, place.rest
            opening.provider, opening.request_type = _CALLED[form]
        else:
            aim(opening, _find(place.provider, providers), place.rest, request.headers)
            if place.provider == _OPENROUTER and _may_be_routed(request, place):
                opening.form, opening.rest = "routed", place.rest
    except ToranaError as error:
        opening.refusal = error
        if isinstance(error, Unauthorized):
            opening.options = _STRANGER
    return opening


def _may_be_routed(request: Request, place: Place) -> bool:
    """A key of the provider that makes the model came with it: then the body says whether that one is asked."""
    return request.method == b"POST" and not place.is_api and tokens.names_provider(request.headers)


def wish(opening: Opening, options: Options) -> None:
    """What a caller's wishes mean in this gateway."""
    gateway = opening.gateway
    opening.options = options
    opening.is_logged = gateway.collect_logs if options.collect_log is None else options.collect_log
    opening.retries = _retries(options, gateway.retries)


def aim(opening: Opening, provider: Provider, path: bytes, headers: Headers) -> None:
    """Every opening that leads to a provider passes here: where in it, and with whose key. Raises ToranaError."""
    opening.provider = provider.slug
    if not provider.is_overridden and tokens.leaks(opening.headers, SECRET_HEADERS):
        raise Unauthorized(
            "Unauthorized: this is a key of Torana's router, which is not sent to anybody; use it at /api/v1"
        )
    opening.target = target = provider.locate(callers.without_own(path), headers, opening.gateway.account_id)
    if target.drops:
        opening.headers = [h for h in opening.headers if h[0] not in target.drops]
    if target.adds:
        _add(opening, target.adds)
    if any(name in provider.credentials for name, _ in target.adds):
        opening.credential = PROVIDER
    else:
        equip(opening, provider)
    opening.rendered = Rendered()


def _form(method: bytes, place: Place) -> Form:
    """Whether more than the head has to be read; CallerError where nothing is there to be had."""
    path = place.rest.partition(b"?")[0].strip(b"/")
    if not place.provider and not path and method == b"POST":
        return "universal"
    if place.provider != b"compat":
        return ""
    if method == b"GET" and path in _MODELS:
        return "models"
    if method in (b"GET", b"DELETE") and _RESPONSE.fullmatch(path):
        return "responses"
    if method != b"POST" or not path:
        raise CallerError("`compat` takes POST with JSON at compat/chat/completions and such, and GET compat/models")
    return "compat"


def _retries(options: Options, usual: Retries) -> Retries | None:
    """What the caller wishes before what the gateway says; None where there is one plain attempt to make."""
    max_attempts = options.max_attempts or usual.max_attempts
    if max_attempts == 1 and options.timeout_ms is None:
        return None
    delay_ms = usual.delay_ms if options.retry_delay_ms is None else options.retry_delay_ms
    return Retries(max_attempts, delay_ms, options.backoff or usual.backoff, options.timeout_ms)


def _find(slug: bytes, providers: Mapping[bytes, Provider]) -> Provider:
    provider = providers.get(slug)
    if provider is None:
        named = slug.decode("latin-1") or "(none)"
        raise UnknownProvider(f"Invalid provider: `{named}` is not one; the path is /v1/account/gateway/provider/…")
    return provider


def read_headers(opening: Opening, headers: Headers, secrets: tuple[bytes, ...]) -> None:
    """What goes upstream of them, what is for the log, what is secret; besides the `secrets` that are known already."""
    found: list[bytes] = [s for s in secrets if len(s) >= _SHORTEST_SECRET]
    named: set[bytes] = set()
    for name, value in headers:
        if name in SECRET_HEADERS:
            _note_secret(value, found)
        elif name == b"content-type":
            opening.type = value.decode("latin-1")
        elif name == b"user-agent":
            opening.user_agent = value.decode("latin-1")
        elif name == b"content-encoding":
            opening.coding = value
        elif name == b"connection" and value not in _ORDINARY_CONNECTIONS:
            # RFC 9110 7.6.1: fields that Connection names go no further.
            named.update(part.strip().lower() for part in value.split(b","))
    opening.secrets = tuple(found)
    opening.masked_headers = masked(headers)
    opening.headers = [
        h for h in headers if not (h[0] in _NOT_SENT or h[0] in named or h[0][:7] in _OURS or callers.is_own(*h))
    ]


def _add(opening: Opening, fields: tuple[tuple[bytes, bytes], ...]) -> None:
    """What the provider's owner sends along; an upstream may echo its secrets, which nobody is to read in a log."""
    names = {name for name, _ in fields}
    opening.headers = [*(h for h in opening.headers if h[0] not in names), *fields]
    found = list(opening.secrets)
    for name, value in fields:
        if holds_secret(name.decode("latin-1")):
            _note_secret(value, found)
    opening.secrets = tuple(found)


def masked(headers: Headers) -> Headers:
    return [(h[0], MASK) if h[0] in SECRET_HEADERS else h for h in headers]


def _note_secret(value: bytes, found: list[bytes]) -> None:
    token = value.rpartition(b" ")[2]
    if len(token) >= _SHORTEST_SECRET and token not in found:
        found.append(token)


def dress(x: Exchange, reply: Reply) -> None:
    """Gives the reply the headers that the caller gets: the upstream's, and the gateway's own in place of its.

    Notes on the way what the log must know of them.
    """
    opening, log, headers, raw = x.opening, x.log, reply.headers, reply.raw
    log.response_headers = headers
    if not log.cached:  # what the cache gives has been through here before
        told = _told_by(tuple(map(_NAME, headers)))
        if told.type_at >= 0:
            log.response_content_type = headers[told.type_at][1]
        if told.is_notable:
            log.response_headers = masked(headers)
            log.response_encoding = dict(headers).get(b"content-encoding", b"")
        if told.has_ours:
            headers = [h for h in headers if h[0][:7] != b"cf-aig-" and h[0] != _CREDENTIAL]
            raw = b""
    notes = x.notes
    if raw:
        lines = opening.own_lines
        if lines is None:
            lines = opening.own_lines = _own_lines(opening, log.step)
        reply.raw = raw + log.id.encode().join(lines)
        if notes is not None:
            reply.raw += b"".join([b"\r\n%b: %b" % note for note in notes])
        return
    reply.raw = b""
    reply.headers = [*headers, *_own(opening, log.id.encode(), log.step)]
    if notes is not None:
        reply.headers += notes


def own_headers(reply: Reply) -> Headers:
    """What `dress` added, for an answer that takes the place of this one."""
    given = [line.partition(b": ") for line in reply.raw.split(b"\r\n")] if reply.raw else []
    there = [(name, value) for name, _, value in given] or reply.headers
    return [h for h in there if h[0].startswith((b"cf-aig-", b"torana-"))]


class _Told(msgspec.Struct, frozen=True, gc=False):
    """What the names of an answer's headers tell."""

    type_at: int
    """Where the content type is; -1 = there is none."""
    is_notable: bool
    has_ours: bool
    """Some are named as those that only we say."""


@lru_cache(maxsize=1024)
def _told_by(names: tuple[bytes, ...]) -> _Told:
    has_ours = any(name[:7] == b"cf-aig-" or name == _CREDENTIAL for name in names)
    type_at = names.index(b"content-type") if b"content-type" in names else -1
    return _Told(type_at, not _NOTABLE.isdisjoint(names), has_ours)


def _own(opening: Opening, log_id: bytes, step: int) -> Headers:
    """What each answer says of the gateway."""
    request_id = opening.request_id.encode() or log_id
    own = [
        (b"cf-aig-event-id", opening.options.event_id.encode("latin-1") or request_id),
        (b"cf-aig-request-id", request_id),
        (b"cf-aig-step", b"%d" % step),
    ]
    if opening.is_logged:
        own.append((b"cf-aig-log-id", log_id))
    if opening.credential:
        own.append((_CREDENTIAL, opening.credential.encode()))
    return own


def _own_lines(opening: Opening, step: int) -> list[bytes]:
    """The same as lines, parted where the log's id belongs: to be joined by it."""
    return b"".join([b"\r\n%b: %b" % field for field in _own(opening, _LOG_ID, step)]).split(_LOG_ID)


def refuse(error: ToranaError) -> Reply:
    """An error of ours in the envelope of the gateway host (cloudflare.md 3.1)."""
    message = error.message
    body = {
        "success": False,
        "result": [],
        "messages": [],
        "error": [{"code": error.code, "message": message}],
        "name": "AiGatewayError",
        "httpCode": error.status,
        "internalCode": error.code,
        "message": message,
        "description": message,
    }
    return Reply(error.status, [(b"content-type", b"application/json")], _encode(body))
