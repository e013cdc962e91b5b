"""Errors as Bedrock states them, in bodies and in streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_object, as_text, load
from torana.formats.translation import CUT, Failure, type_of

if TYPE_CHECKING:
    from torana.formats.json import Json

_MOST_SHOWN = 2000
_NAMES = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
    529: "ServiceUnavailableException",
}
_STATUSES = {
    "accessDeniedException": 403,
    "internalServerException": 500,
    "modelErrorException": 424,
    "modelNotReadyException": 429,
    "modelStreamErrorException": 424,
    "modelTimeoutException": 408,
    "resourceNotFoundException": 404,
    "serviceQuotaExceededException": 429,
    "serviceUnavailableException": 503,
    "throttlingException": 429,
    "validationException": 400,
}
"""By the names of exceptions within streams."""
_TYPES = {
    408: "server_error",
    424: "server_error",  # the caller did nothing wrong: the model failed
}
_IN_STREAMS = {
    "invalid_request_error": "validationException",
    "rate_limit_error": "throttlingException",
    "overloaded_error": "serviceUnavailableException",
}


def error_to_chat(status: int, body: bytes) -> Failure:
    found = load(body)
    if not isinstance(found, dict):
        shown = body[:_MOST_SHOWN].decode("utf-8", "replace").strip()
        return Failure(shown or f"the provider answered {status} without a word", _type(status))
    # `com.amazon.coral.service#ThrottlingException:http://…` in its longest form
    name = as_text(found.get("__type")).rpartition("#")[2].partition(":")[0]
    return Failure(_message(found), _type(status), name)


def _message(found: Json) -> str:
    said = (found.get(name) for name in ("message", "Message", "originalMessage", "error"))
    return next((each for each in said if isinstance(each, str) and each), "the provider gave no reason")


def _type(status: int) -> str:
    return _TYPES.get(status) or type_of(status)


def exception_to_chat(name: str, event: Json) -> tuple[Failure, int]:
    """Of a frame that ends a stream, and the status that Bedrock gives such an exception."""
    status = _STATUSES.get(name[:1].lower() + name[1:], 500)
    return Failure(_message(event), _type(status), name), status


def error_from_chat(status: int, failure: Failure, id_: str) -> Json:  # noqa: ARG001  # a Translator's shape
    """With its name, which is in a header too where Bedrock itself answers; SDKs look at both."""
    known = status in _NAMES
    usual = "ValidationException" if status < 500 else "InternalServerException"  # noqa: PLR2004  # the server's own
    return {"message": failure.message, "__type": _NAMES[status] if known else usual}


def exception_from_chat(error: Json) -> tuple[str, Json]:
    """Of a chunk's error, the name of the exception and its payload."""
    message = as_text(error.get("message")) or "the stream ended in an error"
    if error.get("code") == CUT.code:
        return "modelStreamErrorException", {"message": message, "originalStatusCode": 502, "originalMessage": message}
    return _IN_STREAMS.get(as_text(error.get("type")), "internalServerException"), {"message": message}


def error_in(chunk: Json) -> Json | None:
    error = chunk.get("error")
    return None if not error else as_object(error) or {"message": as_text(error)}
