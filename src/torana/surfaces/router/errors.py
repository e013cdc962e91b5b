"""The router's error envelopes, one for each format of clients (openrouter.md 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.errors import (
    CredentialRefused,
    Explained,
    NoEndpoints,
    OwnError,
    PaymentError,
    SpendLimitExceeded,
    ToranaError,
    UnknownModel,
    UpstreamBroken,
    UpstreamTimedOut,
    UpstreamUnreachable,
    WrongEndpoint,
)
from torana.formats.openrouter import messages_error, type_of_status
from torana.message import Reply
from torana.surfaces.router import availability
from torana.surfaces.router.failures import from_failure
from torana.surfaces.router.told import Told

if TYPE_CHECKING:
    from torana.formats.json import Json

__all__ = ["Told", "chat_error", "from_failure", "of_error", "refuse", "render"]

_encode = msgspec.json.Encoder(enc_hook=str).encode
_MASKED = "Internal Server Error"
_INTERNAL = 500
_SHOWN = (
    (UpstreamUnreachable, 502, "provider_unavailable"),
    (UpstreamTimedOut, 504, "timeout"),
    (UpstreamBroken, 502, "provider_unavailable"),
    # The operator's key, or the caller's at the provider; never the one that the caller came with.
    (CredentialRefused, 502, "provider_unavailable"),
)


def refuse(error: ToranaError) -> Reply:
    """An answer for errors of which nothing but themselves is known, in chat's envelope."""
    status, told = of_error(error)
    return answer(status, told, "openai_chat")


def answer(status: int, told: Told, format_: str, generation_id: str = "", *, metadata: Json | None = None) -> Reply:
    """The whole answer, `Retry-After` and all."""
    headers = [(b"content-type", b"application/json")]
    if told.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % told.retry_after_s))
    headers += [(name.lower().encode(), value.encode()) for name, value in told.headers.items()]
    return Reply(status, headers, _encode(render(status, told, format_, generation_id, metadata=metadata)))


def render(
    status: int,
    told: Told,
    format_: str,
    generation_id: str = "",
    *,
    user_id: str = "",
    metadata: Json | None = None,
) -> Json:
    """The body of an error. `format_` is the client's, `metadata` its `openrouter_metadata` where it asked for it."""
    if status == _INTERNAL:
        told, metadata = Told(_MASKED, told.error_type if told.error_type != "unmapped" else ""), None
    kind = told.error_type or type_of_status(status)
    if format_ == "anthropic_messages":
        body = messages_error(chat_error(status, told), generation_id)
    else:
        body = {"error": chat_error(status, told)}
        if format_ == "openai_responses":
            body["error_type"] = kind
    if user_id:
        body["user_id"] = user_id
    if metadata is not None:
        body["openrouter_metadata"] = metadata
    return body


def chat_error(status: int, told: Told) -> Json:
    """`{code, message, metadata?, availability?}`, as bodies and the chunks of streams have it."""
    error: Json = {"code": status, "message": told.message}
    details = told.told_metadata()
    if details:
        error["metadata"] = details
    if told.availability is not None:
        error["availability"] = told.availability
        error["error_type"] = told.error_type or type_of_status(status)
        error["http_status"] = status
    return error


def of_error(error: ToranaError) -> tuple[int, Told]:
    """Of an error of ours, with what it knows of its cause."""
    if isinstance(error, OwnError) and error.status == _INTERNAL:
        return _INTERNAL, Told(_MASKED, "server")
    status, told = error.status, Told(error.message)
    for family, shown, kind in _SHOWN:
        if isinstance(error, family):
            status, told.error_type = shown, kind
    match error:
        case SpendLimitExceeded():
            status, told.limit_source = 403, "openrouter_workspace_budget"
        case UnknownModel() | WrongEndpoint() | NoEndpoints():
            told.availability = availability.told(error.availability)
            status = availability.STATUSES.get(error.availability.code, status)
        case Explained():
            told.metadata = error.metadata
        case PaymentError():
            told.metadata, told.retry_after_s = error.metadata, error.retry_after_s or None
    return status, told
