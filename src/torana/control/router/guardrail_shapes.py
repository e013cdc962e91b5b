"""Guardrails as the router's API writes them, and what may be said of one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from torana.control.router.asking import moment
from torana.control.router.money import nano_of, usd_or_none
from torana.control.router.refusals import BadRequest
from torana.plugins.filters import BUILTINS
from torana.plugins.patterns import pattern_fault
from torana.routing.guarding import BuiltinFilter, ContentFilter, Guardrail, Interval, Region
from torana.routing.patterns import why_not

if TYPE_CHECKING:
    from torana.control.router.guardrail_rows import GuardrailRecord

_ZDR = tuple(f"enforce_zdr_{group}" for group in ("anthropic", "openai", "google", "xai", "other"))
_OWN = frozenset({"limit_usd", "enforce_zdr", "workspace_id"})
"""Fields that are kept under another name, or elsewhere."""
Names = Annotated[list[Annotated[str, Meta(min_length=1, max_length=256)]], Meta(max_length=1000)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class GuardrailFields(Struct, kw_only=True):
    """What may be set of one; UNSET = it stays, null = it says nothing of this any more."""

    description: Annotated[str, Meta(max_length=1000)] | UnsetType | None = UNSET
    limit_usd: Decimal | UnsetType | None = UNSET
    reset_interval: Interval | UnsetType | None = UNSET
    include_byok_in_budgets: bool | UnsetType = UNSET
    allowed_models: Names | UnsetType | None = UNSET
    ignored_models: Names | UnsetType | None = UNSET
    allowed_providers: Names | UnsetType | None = UNSET
    ignored_providers: Names | UnsetType | None = UNSET
    enforce_zdr: bool | UnsetType | None = UNSET
    enforce_zdr_anthropic: bool | UnsetType | None = UNSET
    enforce_zdr_openai: bool | UnsetType | None = UNSET
    enforce_zdr_google: bool | UnsetType | None = UNSET
    enforce_zdr_xai: bool | UnsetType | None = UNSET
    enforce_zdr_other: bool | UnsetType | None = UNSET
    enable_paid_model_training: bool | UnsetType | None = UNSET
    enable_free_model_training: bool | UnsetType | None = UNSET
    enable_free_model_publication: bool | UnsetType | None = UNSET
    content_filters: Annotated[list[ContentFilter], Meta(max_length=100)] | UnsetType | None = UNSET
    content_filter_builtins: Annotated[list[BuiltinFilter], Meta(max_length=100)] | UnsetType | None = UNSET
    allowed_data_regions: Annotated[list[Region], Meta(min_length=1)] | UnsetType | None = UNSET
    allow_safety_retention_google: bool | UnsetType | None = UNSET
    allow_safety_retention_other: bool | UnsetType | None = UNSET


class NewGuardrail(GuardrailFields, kw_only=True):
    name: Name
    workspace_id: str | None = None


class GuardrailChange(GuardrailFields, kw_only=True):
    name: Name | UnsetType = UNSET


def applied(former: Guardrail, wish: GuardrailFields) -> Guardrail:
    """BadRequest where it would be none that can be kept."""
    said = {name: value for name, value in msgspec.structs.asdict(wish).items() if value is not UNSET}
    changes = {name: value for name, value in said.items() if name not in _OWN}
    if "enforce_zdr" in said:
        changes = dict.fromkeys(_ZDR, said["enforce_zdr"]) | changes
    if isinstance(wish.limit_usd, Decimal):
        changes["limit_nano"] = _nano(wish.limit_usd)
    elif wish.limit_usd is None:
        changes["limit_nano"] = None
    for name in ("allowed_models", "allowed_providers"):
        if name in changes:
            changes[name] = changes[name] or None  # an empty list allows everything
    found = msgspec.structs.replace(former, **changes)
    _check(found)
    return found


def shown(record: GuardrailRecord) -> dict[str, object]:
    """As the API has it."""
    said = record.guardrail
    plain = {name: getattr(said, name) for name in _SHOWN}
    zdr = [getattr(said, name) for name in _ZDR]
    return {
        "id": said.id,
        "workspace_id": record.gateway_id,
        "name": said.name,
        **plain,
        "limit_usd": usd_or_none(said.limit_nano),
        "enforce_zdr": zdr[0] if zdr.count(zdr[0]) == len(zdr) else None,
        "content_filters": _filters(said.content_filters),
        "content_filter_builtins": _builtins(said.content_filter_builtins),
        "created_at": moment(record.created_ms),
        "updated_at": moment(record.modified_ms),
    }


_SHOWN = tuple(
    name
    for name in Guardrail.__struct_fields__
    if name not in {"id", "name", "limit_nano", "content_filters", "content_filter_builtins", "is_default"}
)


def _filters(found: list[ContentFilter] | None) -> list[dict[str, object]] | None:
    if found is None:
        return None
    return [{"pattern": one.pattern, "action": one.action, "label": one.label} for one in found]


def _builtins(found: list[BuiltinFilter] | None) -> list[dict[str, object]] | None:
    if found is None:
        return None
    return [_builtin(one) for one in found]


def _builtin(one: BuiltinFilter) -> dict[str, object]:
    said: dict[str, object] = {"slug": one.slug, "action": one.action, "label": BUILTINS[one.slug].placeholder}
    return said | ({"scan_scope": one.scan_scope} if one.slug == "regex-prompt-injection" else {})


def _check(found: Guardrail) -> None:
    if (found.limit_nano is None) is not (found.reset_interval is None):
        raise BadRequest("`limit_usd` and `reset_interval` have to be set together")
    if found.allowed_data_regions is not None and "global" not in found.allowed_data_regions:
        raise BadRequest("`allowed_data_regions` has to have `global`, where all requests come in here")
    for one in found.content_filters or ():
        _check_pattern(one.pattern)
    for each in found.content_filter_builtins or ():
        if each.slug not in BUILTINS:
            raise BadRequest(f"`content_filter_builtins`: there is no detector for `{each.slug}` here")


def _check_pattern(pattern: str) -> None:
    problem = why_not(pattern) or pattern_fault(pattern)
    if problem:
        beginning = pattern[:100]
        raise BadRequest(
            f"Invalid regex pattern `{beginning}`: {problem}",
            {"code": "invalid_regex_pattern", "pattern": beginning},
        )


def _nano(dollars: Decimal) -> int:
    try:
        nano = nano_of(dollars)
    except ValueError as error:
        raise BadRequest(f"`limit_usd`: {error}") from error
    if nano < 0:
        raise BadRequest("`limit_usd` is 0 or more")
    return nano
