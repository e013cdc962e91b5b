"""What the router tells of an error, before it is put in the words of a client's format."""

from __future__ import annotations

from msgspec import Struct

from torana.formats.json import Json  # the types of a Struct are read


class Told(Struct):
    """Of one error (openrouter.md 3.3); what is not known is empty, and is not told."""

    message: str
    error_type: str = ""
    """Empty = as the status says."""
    provider_code: str = ""
    """The provider's own code."""
    provider_name: str = ""
    """For people; of the provider that failed."""
    raw: str | None = None
    """What the provider said, where a caller may see it."""
    is_byok: bool | None = None
    """Whose key it was, where a provider was asked."""
    provider_error_code: str = ""
    """`upstream_429` …: the status that the provider answered with."""
    limit_source: str = ""
    remedy_hint: str = ""
    reason: str = ""
    """Of a 402: `in_flight_budget_exhausted`, `weight_exceeds_budget`."""
    previous_errors: list[Json] = []
    """`{provider, code, status}` of those who were asked before."""
    reasons: list[str] = []
    """Of moderation."""
    flagged_input: str = ""
    model_slug: str = ""
    patterns: list[str] = []
    """Of a guardrail that blocked."""
    headers: dict[str, str] = {}
    """`X-RateLimit-…` of a limit of the router's own."""
    metadata: Json = {}
    """What else there is to say; wins over the fields above."""
    availability: Json | None = None
    retry_after_s: int | None = None
    """Goes into the answer's `Retry-After`."""

    def told_metadata(self) -> Json:
        """`error.metadata`, in its documented and its recorded form at once."""
        told: Json = {}
        if self.raw is not None:
            told["raw"] = self.raw
        for name in _TEXTS:
            if value := getattr(self, name):
                told[name] = value
        if self.is_byok is not None:
            told["is_byok"] = self.is_byok
        return told | self.metadata


_TEXTS = (
    *("error_type", "provider_name", "provider_code", "provider_error_code", "limit_source", "remedy_hint", "reason"),
    *("previous_errors", "reasons", "flagged_input", "model_slug", "patterns", "headers"),
)


def elided(text: str, most: int = 100) -> str:
    """At most so many characters of it, its middle left out: `flagged_input`."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
