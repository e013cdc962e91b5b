"""Errors as Anthropic states them: in a body, or in an event of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_object, as_text, load
from torana.formats.openai_chat import errors as openai
from torana.formats.openrouter import messages_error
from torana.formats.translation import Failure

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_TO_CHAT = {
    "api_error": "server_error",
    "timeout_error": "server_error",
    "request_too_large": "invalid_request_error",
}
_FROM_CHAT = {
    "invalid_request_error": "invalid_request_error",
    "authentication_error": "authentication_error",
    "permission_error": "permission_error",
    "not_found_error": "not_found_error",
    "rate_limit_error": "rate_limit_error",
    "overloaded_error": "overloaded_error",
    "billing_error": "billing_error",
    "insufficient_quota": "billing_error",
}
_BY_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def error_to_chat(status: int, body: bytes) -> Failure:
    said = load(body)
    if isinstance(said, dict) and said.get("type") == "error" and isinstance(said.get("error"), dict):
        return error_in(said)
    return openai.error_to_chat(status, body)  # from a host of it, or something in between


def error_in(said: Json) -> Failure:
    error = as_object(said.get("error"))
    kind = as_text(error.get("type"))
    message = as_text(error.get("message")) or "the provider gave no reason"
    return Failure(message, _TO_CHAT.get(kind, kind), as_text(as_object(error.get("details")).get("error_code")))


def error_from_chat(status: int, failure: Failure, id_: str) -> Json:
    kind = _BY_STATUS.get(status) or _FROM_CHAT.get(failure.type)
    return _envelope(kind or ("invalid_request_error" if status < 500 else "api_error"), failure, id_)  # noqa: PLR2004


def event_from_chat(error: Json, turn: Turn) -> Json:
    """Of the `error` of a chunk."""
    if turn.generation:
        return messages_error(error, turn.generation)
    failure = openai.error_in({"error": error})
    return _envelope(_FROM_CHAT.get(failure.type, "api_error"), failure, turn.id)


def _envelope(kind: str, failure: Failure, id_: str) -> Json:
    error: Json = {"type": kind, "message": failure.message}
    if failure.code and not failure.code.isdecimal():
        error["details"] = {"error_code": failure.code}
    return {"type": "error", "error": error, "request_id": f"req_{id_}"}
