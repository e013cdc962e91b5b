"""Guardrails: what one may say, which of them hold for a request, and what they budget (openrouter.md 4.10).

What they allow together is put together where it is asked: `routing.market.bounds`, and the filters of plugins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Action: TypeAlias = Literal["flag", "redact", "block"]
Interval: TypeAlias = Literal["daily", "weekly", "monthly"]
Region: TypeAlias = Literal["global", "europe", "us"]
ScanScope: TypeAlias = Literal["user_only", "all_messages"]
Slug: TypeAlias = Literal[
    "email",
    "phone",
    "ssn",
    "credit-card",
    "ip-address",
    "secrets",
    "person-name",
    "address",
    "regex-prompt-injection",
]


class ContentFilter(Struct, frozen=True, kw_only=True):
    """A pattern of the operator's that input is searched for."""

    pattern: str
    action: Action
    label: str | None = None


class BuiltinFilter(Struct, frozen=True, kw_only=True):
    """A kind of thing that input is searched for."""

    slug: Slug
    action: Action
    scan_scope: ScanScope = "all_messages"
    """Of `regex-prompt-injection` alone."""


class Guardrail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One guardrail as it is kept: the API's fields, but for money. None = it says nothing of this."""

    id: str = ""
    name: str = ""
    description: str | None = None
    limit_nano: int | None = None
    reset_interval: Interval | None = None
    include_byok_in_budgets: bool = False
    allowed_models: list[str] | None = None
    ignored_models: list[str] | None = None
    allowed_providers: list[str] | None = None
    ignored_providers: list[str] | None = None
    enforce_zdr_anthropic: bool | None = None
    enforce_zdr_openai: bool | None = None
    enforce_zdr_google: bool | None = None
    enforce_zdr_xai: bool | None = None
    enforce_zdr_other: bool | None = None
    enable_paid_model_training: bool | None = None
    enable_free_model_training: bool | None = None
    enable_free_model_publication: bool | None = None
    content_filters: list[ContentFilter] | None = None
    content_filter_builtins: list[BuiltinFilter] | None = None
    allowed_data_regions: list[Region] | None = None
    allow_safety_retention_google: bool | None = None
    allow_safety_retention_other: bool | None = None
    is_default: bool = False
    """It holds for all requests of its workspace, without being assigned."""


class Budget(Struct, frozen=True):
    """What may be spent with one key in a UTC day, a week from Monday, or a month."""

    guardrail_id: str
    limit_nano: int
    interval: Interval
    include_byok: bool
    """What is spent with callers' own keys at providers counts too."""


def applying(guardrails: Mapping[str, Mapping[str, object]], assigned: Iterable[str]) -> list[Mapping[str, object]]:
    """Of a workspace's guardrails its default, then those that were assigned; ids of others are passed over."""
    defaults = [one for one in guardrails.values() if one.get("is_default")]
    return [*defaults, *(guardrails[id_] for id_ in dict.fromkeys(assigned) if id_ in guardrails)]


def budgeted(guardrails: Iterable[Mapping[str, object]]) -> tuple[Budget, ...]:
    """Of `Guardrail`s as JSON has them; each stands for itself. msgspec.ValidationError where one is none."""
    found = [msgspec.convert(one, _Budgeted) for one in guardrails]
    return tuple(
        Budget(one.id, one.limit_nano, one.reset_interval, one.include_byok_in_budgets)
        for one in found
        if one.limit_nano is not None and one.reset_interval is not None
    )


class _Budgeted(Struct):
    """The part of a `Guardrail` that is about money."""

    id: str
    limit_nano: int | None = None
    reset_interval: Interval | None = None
    include_byok_in_budgets: bool = False
