"""Who calls? API tokens of ours in a request's head: found, judged, and kept from providers.

A token may sit in `cf-aig-authorization`, with `Bearer` before it or bare, and wherever clients put a provider's key:
SDKs that are given one key put ours there (cloudflare.md 1.2, "Where the AIG token may sit").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from torana.errors import Unauthorized
from torana.providers import SECRET_HEADERS, names_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torana.exchange import Gateway, Opening
    from torana.keys import Caller
    from torana.message import Headers

PREFIX = b"torana_"
"""Of every token's text: what begins so is ours, whether it is good or not, and is sent to nobody."""
SLOT = b"cf-aig-authorization"

_TOKEN = re.compile(PREFIX + rb"[A-Za-z0-9_-]*")
_QUESTION_MARK = 0x3F


def texts(headers: Headers, params: Iterable[bytes]) -> list[bytes]:
    """What may be tokens, that of the gateway's own header first; `params` are values of secret query parameters."""
    given: list[bytes] = []
    found: list[bytes] = []
    for name, value in headers:
        if name == SLOT:
            given.append(value.rpartition(b" ")[2])
        elif name in SECRET_HEADERS and PREFIX in value:
            found += _TOKEN.findall(value)
    for value in params:
        found += _TOKEN.findall(value)
    return list(dict.fromkeys(given + found))


def identify(
    opening: Opening, found: Iterable[bytes], find: Callable[[bytes], Caller | None], now_ms: int, *, is_required: bool
) -> None:
    """Writes down the caller: the first of the tokens that is good here. Unauthorized where one is required."""
    reason = ""
    for text in found:
        caller = find(text) if text.startswith(PREFIX) else None
        flaw = _flaw(caller, opening.gateway, now_ms)
        if caller is not None and not flaw:
            opening.caller = caller
            opening.until_ms = caller.expires_ms
            return
        reason = reason or flaw
    if is_required:
        raise Unauthorized("Unauthorized: " + (reason or _NOTHING))


_NOTHING = (
    "this gateway asks for a token of its own; send `cf-aig-authorization: Bearer <token>`, "
    "`torana tokens create --permission run` makes one"
)


def _flaw(caller: Caller | None, gateway: Gateway, now_ms: int) -> str:
    """Empty where there is none."""
    if caller is None:
        return "this is no token of this gateway's server, or it was revoked"
    if caller.account_id != gateway.account_id:
        return "this token is of another account"
    if caller.expires_ms is not None and caller.expires_ms <= now_ms:
        return "this token has expired"
    if "run" not in caller.permissions:
        return "this token lacks the permission `run`"
    if caller.gateways is not None and gateway.id not in caller.gateways:
        return f"this token is not for the gateway `{gateway.id}`"
    return ""


def is_own(name: bytes, value: bytes) -> bool:
    """Whether a header field is for us, as there is a token of ours in it."""
    return PREFIX in value and name in SECRET_HEADERS


def without_own(target: bytes) -> bytes:
    """A path and query less the secret parameters that hold tokens of ours."""
    if _QUESTION_MARK not in target:
        return target
    path, _, query = target.partition(b"?")
    kept = [piece for piece in query.split(b"&") if not _is_own_param(piece)]
    return path + b"?" * bool(kept) + b"&".join(kept)


def _is_own_param(piece: bytes) -> bool:
    """Some servers part parameters by `;` too; such a piece goes as a whole."""
    return PREFIX in unquote_to_bytes(piece.replace(b"+", b" ")) and names_secret(piece)
