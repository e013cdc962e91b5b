"""Where do a gateway's limits stand? Read from the workers' own counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from torana.control.queries import to_rfc3339
from torana.limits import Technique
from torana.policies.rate_limit import key_limits, rate_limits
from torana.policies.spend_limit import NANO, spend_limits
from torana.storage.mapped_counters import COUNTERS, MappedCounters, exist

if TYPE_CHECKING:
    from pathlib import Path

    from torana.snapshot import GatewayConfig
    from torana.storage.counters import Rule, Standing

MOST_VALUES = 100


class LimitValue(Struct, kw_only=True):
    """One counter of a limit: requests, or USD."""

    value: str
    """What it is of, such as a model; empty where the limit does not split."""
    used: float
    """Within the window that ends now."""
    held: float
    """By calls under way, whose cost is not known yet."""
    remaining: float
    eases_at: str | None
    """When the first of what was used stops to count; null where nothing was."""


class LimitState(Struct, kw_only=True):
    """One limit; its figures are those of its fullest value."""

    kind: Literal["rate", "spend"]
    id: str
    limit: float
    """Requests, or USD."""
    window: int
    """Seconds."""
    technique: Technique
    by: list[str]
    """What it is split by: `token`, `provider`, `model`, `metadata.<key>`; empty where it is one for all."""
    used: float
    held: float
    remaining: float
    eases_at: str | None
    values: list[LimitValue]
    """The fullest 100; those at rest are not there."""
    value_count: int


def limits_of(folder: Path, config: GatewayConfig) -> list[LimitState]:
    """Rate limits first, each kind in the order of its settings. OSError where the counters cannot be read."""
    rates, spends = [*rate_limits(config), *key_limits(config)], spend_limits(config)
    rules = [each.rule for each in rates] + [each.rule for each in spends]
    standings = _standings(folder / COUNTERS, rules)
    heads: list[tuple[Literal["rate", "spend"], str, int, Technique, list[str]]] = [
        ("rate", each.id, each.interval_s, each.technique, [] if each.by in {"gateway", "key"} else [each.by])
        for each in rates
    ]
    heads += [("spend", each.id, each.window_s, each.technique, list(each.splits)) for each in spends]
    return [_state(*head, rule, found) for head, rule, found in zip(heads, rules, standings, strict=True)]


def _standings(folder: Path, rules: list[Rule]) -> list[list[Standing]]:
    if not rules or not exist(folder):
        return [[] for _ in rules]
    with MappedCounters(folder) as counters:
        return counters.standings([rule.id for rule in rules])


def _state(  # noqa: PLR0913, PLR0917  # one value a column
    kind: Literal["rate", "spend"],
    id_: str,
    window_s: int,
    technique: Technique,
    by: list[str],
    rule: Rule,
    found: list[Standing],
) -> LimitState:
    unit = NANO if kind == "spend" else 1
    values = [_value(each, rule.limit, unit) for each in found[:MOST_VALUES]]
    fullest = values[0] if values else None
    limit = rule.limit / unit
    return LimitState(
        kind=kind,
        id=id_,
        limit=limit,
        window=window_s,
        technique=technique,
        by=by,
        used=fullest.used if fullest else 0,
        held=fullest.held if fullest else 0,
        remaining=fullest.remaining if fullest else limit,
        eases_at=fullest.eases_at if fullest else None,
        values=values,
        value_count=len(found),
    )


def _value(standing: Standing, limit: int, unit: int) -> LimitValue:
    return LimitValue(
        value=standing.label,
        used=standing.used / unit,
        held=standing.held / unit,
        remaining=max(0, limit - standing.used - standing.held) / unit,
        eases_at=to_rfc3339(standing.eases_us // 1000) if standing.eases_us else None,
    )
