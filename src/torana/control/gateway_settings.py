"""What a gateway can be set to: the fields of Cloudflare's API, their bounds and their defaults.

Source: cloudflare.md 12.1, 6.4, 6.6, 7 and 8.6. What of it Torana acts on says `control.enforced`.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from torana.keys import Placeholders
from torana.limits import MOST_RULES, RateRule, SpendLimits, Technique

Action: TypeAlias = Literal["FLAG", "BLOCK"]
Name: TypeAlias = Annotated[str, Meta(max_length=1024)]
NotNegative: TypeAlias = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]


LEAST_THRESHOLD = 0.85
"""Below it a small model takes too much for the same, whatever the guard lets through."""


class DlpPolicy(Struct, kw_only=True, forbid_unknown_fields=True):
    id: Name
    action: Action
    check: list[Literal["REQUEST", "RESPONSE"]]
    enabled: bool
    profiles: list[Name]


class Dlp(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The older shape has `action` and `profiles`, the newer one `policies`."""

    enabled: bool
    action: Action | None = None
    profiles: list[Name] | None = None
    policies: list[DlpPolicy] | None = None

    def __post_init__(self) -> None:
        is_older, is_newer = self.action is not None and self.profiles is not None, self.policies is not None
        if is_older == is_newer:
            raise ValueError("either `action` and `profiles`, or `policies`")


class Checks(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Hazard categories; one that is absent is ignored."""

    S1: Action | None = None
    S2: Action | None = None
    S3: Action | None = None
    S4: Action | None = None
    S5: Action | None = None
    S6: Action | None = None
    S7: Action | None = None
    S8: Action | None = None
    S9: Action | None = None
    S10: Action | None = None
    S11: Action | None = None
    S12: Action | None = None
    S13: Action | None = None
    P1: Action | None = None


class Guardrails(Struct, kw_only=True, forbid_unknown_fields=True):
    prompt: Checks
    response: Checks

    @property
    def are_empty(self) -> bool:
        return self.prompt == self.response == Checks()


class Otel(Struct, kw_only=True, forbid_unknown_fields=True):
    """A collector of traces over OTLP/HTTP. `${secret:NAME}` in a header's value stands for TORANA_SECRET_NAME."""

    url: Name
    headers: dict[str, Name]
    authorization: Name | None = None
    """The name of a secret: the value of `Authorization` is the variable TORANA_SECRET_<name>."""
    content_type: Literal["json", "protobuf"] = "json"


class SemanticCache(Struct, kw_only=True, forbid_unknown_fields=True):
    """Torana's own: answers what was asked before in other words, with what the cache holds."""

    enabled: bool = False
    mode: Literal["on", "request", "shadow"] = "on"
    """`request`: only for who sends `torana-semantic-cache: true`; `shadow`: only logs what it would have answered."""
    threshold: Annotated[float, Meta(ge=LEAST_THRESHOLD, le=1)] = 0.92
    """The least cosine of two questions; callers may raise it for themselves."""


class StripeEvent(Struct, kw_only=True, forbid_unknown_fields=True):
    payload: Name


class Stripe(Struct, kw_only=True, forbid_unknown_fields=True):
    authorization: Name
    usage_events: list[StripeEvent]


class GatewaySettings(Struct, kw_only=True):
    """All that can be set; the defaults are those of a gateway that nobody has set up."""

    cache_invalidate_on_update: bool = False
    cache_ttl: NotNegative | None = 0
    """Seconds; 0 = no caching but where a request asks for it."""
    cache_streams: bool = False
    """Cache streamed answers too. Torana's own, as is the next."""
    cache_single_flight: bool = False
    """Let a request wait where the same one is being answered already."""
    collect_logs: bool = True
    rate_limiting_interval: NotNegative | None = 0
    """Seconds; 0 = no limit."""
    rate_limiting_limit: NotNegative | None = 0
    """Requests an interval; 0 = no limit. Both must be more than 0 for one."""
    rate_limiting_technique: Technique | None = "fixed"
    rate_limits: Annotated[list[RateRule], Meta(max_length=MOST_RULES)] = []
    """More of them, besides the gateway's own: an extension."""
    authentication: bool = False
    byok_only: bool = False
    """Only with the caller's own provider credentials."""
    log_management: Annotated[int, Meta(ge=10_000, le=10_000_000)] | None = None
    """Most logs kept."""
    log_management_strategy: Literal["STOP_INSERTING", "DELETE_OLDEST"] | None = None
    logpush: bool = False
    logpush_public_key: Annotated[str, Meta(min_length=16, max_length=1024)] | None = None
    retry_max_attempts: Annotated[int, Meta(ge=1, le=5)] | None = None
    retry_delay: Annotated[int, Meta(ge=0, le=60_000)] | None = None
    """Milliseconds."""
    retry_backoff: Literal["constant", "linear", "exponential"] | None = None
    workers_ai_billing_mode: Literal["postpaid", "unified"] = "postpaid"
    zdr: bool = False
    """Zero data retention."""
    store_id: Name | None = None
    """Of a secrets store: kept for clients that say it. There is one here, with the keys of all gateways."""
    placeholder_keys: Placeholders = "replace"
    """Torana's own: what becomes of a provider's key that is none, such as `undefined`."""
    dlp: Dlp | None = None
    guardrails: Guardrails | None = None
    otel: Annotated[list[Otel], Meta(max_length=10)] | None = None
    """Collectors of traces."""
    spend_limits: SpendLimits | None = None
    stripe: Stripe | None = None
    log_classification: bool = False
    semantic_cache: SemanticCache | None = None
