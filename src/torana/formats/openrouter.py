"""What OpenRouter adds to answers of other formats than chat, and its words for errors (openrouter.md 2.11, 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json

STATUSES: dict[str, int] = {
    "context_length_exceeded": 400,
    "max_tokens_exceeded": 400,
    "token_limit_exceeded": 400,
    "string_too_long": 400,
    "authentication": 401,
    "permission_denied": 403,
    "payment_required": 402,
    "rate_limit_exceeded": 429,
    "provider_overloaded": 503,
    "provider_unavailable": 502,
    "invalid_request": 400,
    "invalid_prompt": 400,
    "not_found": 404,
    "precondition_failed": 412,
    "payload_too_large": 413,
    "unprocessable": 422,
    "content_policy_violation": 400,
    "refusal": 400,
    "invalid_image": 400,
    "image_too_large": 400,
    "image_too_small": 400,
    "unsupported_image_format": 400,
    "image_download_failed": 400,
    "image_not_found": 404,
    "server": 500,
    "timeout": 504,
    "unmapped": 500,
}
"""`error_type`, and the status that goes with it."""
TOO_LONG = frozenset({"context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "string_too_long"})
"""In a stream of Responses these are an end for want of room, and no failure."""

_BY_STATUS = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    410: "not_found",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "unprocessable",
    429: "rate_limit_exceeded",
    500: "server",
    502: "provider_unavailable",
    503: "provider_overloaded",
    504: "timeout",
    524: "timeout",
    529: "provider_overloaded",
}
_MESSAGES = {
    "authentication": "authentication_error",
    "permission_denied": "permission_error",
    "payment_required": "billing_error",
    "not_found": "not_found_error",
    "image_not_found": "not_found_error",
    "rate_limit_exceeded": "rate_limit_error",
    "provider_overloaded": "overloaded_error",
    "timeout": "timeout_error",
}
_OF_THE_API = frozenset({"provider_unavailable", "server", "unmapped"})
_RESPONSES = {
    "rate_limit_exceeded": "rate_limit_exceeded",
    "context_length_exceeded": "invalid_prompt",
    "invalid_request": "invalid_prompt",
    "invalid_prompt": "invalid_prompt",
    "content_policy_violation": "image_content_policy_violation",
}
_SOURCES = frozenset({"url_citation", "file"})
_INPUTS = {
    "upstream_inference_prompt_cost": "upstream_inference_input_cost",
    "upstream_inference_completions_cost": "upstream_inference_output_cost",
}
"""Of `cost_details`: in chat, in Responses."""


def type_of_status(status: int) -> str:
    """The `error_type` of an error of which nothing else is known."""
    return _BY_STATUS.get(status) or ("invalid_request" if status < 500 else "unmapped")  # noqa: PLR2004


def messages_type(error_type: str) -> str:
    """Anthropic's word for it."""
    return _MESSAGES.get(error_type) or ("api_error" if error_type in _OF_THE_API else "invalid_request_error")


def responses_code(error_type: str) -> str:
    """OpenAI's code of a failed response."""
    return _RESPONSES.get(error_type, "server_error")


def error_type_in(error: Json) -> str:
    """Of the `error` of chat's envelope or of a dressed chunk."""
    kind = as_text(as_object(error.get("metadata")).get("error_type")) or as_text(error.get("error_type"))
    status = error.get("code")
    return kind or (type_of_status(status) if isinstance(status, int) else "unmapped")


def messages_error(error: Json, generation: str) -> Json:
    """Of the `error` of chat's envelope or of a dressed chunk, Anthropic's; also the event of a stream."""
    kind = error_type_in(error)
    told: Json = {"type": messages_type(kind), "message": as_text(error.get("message")), "error_type": kind}
    told |= {name: error[name] for name in ("metadata", "availability") if name in error}
    return {"type": "error", "error": told, "request_id": generation or None}


def with_readable_sources(chat: Json, name: str) -> Json:
    """A dressed answer or chunk with annotations as OpenRouter has them; `name`: `message` or `delta`.

    Its clients know no other kinds, and no nulls: one of them is enough for the AI SDK to refuse all of the answer.
    """
    given = chat.get("choices")
    for each in given if isinstance(given, list) else ():
        if isinstance(each, dict) and isinstance(said := each.get(name), dict) and "annotations" in said:
            break
    else:
        return chat  # as nearly all are
    choices = [as_object(each) for each in as_list(given)]
    return {**chat, "choices": [{**choice, name: _readable(as_object(choice.get(name)))} for choice in choices]}


def _readable(said: Json) -> Json:
    sources = [as_object(each) for each in as_list(said.get("annotations"))]
    told = [
        {**each, kind: _said(each.get(kind))} for each in sources if (kind := as_text(each.get("type"))) in _SOURCES
    ]
    kept = {name: value for name, value in said.items() if name != "annotations"}
    return {**kept, "annotations": told} if told else kept


def _said(source: object) -> Json:
    return {name: value for name, value in as_object(source).items() if value is not None}


def costs(usage: object) -> Json:
    """What a dressed `usage` says of money, by the names that chat and Messages have for it."""
    stated = as_object(usage)
    names = ("cost", "is_byok", "cost_details", "server_tool_use_details")
    return {name: stated[name] for name in names if name in stated}


def responses_costs(usage: object) -> Json:
    """The same by the names that Responses has."""
    told = costs(usage)
    if "cost_details" in told:
        details = as_object(told["cost_details"])
        told["cost_details"] = {_INPUTS.get(name, name): value for name, value in details.items()}
    return told
