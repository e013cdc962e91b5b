"""Headers on their way to another API: the key is moved, the dialect left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.surfaces.credentials import is_placeholder

if TYPE_CHECKING:
    from torana.message import Headers
    from torana.providers import Provider

_SLOTS = (b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key")
"""Where the SDKs that are pointed at us put a provider's key."""
_TOKENS = (b"sk-ant-oat", b"ya29.", b"eyJ")
"""How OAuth tokens begin: they are shown in `authorization` alone."""
_SIGNATURE = b"AWS4-HMAC-"
"""Of the request to us: it is worth nothing elsewhere."""
_DIALECTS = (
    b"anthropic-",
    b"openai-",
    b"x-stainless-",
    b"x-goog-",
    b"x-amz-",
    b"amz-",
    b"x-fern-",
    b"x-client-name",
    b"x-app",
    b"x-claude-",
    b"x-codex-",
    b"originator",
)
_ABOUT_BODY = frozenset({b"accept", b"accept-encoding", b"content-type"})


def carry(headers: Headers, provider: Provider, slot: bytes) -> Headers:
    """The caller's key where the provider looks for it, and in no other field.

    `slot` is the one field it may be in; empty = any of the provider's.
    """
    allowed = (slot,) if slot else provider.credentials
    if any(name in allowed and not _is_void(value) for name, value in headers):
        return [h for h in headers if h[0] not in _SLOTS or h[0] in allowed]
    kept = [h for h in headers if h[0] not in _SLOTS]
    for name, value in headers:
        if name in _SLOTS and not _is_void(value):
            return [*kept, _shown(_bare(value), allowed[0], provider.scheme)]
    return [*kept, *(h for h in headers if h[0] in allowed and not h[1].startswith(_SIGNATURE))]


def _shown(key: bytes, slot: bytes, scheme: bytes) -> tuple[bytes, bytes]:
    if slot == b"authorization" or key.startswith(_TOKENS):
        return b"authorization", (scheme if slot == b"authorization" else b"Bearer ") + key
    return slot, key


def _bare(value: bytes) -> bytes:
    return value.strip().rpartition(b" ")[2]


def _is_void(value: bytes) -> bool:
    return value.startswith(_SIGNATURE) or is_placeholder(_bare(value))


def without_dialect(headers: Headers) -> Headers:
    """Less what only the client's API knows; the body that goes with them is JSON."""
    kept = [h for h in headers if h[0] in _SLOTS or not (h[0] in _ABOUT_BODY or h[0].startswith(_DIALECTS))]
    return [*kept, (b"content-type", b"application/json")]
