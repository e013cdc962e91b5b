"""Guardrails that hold for one request, put together: the stricter rule wins (openrouter.md 4.10).

Allow lists intersect, ignore lists and filters unite, zero retention is asked for where any asks for it, block beats
redact beats flag, and each budget stands for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Action: TypeAlias = Literal["flag", "redact", "block"]
Group: TypeAlias = Literal["anthropic", "openai", "google", "xai", "other"]
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

GROUPS: tuple[Group, ...] = ("anthropic", "openai", "google", "xai", "other")
_AUTHORS: dict[str, Group] = {"anthropic": "anthropic", "openai": "openai", "google": "google", "x-ai": "xai"}
_STRENGTH: dict[Action, int] = {"flag": 0, "redact": 1, "block": 2}


class ContentFilter(Struct, frozen=True, kw_only=True):
    """A pattern of the operator's that input is searched for."""

    pattern: str
    action: Action
    label: str | None = None
    guardrail_id: str = ""
    """Where it comes from; empty in a guardrail itself."""


class BuiltinFilter(Struct, frozen=True, kw_only=True):
    """A kind of thing that input is searched for."""

    slug: Slug
    action: Action
    scan_scope: ScanScope = "all_messages"
    """Of `regex-prompt-injection` alone."""
    guardrail_id: str = ""
    """Where it comes from; empty in a guardrail itself."""


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


class Guarding(Struct, frozen=True, kw_only=True):
    """What holds for a request; names are in lower case."""

    ids: tuple[str, ...] = ()
    """Of the guardrails that it was made of."""
    allowed_models: tuple[frozenset[str], ...] = ()
    """All of these have to have a model, by any of its names: one list may have its id, another its permanent slug."""
    ignored_models: frozenset[str] = frozenset()
    allowed_providers: tuple[frozenset[str], ...] = ()
    """All of these have to have a provider, likewise."""
    ignored_providers: frozenset[str] = frozenset()
    zdr: frozenset[Group] = frozenset()
    """Groups of models for which nothing may be retained."""
    paid_training: bool = True
    """Endpoints that take money may train on what they are sent."""
    free_training: bool = True
    free_publication: bool = True
    """Free endpoints may publish what they are sent."""
    filters: tuple[ContentFilter, ...] = ()
    builtins: tuple[BuiltinFilter, ...] = ()
    budgets: tuple[Budget, ...] = ()
    regions: frozenset[Region] | None = None
    """Where requests may come in; None = anywhere."""

    def allows_model(self, *names: str) -> bool:
        """`names` are all that it goes by: id, permanent slug, display name."""
        return _allows(names, self.allowed_models, self.ignored_models)

    def allows_provider(self, *names: str) -> bool:
        """`names` are all that it goes by: tag, slug, display name."""
        return _allows(names, self.allowed_providers, self.ignored_providers)

    def wants_zdr(self, model_id: str) -> bool:
        return group_of(model_id) in self.zdr


UNGUARDED = Guarding()


def group_of(model_id: str) -> Group:
    """What zero retention is set for: models by their author."""
    return _AUTHORS.get(model_id.lower().removeprefix("~").partition("/")[0], "other")


def applying(guardrails: Mapping[str, Mapping[str, object]], assigned: Iterable[str]) -> list[Mapping[str, object]]:
    """Of a workspace's guardrails its default, then those that were assigned; ids of others are passed over."""
    defaults = [one for one in guardrails.values() if one.get("is_default")]
    return [*defaults, *(guardrails[id_] for id_ in dict.fromkeys(assigned) if id_ in guardrails)]


def merge(guardrails: Iterable[Mapping[str, object]]) -> Guarding:
    """Of `Guardrail`s as JSON has them. It is no work for each request: make it once for a key and a configuration.

    msgspec.ValidationError where one is none.
    """
    found = [msgspec.convert(one, Guardrail) for one in guardrails]
    if not found:
        return UNGUARDED
    return Guarding(
        ids=tuple(one.id for one in found),
        allowed_models=_lists(one.allowed_models for one in found),
        ignored_models=frozenset().union(*(_lower(one.ignored_models) for one in found)),
        allowed_providers=_lists(one.allowed_providers for one in found),
        ignored_providers=frozenset().union(*(_lower(one.ignored_providers) for one in found)),
        zdr=frozenset(group for one in found for group in _zdr(one)),
        paid_training=all(one.enable_paid_model_training is not False for one in found),
        free_training=all(one.enable_free_model_training is not False for one in found),
        free_publication=all(one.enable_free_model_publication is not False for one in found),
        filters=_filters(found),
        builtins=_builtins(found),
        budgets=tuple(
            Budget(one.id, one.limit_nano, one.reset_interval, one.include_byok_in_budgets)
            for one in found
            if one.limit_nano is not None and one.reset_interval is not None
        ),
        regions=_regions(found),
    )


def _allows(names: tuple[str, ...], allowed: tuple[frozenset[str], ...], ignored: frozenset[str]) -> bool:
    known = {name.lower() for name in names}
    return ignored.isdisjoint(known) and not any(one.isdisjoint(known) for one in allowed)


def _lower(names: Sequence[str] | None) -> frozenset[str]:
    return frozenset(name.lower() for name in names or ())


def _lists(lists: Iterable[Sequence[str] | None]) -> tuple[frozenset[str], ...]:
    """An empty one allows everything, as one that is not there does."""
    return tuple(_lower(one) for one in lists if one)


def _zdr(one: Guardrail) -> list[Group]:
    asked = {
        "anthropic": one.enforce_zdr_anthropic,
        "openai": one.enforce_zdr_openai,
        "google": one.enforce_zdr_google,
        "xai": one.enforce_zdr_xai,
        "other": one.enforce_zdr_other,
    }
    return [group for group in GROUPS if asked[group]]


def _filters(found: Sequence[Guardrail]) -> tuple[ContentFilter, ...]:
    """Each pattern once, with the strongest of its actions."""
    chosen: dict[str, ContentFilter] = {}
    for guardrail in found:
        for one in guardrail.content_filters or ():
            former = chosen.get(one.pattern)
            if former is None or _STRENGTH[one.action] > _STRENGTH[former.action]:
                chosen[one.pattern] = msgspec.structs.replace(one, guardrail_id=guardrail.id)
    return tuple(chosen.values())


def _builtins(found: Sequence[Guardrail]) -> tuple[BuiltinFilter, ...]:
    """Each kind once, with the strongest of its actions and the widest of its scopes."""
    chosen: dict[str, BuiltinFilter] = {}
    for guardrail in found:
        for one in guardrail.content_filter_builtins or ():
            former = chosen.get(one.slug)
            new = msgspec.structs.replace(one, guardrail_id=guardrail.id)
            if former is not None:
                stronger = new if _STRENGTH[new.action] > _STRENGTH[former.action] else former
                is_wide = "all_messages" in {new.scan_scope, former.scan_scope}
                new = msgspec.structs.replace(stronger, scan_scope="all_messages" if is_wide else "user_only")
            chosen[one.slug] = new
    return tuple(chosen.values())


def _regions(found: Sequence[Guardrail]) -> frozenset[Region] | None:
    lists = [frozenset(one.allowed_data_regions) for one in found if one.allowed_data_regions is not None]
    return lists[0].intersection(*lists[1:]) if lists else None
