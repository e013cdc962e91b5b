"""What an error of a provider becomes for callers: never a refusal of their own key (openrouter.md 3.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.formats.openai_chat.errors import error_in
from torana.formats.openrouter import STATUSES, type_of_status
from torana.surfaces.router.told import Told

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Failure

RETURNED = "Provider returned error"
_MOST_RAW = 4_000

_TOO_LONG = re.compile(
    r"context[ _-]?(?:length|window)|maximum context|prompt is too long|input is too long|too many (?:input )?tokens"
    r"|exceeds? the (?:maximum|model'?s) (?:number of )?(?:input )?tokens|input token count",
    re.IGNORECASE,
)
_POLICY = re.compile(r"content[ _-]?(?:policy|filter|management)|moderation|responsibleai|safety system", re.IGNORECASE)
_OVERLOADED = re.compile(r"overloaded|over capacity|at capacity|no capacity", re.IGNORECASE)
_CODES = {
    "context_length_exceeded": "context_length_exceeded",
    "string_above_max_length": "string_too_long",
    "content_policy_violation": "content_policy_violation",
    "content_filter": "content_policy_violation",
    "moderation_blocked": "content_policy_violation",
    "invalid_prompt": "invalid_prompt",
    "invalid_image": "invalid_image",
    "invalid_image_url": "image_download_failed",
    "image_too_large": "image_too_large",
    "image_too_small": "image_too_small",
    "unsupported_image_media_type": "unsupported_image_format",
    "failed_to_download_image": "image_download_failed",
    "image_file_not_found": "image_not_found",
    "overloaded_error": "provider_overloaded",
    "rate_limit_exceeded": "rate_limit_exceeded",
    "rate_limit_error": "rate_limit_exceeded",
    "insufficient_quota": "rate_limit_exceeded",
}
"""Codes and types of providers that say more than their status."""
_STATUSES = {401: 502, 402: 502, 403: 502, 405: 502, 407: 502, 408: 504, 409: 503, 410: 404, 425: 503, 500: 502}
"""What callers are told in place of a provider's status: its word on the operator's key is not about theirs."""
_OF_TYPES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "overloaded_error": 503,
}
"""The status that an error within an answer would have had before it."""
_STATUS = re.compile(r"[45]\d\d")
_OWN_KEYS = frozenset({401, 402, 403})
_SEEN = frozenset({400, 404, 412, 413, 422, 429, 502, 503, 504, 524, 529})
_RATE_LIMITED = 429
_MODERATED = "content_policy_violation"
_HINTS = {
    True: "The provider rate-limited your own key. Wait, or raise its limits with the provider.",
    False: "The provider's shared capacity is exhausted for now. Retry shortly, or add a key of your own.",
}


def from_failure(  # noqa: PLR0913  # all that is known of one
    status: int,
    failure: Failure,
    raw: bytes,
    provider_name: str,
    is_byok: bool,  # noqa: FBT001  # as Answered has it
    *,
    model: str = "",
    retry_after_s: int | None = None,
) -> tuple[int, Told]:
    """The status for the caller, and what is told. `raw` is the provider's body; `model` as callers name it."""
    kind = _kind(status, failure)
    shown = _shown(status, kind, is_byok=is_byok)
    told = Told(
        RETURNED,
        kind if kind == _MODERATED or STATUSES.get(kind) == shown else type_of_status(shown),
        failure.code,
        provider_name,
        _raw(raw, failure),
        is_byok,
        f"upstream_{status}" if status else "",
    )
    if kind == "context_length_exceeded":
        told.message = failure.message
    if shown == _RATE_LIMITED:
        _limit(told, model, is_byok=is_byok)
    if not is_byok and status in _OWN_KEYS and shown not in _OWN_KEYS:
        told.raw, told.provider_code = None, ""  # it may show a piece of the operator's key
    told.retry_after_s = retry_after_s
    return shown, told


def from_error(said: Json, provider_name: str, is_byok: bool, model: str = "") -> tuple[int, Told]:  # noqa: FBT001
    """The same of an error that came in an answer or a stream: of what has `error`. Its status is what it says."""
    failure = error_in(said)
    status = int(failure.code) if _STATUS.fullmatch(failure.code) else 0
    status = status or _OF_TYPES.get(failure.type) or STATUSES.get(failure.code, 502)
    shown, told = from_failure(status, failure, b"", provider_name, is_byok, model=model)
    if told.raw == failure.message:  # it may be seen, and there is no body to look it up in
        told.message = failure.message
    return shown, told


def _kind(status: int, failure: Failure) -> str:
    for word in (failure.code, failure.type):
        if word in _CODES:
            return _CODES[word]
    if status in (400, 413, 422) and _TOO_LONG.search(failure.message):
        return "context_length_exceeded"
    if status in (400, 403) and _POLICY.search(f"{failure.code} {failure.message}"):
        return "content_policy_violation"
    if status in (500, 503) and _OVERLOADED.search(failure.message):
        return "provider_overloaded"
    return type_of_status(status)


def _shown(status: int, kind: str, *, is_byok: bool) -> int:
    if is_byok and status in _OWN_KEYS:
        return status
    if kind == _MODERATED:
        return 403 if status == 403 else STATUSES[kind]  # noqa: PLR2004  # a refusal before it was looked at
    if kind in ("context_length_exceeded", "rate_limit_exceeded"):
        return STATUSES[kind]
    shown = _STATUSES.get(status, status)
    if shown in _SEEN:
        return shown
    return 400 if 400 <= shown < 500 else 502  # noqa: PLR2004


def _raw(raw: bytes, failure: Failure) -> str:
    said = raw[:_MOST_RAW].decode("utf-8", "replace").strip()
    return said or failure.message


def _limit(told: Told, model: str, *, is_byok: bool) -> None:
    told.remedy_hint = _HINTS[is_byok]
    if is_byok:
        told.limit_source = "upstream_provider_account"
        return
    told.limit_source = "upstream_provider_shared_pool"
    # What the provider says names the operator's organisation and its limits.
    told.raw = (
        f"{model or 'The model'} is temporarily rate-limited upstream. Please retry shortly, or add your own key."
    )
