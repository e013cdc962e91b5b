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
    """One policy of data loss prevention."""

    id: Name
    """What it is called; shown where it finds something."""
    action: Action
    """Whether what it finds is only noted (`FLAG`), or stops the request or answer (`BLOCK`)."""
    check: list[Literal["REQUEST", "RESPONSE"]]
    """Whether it looks at requests, answers, or both."""
    enabled: bool
    """Whether this policy looks at anything."""
    profiles: list[Name]
    """The profiles whose patterns it looks for."""


class Dlp(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The older shape has `action` and `profiles`, the newer one `policies`."""

    enabled: bool
    """Whether requests and answers are scanned for what must not leave."""
    action: Action | None = None
    """What is done with a find, in the older shape: noted (`FLAG`) or stopped (`BLOCK`)."""
    profiles: list[Name] | None = None
    """The profiles whose patterns are looked for, in the older shape."""
    policies: list[DlpPolicy] | None = None
    """What is looked for and what is done about it, policy by policy."""

    def __post_init__(self) -> None:
        is_older, is_newer = self.action is not None and self.profiles is not None, self.policies is not None
        if is_older == is_newer:
            raise ValueError("either `action` and `profiles`, or `policies`")


class Checks(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Hazard categories; one that is absent is ignored."""

    S1: Action | None = None
    """Violent crimes."""
    S2: Action | None = None
    """Crimes without violence, such as fraud."""
    S3: Action | None = None
    """Sexual crimes."""
    S4: Action | None = None
    """Sexual exploitation of children."""
    S5: Action | None = None
    """Defamation."""
    S6: Action | None = None
    """Specialised advice: medical, legal, financial."""
    S7: Action | None = None
    """Privacy: what tells of somebody's private life."""
    S8: Action | None = None
    """Intellectual property of others."""
    S9: Action | None = None
    """Weapons that kill without distinction."""
    S10: Action | None = None
    """Hate."""
    S11: Action | None = None
    """Suicide and self-harm."""
    S12: Action | None = None
    """Sexual content."""
    S13: Action | None = None
    """Elections: false facts about how they are held."""
    P1: Action | None = None
    """Injected prompts: text that would take over the model."""


class Guardrails(Struct, kw_only=True, forbid_unknown_fields=True):
    """What may not be asked or answered."""

    prompt: Checks
    """What is done about hazards in requests."""
    response: Checks
    """What is done about hazards in answers."""

    @property
    def are_empty(self) -> bool:
        return self.prompt == self.response == Checks()


class Otel(Struct, kw_only=True, forbid_unknown_fields=True):
    """A collector of traces over OTLP/HTTP. `${secret:NAME}` in a header's value stands for TORANA_SECRET_NAME."""

    url: Name
    """Where spans are sent, such as `https://collector.example.com/v1/traces`."""
    headers: dict[str, Name]
    """Header fields that go with each call; `${secret:NAME}` in a value stands for the variable TORANA_SECRET_NAME."""
    authorization: Name | None = None
    """The name of a secret: the value of `Authorization` is the variable TORANA_SECRET_<name>."""
    content_type: Literal["json", "protobuf"] = "json"
    """How spans are encoded."""


class SemanticCache(Struct, kw_only=True, forbid_unknown_fields=True):
    """Torana's own: answers what was asked before in other words, with what the cache holds."""

    enabled: bool = False
    """Whether questions are compared with those asked before; needs the embedding model (`torana semantic pull`)."""
    mode: Literal["on", "request", "shadow"] = "on"
    """`request`: only for who sends `torana-semantic-cache: true`; `shadow`: only logs what it would have answered."""
    threshold: Annotated[float, Meta(ge=LEAST_THRESHOLD, le=1)] = 0.92
    """The least cosine of two questions; callers may raise it for themselves."""


class StripeEvent(Struct, kw_only=True, forbid_unknown_fields=True):
    """One event of usage."""

    payload: Name
    """What the event says, as a JSON template."""


class Stripe(Struct, kw_only=True, forbid_unknown_fields=True):
    """Usage reported to Stripe."""

    authorization: Name
    """The key that Stripe is called with."""
    usage_events: list[StripeEvent]
    """The events that each request makes."""


class GatewaySettings(Struct, kw_only=True):
    """All that can be set; the defaults are those of a gateway that nobody has set up."""

    cache_invalidate_on_update: bool = False
    """Forget all cached answers whenever the settings of this gateway change."""
    cache_ttl: NotNegative | None = 0
    """Seconds for which answers are cached and given again to the same request; 0 = only where a request asks for it
    (`cf-aig-cache-ttl`)."""
    cache_streams: bool = False
    """Cache streamed answers too, and play them back as streams. Torana's own."""
    cache_single_flight: bool = False
    """Let a request wait where the same one is being answered already, so that the provider is asked once. Torana's
    own."""
    collect_logs: bool = True
    """Keep a log of each request: who asked, what it cost and how long it took, with its bodies. A request may decide
    otherwise for itself (`cf-aig-collect-log`)."""
    rate_limiting_interval: NotNegative | None = 0
    """Seconds that the rate limit counts over; 0 = no limit."""
    rate_limiting_limit: NotNegative | None = 0
    """Requests that this gateway answers in one interval, more are refused with 429; 0 = no limit. Interval and limit
    must both be more than 0 for one."""
    rate_limiting_technique: Technique | None = "fixed"
    """How time is cut for the rate limit: `fixed` begins anew with each interval, `sliding` looks back from now, so
    that no stretch of time ever has more than the limit."""
    rate_limits: Annotated[list[RateRule], Meta(max_length=MOST_RULES)] = []
    """More rate limits beside that one, each for every token, provider, model or value of metadata by itself. Torana's
    own."""
    authentication: bool = False
    """Serve only callers who show an API token of this server that may `run` requests here; others get 401. Stored
    provider keys are used for such callers alone."""
    byok_only: bool = False
    """Refuse what would reach a provider without a key: the request has to bring one, or one has to be stored here."""
    log_management: Annotated[int, Meta(ge=10_000, le=10_000_000)] | None = None
    """Most logs that this gateway keeps; null = as many as there is room for."""
    log_management_strategy: Literal["STOP_INSERTING", "DELETE_OLDEST"] | None = None
    """What happens once there are as many logs as may be kept: `STOP_INSERTING` logs no more (the default),
    `DELETE_OLDEST` makes room."""
    logpush: bool = False
    """Let Logpush jobs of the account send this gateway's logs elsewhere."""
    logpush_public_key: Annotated[str, Meta(min_length=16, max_length=1024)] | None = None
    """An RSA public key in PEM: metadata and bodies are encrypted with it before they are pushed, so that only the
    holder of the private key can read them; null = they are pushed as they are."""
    retry_max_attempts: Annotated[int, Meta(ge=1, le=5)] | None = None
    """How often a provider is called at most for one request, the first call included; null or 1 = no retries. A
    request may decide otherwise for itself (`cf-aig-max-attempts`)."""
    retry_delay: Annotated[int, Meta(ge=0, le=60_000)] | None = None
    """Milliseconds to wait before the first retry; null = 500."""
    retry_backoff: Literal["constant", "linear", "exponential"] | None = None
    """How the wait grows with each retry: not at all, by the same step, or doubling; null = `exponential`."""
    workers_ai_billing_mode: Literal["postpaid", "unified"] = "postpaid"
    """Who bills calls to Cloudflare's Workers AI; kept for Cloudflare's clients, Torana bills nobody."""
    zdr: bool = False
    """Zero data retention at providers, by Cloudflare's contracts with them; not to be had through one's own keys."""
    store_id: Name | None = None
    """Of a secrets store: kept for clients that say it. There is one here, with the keys of all gateways."""
    placeholder_keys: Placeholders = "replace"
    """What becomes of a provider's key that is none, such as `undefined` or `sk-xxx`: a stored key takes its place
    (`replace`), it is sent as it is (`forward`), or the request is refused (`refuse`). Torana's own."""
    dlp: Dlp | None = None
    """Data loss prevention: what is looked for in requests and answers, and what is done about it."""
    guardrails: Guardrails | None = None
    """Hazards that are looked for in requests and answers, and what is done about each."""
    otel: Annotated[list[Otel], Meta(max_length=10)] | None = None
    """Collectors that get a trace of each request over OpenTelemetry (OTLP/HTTP)."""
    spend_limits: SpendLimits | None = None
    """How much may be spent in a stretch of time, for all requests or for each model, provider or value of metadata by
    itself; what would go over is refused with 429."""
    stripe: Stripe | None = None
    """Usage that is reported to Stripe for billing."""
    log_classification: bool = False
    """Let a model label each log by the task it is for; not to be had yet."""
    semantic_cache: SemanticCache | None = None
    """Answer questions that were asked before in other words, from the cache. Torana's own."""
