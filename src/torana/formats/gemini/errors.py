"""Errors as Google states them: `google.rpc.Status` in `error`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text, load
from torana.formats.translation import Failure, type_of

if TYPE_CHECKING:
    from torana.formats.json import Json

_MOST_SHOWN = 2000
_TYPES = {
    "INVALID_ARGUMENT": "invalid_request_error",
    "FAILED_PRECONDITION": "invalid_request_error",
    "OUT_OF_RANGE": "invalid_request_error",
    "ALREADY_EXISTS": "invalid_request_error",
    "UNIMPLEMENTED": "invalid_request_error",
    "UNAUTHENTICATED": "authentication_error",
    "PERMISSION_DENIED": "permission_error",
    "NOT_FOUND": "not_found_error",
    "RESOURCE_EXHAUSTED": "rate_limit_error",
    "UNAVAILABLE": "overloaded_error",
    "INTERNAL": "server_error",
    "UNKNOWN": "server_error",
    "DATA_LOSS": "server_error",
    "DEADLINE_EXCEEDED": "server_error",
    "ABORTED": "server_error",
    "CANCELLED": "server_error",
}
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
_CODES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "overloaded_error": 503,
    "server_error": 500,
}
"""For errors within a stream, where no status can be sent any more."""
_BAD_KEYS = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED", "ACCESS_TOKEN_EXPIRED"})


def error_to_chat(status: int, body: bytes) -> Failure:
    found = load(body)
    if isinstance(found, list) and found:
        found = found[0]  # of a stream that would have been an array
    if isinstance(found, dict) and found.get("error"):
        failure, _ = failure_in(found)
        failure.type = failure.type or type_of(status)
        return failure
    shown = body[:_MOST_SHOWN].decode("utf-8", "replace").strip()
    return Failure(shown or f"the provider answered {status} without a word", type_of(status))


def failure_in(said: Json) -> tuple[Failure, int]:
    """Of `{"error": …}`, and its code."""
    error = said.get("error")
    if isinstance(error, str):
        return Failure(error or "the provider gave no reason"), 0
    status = as_object(error)
    code, word = status.get("code"), as_text(status.get("status"))
    reason = param = ""
    for each in as_list(status.get("details")):
        detail = as_object(each)
        reason = reason or as_text(detail.get("reason"))
        for violation in as_list(detail.get("fieldViolations")):
            param = param or as_text(as_object(violation).get("field"))
    number = code if isinstance(code, int) and not isinstance(code, bool) else 0
    kind = "authentication_error" if reason in _BAD_KEYS else _TYPES.get(word) or (type_of(number) if number else "")
    message = as_text(status.get("message")) or "the provider gave no reason"
    return Failure(message, kind, reason or word, param), number


def error_from_chat(status: int, failure: Failure, id_: str) -> Json:  # noqa: ARG001  # a Translator's shape
    word = failure.code if failure.code in _TYPES else _STATUSES.get(status)
    error: Json = {
        "code": status,
        "message": failure.message,
        "status": word or ("INVALID_ARGUMENT" if status < 500 else "INTERNAL"),  # noqa: PLR2004
    }
    if failure.param:
        violation: Json = {"field": failure.param, "description": failure.message}
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return {"error": error}


def event_from_chat(error: Json) -> Json:
    """Of the `error` of a chunk."""
    kind, code = as_text(error.get("type")), error.get("code")
    status = code if isinstance(code, int) and code in _STATUSES else _CODES.get(kind, 500)
    return error_from_chat(status, Failure(as_text(error.get("message")), kind, as_text(code)), "")
