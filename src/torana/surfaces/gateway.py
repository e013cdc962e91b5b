"""Cloudflare AI Gateway's gateway host: `/v1/{account_id}/{gateway_id}/{provider}/…`.

Reads a request into an exchange, and renders errors and `cf-aig-*` response headers (shared spec cloudflare.md 1-3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.errors import UnknownGateway, UnknownProvider
from torana.exchange import Reply
from torana.providers import SECRET_HEADERS, mask_query
from torana.surfaces.options import read_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.errors import ToranaError
    from torana.exchange import Exchange, Headers
    from torana.providers import Provider

# RFC 9110 7.6.1, and the framing, which each side's wire makes anew.
_NOT_SENT = frozenset(
    {
        b"cf-aig-authorization",
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
_KEPT = {b"content-type": "request_type", b"user-agent": "user_agent", b"content-encoding": "request_coding"}
_NOTABLE = _NOT_SENT | SECRET_HEADERS | _KEPT.keys()
_C = ord("c")
_NOTED = {b"content-type": "reply_type", b"content-encoding": "reply_coding"}
_ORDINARY_CONNECTIONS = frozenset({b"keep-alive", b"Keep-Alive", b"close"})
_SHORTEST_SECRET = 8
_encode = msgspec.json.Encoder().encode


class Place(msgspec.Struct, frozen=True):
    """A request target taken apart; parts that are not there are empty."""

    account_id: bytes
    gateway_id: bytes
    provider: bytes
    rest: bytes
    """All after the provider's segment, with the query, without the leading slash."""


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


def read(x: Exchange, place: Place, providers: Mapping[bytes, Provider]) -> None:
    """Fills in what the request says: provider, target, options, what goes upstream. Raises CallerError."""
    request = x.request
    x.provider = place.provider.decode("latin-1")
    masked, secrets = mask_query(place.rest)
    x.path = masked.decode("latin-1")
    x.masked_target = mask_query(request.target)[0] if secrets else request.target
    _read_headers(x, secrets)
    if x.is_stray:
        raise UnknownGateway(
            f"Please configure AI Gateway: `{place.gateway_id.decode('latin-1')}` is not a gateway of this account"
        )
    provider = providers.get(place.provider)
    if provider is None:
        named = x.provider or "(none)"
        raise UnknownProvider(f"Invalid provider: `{named}` is not one; the path is /v1/account/gateway/provider/…")
    x.target = target = provider.locate(place.rest, request.headers, x.gateway.account_id)
    if target.drops:
        x.headers = [h for h in x.headers if h[0] not in target.drops]


def _read_headers(x: Exchange, secrets: tuple[bytes, ...]) -> None:
    kept: Headers = []
    found: list[bytes] = [s for s in secrets if len(s) >= _SHORTEST_SECRET]
    named: set[bytes] = set()
    has_options = False
    for header in x.request.headers:
        name = header[0]
        if name not in _NOTABLE:
            if name[0] == _C and name[:7] == b"cf-aig-":
                has_options = True
            else:
                kept.append(header)
            continue
        value = header[1]
        if name in _KEPT:
            setattr(x, _KEPT[name], value)
        elif name in SECRET_HEADERS:
            _note_secret(value, found)
        elif name == b"connection" and value not in _ORDINARY_CONNECTIONS:
            named.update(part.strip().lower() for part in value.split(b","))
        if name not in _NOT_SENT:
            kept.append(header)
    # RFC 9110 7.6.1: fields that Connection names go no further.
    x.headers = [h for h in kept if h[0] not in named] if named else kept
    x.secrets = tuple(found)
    if has_options:
        x.options = read_options(x.request.headers)


def _note_secret(value: bytes, found: list[bytes]) -> None:
    token = value.rpartition(b" ")[2]
    if len(token) >= _SHORTEST_SECRET and token not in found:
        found.append(token)


def dress(x: Exchange, headers: Headers, *, is_logged: bool) -> Headers:
    """The reply's headers as the caller gets them: the upstream's, and the gateway's own in place of its.

    Notes on the way what the gateway must know of them.
    """
    x.reply_headers = headers
    has_ours = False
    for name, value in headers:
        # Only what begins like the two that are noted, or like ours, is looked at twice.
        if name[0] == _C:
            if name in _NOTED:
                setattr(x, _NOTED[name], value)
            elif name[:7] == b"cf-aig-":
                has_ours = True
    if has_ours:
        headers = [h for h in headers if h[0][:7] != b"cf-aig-"]
    id_ = x.id.encode()
    event_id = x.options.event_id
    own = [
        (b"cf-aig-event-id", event_id.encode("latin-1") if event_id else id_),
        (b"cf-aig-request-id", id_),
        (b"cf-aig-step", b"%d" % x.step if x.step else b"0"),
    ]
    return [*headers, (b"cf-aig-log-id", id_), *own] if is_logged else headers + own


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
