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
    interval: _Whole
    technique: Technique = "fixed"
    by: Annotated[str, Meta(pattern=r"^(gateway|token|provider|model|metadata\..+)\Z", max_length=256)] = "gateway"


class KeyLimit(Struct, kw_only=True, frozen=True):
    """At most `limit` requests in `interval` seconds with one key that a gateway keeps."""

    provider: str
    alias: str
    limit: int
    interval: int


class Scope(Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`filter`: only requests with one of `values` count. `partition`: each value has the whole limit for itself."""

    mode: Literal["partition", "filter"]
    values: list[_Name] | None = None

    def __post_init__(self) -> None:
        if (self.mode == "filter") != (self.values is not None):
            raise ValueError("`values` belong to the mode `filter`")


class SpendRule(Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`limit` in USD, `window` in seconds."""

    limit: Annotated[float, Meta(gt=0)]
    limitType: Literal["cost"]  # noqa: N815  # the wire's own
    window: _Whole
    id: _Name | None = None
    enabled: bool = True
    technique: Technique = "sliding"
    model: Scope | None = None
    provider: Scope | None = None
    metadata: dict[str, Scope] | None = None


class SpendLimits(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    enabled: bool = False
    rules: Annotated[list[SpendRule], Meta(max_length=MOST_RULES)] = []

    def __post_init__(self) -> None:
        ids = [rule.id for rule in self.rules if rule.id is not None]
        if len(set(ids)) < len(ids):
            raise ValueError("two rules have the same `id`")
