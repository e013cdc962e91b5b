"""What a gateway's limits may say: their shapes, for the API, the store and the workers alike.

Source: cloudflare.md 5 and 6.6. `rate_limits`, and `partition` for model and provider, are extensions.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Technique: TypeAlias = Literal["fixed", "sliding"]
_Name: TypeAlias = Annotated[str, Meta(max_length=1024)]
_Whole: TypeAlias = Annotated[int, Meta(gt=0, le=(1 << 53) - 1)]
MOST_RULES = 20


class RateRule(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """At most `limit` requests in `interval` seconds, for each value of what it goes `by`."""

    limit: _Whole
    """Requests in one interval; more are refused with 429."""
    interval: _Whole
    """Seconds."""
    technique: Technique = "fixed"
    """`fixed` begins anew with each interval, `sliding` looks back from now."""
    by: Annotated[str, Meta(pattern=r"^(gateway|token|provider|model|metadata\..+)\Z", max_length=256)] = "gateway"
    """Whose requests are counted together: all of the `gateway`, or those of each `token`, `provider`, `model`, or of
    each value of an entry of the metadata (`metadata.team`)."""


class KeyLimit(Struct, kw_only=True, frozen=True):
    """At most `limit` requests in `interval` seconds with one key that a gateway keeps."""

    provider: str
    alias: str
    limit: int
    interval: int


class Scope(Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`filter`: only requests with one of `values` count. `partition`: each value has the whole limit for itself."""

    mode: Literal["partition", "filter"]
    """`filter`: only requests with one of `values` count; `partition`: each value has a limit for itself."""
    values: list[_Name] | None = None
    """What a `filter` lets through to the limit."""

    def __post_init__(self) -> None:
        if (self.mode == "filter") != (self.values is not None):
            raise ValueError("`values` belong to the mode `filter`")


class SpendRule(Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`limit` in USD, `window` in seconds."""

    limit: Annotated[float, Meta(gt=0)]
    """USD that may be spent within the window."""
    limitType: Literal["cost"]  # noqa: N815  # the wire's own
    """What is limited: cost."""
    window: _Whole
    """Seconds that are looked at together; 2592000 are 30 days."""
    id: _Name | None = None
    """A name for the limit, told to who runs into it; without one it is made of the rest of the rule."""
    enabled: bool = True
    """Whether this limit holds."""
    technique: Technique = "sliding"
    """`fixed` begins anew with each window, counted from 1970; `sliding` looks back from now."""
    model: Scope | None = None
    """Which models count, or that each has the limit for itself."""
    provider: Scope | None = None
    """Which providers count, or that each has the limit for itself."""
    metadata: dict[str, Scope] | None = None
    """By a key of the metadata: which values count, or that each has the limit for itself."""


class SpendLimits(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How much a gateway may spend."""

    enabled: bool = False
    """Whether any of the rules holds."""
    rules: Annotated[list[SpendRule], Meta(max_length=MOST_RULES)] = []
    """The limits; a request must be within each that it counts to."""

    def __post_init__(self) -> None:
        ids = [rule.id for rule in self.rules if rule.id is not None]
        if len(set(ids)) < len(ids):
            raise ValueError("two rules have the same `id`")
