"""Why nobody served a request, in `error.availability` (openrouter.md 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.errors import Availability
    from torana.formats.json import Json

STATUSES: dict[str, int] = {
    "model_not_found": 400,
    "wrong_endpoint": 400,
    "no_endpoints": 404,
    "model_deprecated": 404,
    "model_unavailable_upstream": 404,
    "capacity_exhausted": 429,
    "temporarily_unavailable": 503,
    "region_restricted": 403,
    "privacy_restricted": 404,
    "constraint_filtered": 404,
    "free_variant_ended": 404,
}
"""Its codes, and the status of each."""
_DOCS = "https://openrouter.ai/docs/api_reference/errors-and-debugging"
"""Where the codes are explained: they are OpenRouter's."""
_OF_PROVIDERS = {
    404: "model_unavailable_upstream",
    429: "capacity_exhausted",
    503: "temporarily_unavailable",
    529: "temporarily_unavailable",
}
"""What a status means that all who were asked have come to."""
_RETRYABLE = frozenset({"capacity_exhausted", "temporarily_unavailable"})


def told(why: Availability, retry_after_s: int | None = None) -> Json:
    """As the public sees it."""
    made = _of(why.code, why.requested_models, why.affected_providers, retry_after_s)
    made["retryable"] = why.retryable
    if why.excluded_by:
        made["excluded_by"] = list(why.excluded_by)
    if why.constraint is not None:
        made["constraint"] = {"field": why.constraint.field, "detail": why.constraint.detail}
    return made


def of_failures(
    status: int, models: Iterable[str], providers: Iterable[str], retry_after_s: int | None = None
) -> Json | None:
    """Of providers that were asked in vain; None where that is not for want of room."""
    code = _OF_PROVIDERS.get(status)
    return None if code is None else _of(code, models, providers, retry_after_s)


def _of(code: str, models: Iterable[str], providers: Iterable[str], retry_after_s: int | None) -> Json:
    made: Json = {
        "code": code,
        "retryable": code in _RETRYABLE,
        "requested_models": list(dict.fromkeys(models)),
        "docs_url": _DOCS,
    }
    if retry_after_s is not None:
        made["retry_after"] = retry_after_s
    if affected := list(dict.fromkeys(providers)):
        made["affected_providers"] = affected
    return made
