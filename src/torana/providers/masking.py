"""Which headers and query parameters hold credentials, and how those in a query are hidden."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from torana.providers.rows import PROVIDERS

SECRET_HEADERS: frozenset[bytes] = frozenset(
    {
        b"api-key",
        b"authorization",
        b"cf-access-client-secret",
        b"cf-access-jwt-assertion",
        b"cf-access-token",
        b"cf-aig-authorization",
        b"cookie",
        b"helicone-auth",
        b"ocp-apim-subscription-key",
        b"payment-signature",
        b"proxy-authorization",
        b"sec-websocket-protocol",  # browsers can send a key nowhere else
        b"set-cookie",
        b"x-amz-security-token",
        b"x-api-key",
        b"x-auth-token",
        b"x-goog-api-key",
        b"x-goog-iam-authorization-token",
        b"x-provider-api-keys",
    }
).union(*(provider.credentials for provider in PROVIDERS.values()))
"""Header fields, in lower case, whose values are credentials."""

SECRET_PARAMS: frozenset[bytes] = frozenset(
    {
        b"access_token",
        b"api-key",
        b"api_key",
        b"apikey",
        b"auth",
        b"auth_token",
        b"authorization",
        b"client_secret",
        b"key",
        b"password",
        b"secret",
        b"sig",
        b"signature",
        b"subscription-key",
        b"token",
        b"x-amz-credential",
        b"x-amz-security-token",
        b"x-amz-signature",
        b"x-api-key",
        b"x-goog-api-key",
        b"x-goog-signature",
        b"xi-api-key",
    }
)
"""Query parameters likewise."""

MASK = b"***"
_QUESTION_MARK = 0x3F


def mask_query(target: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """The target with secrets in its query as `***`, and the values that stood there, raw and percent-decoded."""
    if _QUESTION_MARK not in target:  # a number: half the time of looking for bytes
        return target, ()
    mark = target.index(_QUESTION_MARK)
    found: dict[bytes, None] = {}
    pieces = [_mask(piece, found) for piece in target[mark + 1 :].split(b"&")]
    return (target[: mark + 1] + b"&".join(pieces), tuple(found)) if found else (target, ())


def drop_secrets(target: bytes) -> bytes:
    """The target without the secrets in its query."""
    path, mark, query = target.partition(b"?")
    if not mark:
        return target
    kept = [piece for piece in query.split(b"&") if not names_secret(piece)]
    return path + b"?" * bool(kept) + b"&".join(kept)


def names_secret(piece: bytes) -> bool:
    """Whether a parameter, or one of several between `;`, has a name of a secret's."""
    names = (part.partition(b"=")[0] for part in piece.split(b";"))
    return any(unquote_to_bytes(name.replace(b"+", b" ")).strip().lower() in SECRET_PARAMS for name in names)


def _mask(piece: bytes, found: dict[bytes, None]) -> bytes:
    """Some servers part parameters by `;` too: from a secret name on, all of the piece may be its value."""
    at = 0
    for part in piece.split(b";"):
        name, mark, _ = part.partition(b"=")
        if mark and unquote_to_bytes(name.replace(b"+", b" ")).strip().lower() in SECRET_PARAMS:
            start = at + len(name) + 1
            value = piece[start:]
            if value:
                found.update(
                    dict.fromkeys((value, unquote_to_bytes(value), unquote_to_bytes(value.replace(b"+", b" "))))
                )
            return piece[:start] + MASK if value else piece
        at += len(part) + 1
    return piece
