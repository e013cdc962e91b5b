"""The operation that shows what a gateway spends: until now, by the day, and where that leads."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.control.analytics.query import Question, answer
from torana.control.forecast import DAYS, Forecast, forecast, runs_out_ms
from torana.control.limits import LimitState, limits_of
from torana.control.log_filters import to_ms
from torana.control.management.operation import Asked, One, Operation, Site
from torana.control.operations import find_gateway
from torana.control.queries import to_rfc3339
from torana.limits import Technique
from torana.periods import DAY_MS, day_number, day_of, period
from torana.storage.counters import LONGEST_S, STEPS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.snapshot import GatewayConfig

SHOWN_DAYS = 30


class DaySpend(Struct, kw_only=True):
    """What one day cost."""

    day: str
    """`2026-01-31`, of UTC."""
    cost: float
    """USD."""


class SpendLimitState(Struct, kw_only=True):
    """One spend limit; its figures are those of its fullest value."""

    id: str
    value: str
    """Which of the values that the limit splits by, such as a model; empty where it does not split."""
    limit: float
    """USD."""
    used: float
    """USD within the window that ends now."""
    held: float
    """USD of calls under way, whose cost is not known yet."""
    remaining: float
    """USD."""
    window: int
    """Seconds."""
    technique: Technique
    by: list[str]
    """What it is split by: `provider`, `model`, `metadata.<key>`; empty where it is one for all."""
    resets_at: str | None
    """When it begins anew; null for one that slides, of which a part is free again with each moment."""
    runs_out_at: str | None
    """When nothing is left at the pace of the current window; null where it lasts at that pace."""


class Spend(Struct, kw_only=True):
    """USD; days, weeks (from Monday) and months are those of UTC."""

    today: float
    week: float
    month: float
    forecast_month: Forecast | None
    """What this month will have cost at its end, by the mean and spread of the last 14 full days; null with less than
    3 days of data."""
    per_day: list[DaySpend]
    """The last 30, today the last of them."""
    limits: list[SpendLimitState]
    """Those that are on."""


def get_spend(site: Site, asked: Asked) -> One[Spend]:
    config = find_gateway(site.store, asked.path["account_id"], asked.path["gateway_id"]).config
    site.bring_in()
    now_ms = site.store.now_ms()
    with site.store.database.reader.connect() as connection:
        costs = _by_day(connection, config, now_ms)
    limits = [limit_state(state, now_ms) for state in limits_of(site.store.folder, config) if state.kind == "spend"]
    return One(result=spend_of(costs, limits, now_ms))


def spend_of(costs: dict[int, float], limits: list[SpendLimitState], now_ms: int) -> Spend:
    """`costs` are by day since 1970-01-01; days without a request may be missing, but not the first one of all."""
    today, month = day_of(now_ms), period("monthly", now_ms)

    def since(first: int) -> float:
        return sum(cost for day, cost in costs.items() if day >= first)

    spent = since(month.first_day)
    looked_at = range(max(today - DAYS, min(costs, default=today)), today)
    left_days = ((month.ends_ms or now_ms) - now_ms) / DAY_MS
    return Spend(
        today=since(today),
        week=since(period("weekly", now_ms).first_day),
        month=spent,
        forecast_month=forecast(spent, [costs.get(day, 0.0) for day in looked_at], left_days),
        per_day=[
            DaySpend(day=_text(day), cost=costs.get(day, 0.0)) for day in range(today - SHOWN_DAYS + 1, today + 1)
        ],
        limits=limits,
    )


def _by_day(connection: Connection, config: GatewayConfig, now_ms: int) -> dict[int, float]:
    """Of this month, and of as many days as are shown."""
    first = min(period("monthly", now_ms).first_day, day_of(now_ms) - SHOWN_DAYS + 1)
    question = Question(
        account_id=config.account_id,
        gateways=[config.id],
        metrics=["cost"],
        since_ms=first * DAY_MS,
        until_ms=now_ms + 1,
        granularity="day",
    )
    rows = answer(connection, question).rows
    return {day_number(date.fromisoformat((row.time or "")[:10])): float(row.metrics["cost"] or 0) for row in rows}


def limit_state(state: LimitState, now_ms: int) -> SpendLimitState:
    window_ms = min(state.window, LONGEST_S) * 1000
    if state.technique == "fixed":
        start_ms = now_ms - now_ms % window_ms
        end_ms = start_ms + window_ms
    else:
        # What is counted together is free again together, one step after the window.
        end_ms = now_ms + window_ms if state.eases_at is None else to_ms(state.eases_at)
        start_ms = end_ms - window_ms - window_ms // STEPS
    found = runs_out_ms(state.used, state.remaining, start_ms, end_ms, now_ms)
    return SpendLimitState(
        id=state.id,
        value=state.values[0].value if state.values else "",
        limit=state.limit,
        used=state.used,
        held=state.held,
        remaining=state.remaining,
        window=state.window,
        technique=state.technique,
        by=state.by,
        resets_at=to_rfc3339(end_ms) if state.technique == "fixed" else None,
        runs_out_at=None if found is None else to_rfc3339(found),
    )


def _text(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()


OPERATIONS = (
    Operation(
        name="get_spend",
        method="GET",
        path="/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/spend",
        summary="Show what a gateway spent, by the day, with a forecast and the state of its spend limits.",
        tag="Gateways",
        permission="read",
        answer=get_spend,
        result=One[Spend],
        refusals=(404,),
    ),
)
