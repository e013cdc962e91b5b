"""What analytics count: what was used, as facts with a moment, names and figures (openrouter.md 1.3).

By the day they come from sums that are kept for ever, finer ones from single generations and their logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import Struct

from torana import routed
from torana.control.operations import reading
from torana.control.router.activity import DAY_MS
from torana.storage.tables import activity_days, generations, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torana.control.operations import Store

BY_DAY = ("model", "provider", "api_key_id", "user", "workspace")
"""Names that the sums of days know."""
BY_GENERATION = (
    *BY_DAY,
    *("generation_id", "session_id", "app", "origin", "api_type", "finish_reason", "router", "preset", "service_tier"),
    *("endpoint", "is_byok"),
)


class Fact(Struct):
    """Some requests that have all their names in common; times are in milliseconds, summed over them."""

    at_ms: int
    names: dict[str, str]
    """Empty = it has none of this kind."""
    requests: int = 0
    cost_nano: int = 0
    byok_nano: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    reasoning: int = 0
    cached: int = 0
    timed: int = 0
    """How many of them have times."""
    first_ms: float = 0.0
    total_ms: float = 0.0


class Span(Struct, frozen=True):
    """From a moment up to another, that one not included."""

    start_ms: int
    end_ms: int


def of_days(store: Store, account_id: str, span: Span) -> Iterator[Fact]:
    """Days are counted whole."""
    row = activity_days.c
    days = row.day >= span.start_ms // DAY_MS, row.day <= (span.end_ms - 1) // DAY_MS
    with reading(store) as connection:
        for one in connection.execute(sa.select(activity_days).where(row.account_id == account_id, *days)):
            yield Fact(
                at_ms=one.day * DAY_MS,
                names={
                    "model": one.permaslug or one.model,
                    "provider": one.provider_name,
                    "api_key_id": one.key_hash,
                    "user": one.user_id,
                    "workspace": one.gateway_id,
                },
                requests=one.requests,
                cost_nano=one.cost_nano,
                byok_nano=one.byok_nano,
                tokens_in=one.tokens_in,
                tokens_out=one.tokens_out,
                reasoning=one.reasoning_tokens_out,
                cached=one.cached_tokens_in,
            )


def count_generations(store: Store, account_id: str, span: Span) -> int:
    query = sa.select(sa.func.count()).select_from(generations).where(*_within(account_id, span))
    with reading(store) as connection:
        return connection.execute(query).scalar_one()


def of_generations(store: Store, account_id: str, span: Span) -> Iterator[Fact]:
    row, log = generations.c, logs.c
    columns = (row.gateway_id, row.key_hash, row.created_ms, row.content)
    figures = (log.tokens_in, log.tokens_out, log.reasoning_tokens_out, log.cached_tokens_in)
    query = sa.select(*columns, *figures, log.first_byte_us, log.duration_us).where(*_within(account_id, span))
    with reading(store) as connection:
        for one in connection.execute(query.outerjoin(logs, log.id == row.log_id)):
            said = routed.decode(one.content)
            yield Fact(
                at_ms=one.created_ms,
                names=_names(said) | {"api_key_id": one.key_hash, "workspace": one.gateway_id},
                requests=1,
                cost_nano=said.cost_nano,
                byok_nano=said.upstream_nano if said.is_byok else 0,
                tokens_in=one.tokens_in or 0,
                tokens_out=one.tokens_out or 0,
                reasoning=one.reasoning_tokens_out or 0,
                cached=one.cached_tokens_in or 0,
                timed=one.duration_us is not None,
                first_ms=(one.first_byte_us or one.duration_us or 0) / 1000,
                total_ms=(one.duration_us or 0) / 1000,
            )


def _within(account_id: str, span: Span) -> tuple[sa.ColumnElement[bool], ...]:
    row = generations.c
    return row.account_id == account_id, row.created_ms >= span.start_ms, row.created_ms < span.end_ms


def _names(said: routed.Routed) -> dict[str, str]:
    return {
        "generation_id": said.id,
        "model": said.permaslug or said.model,
        "provider": said.provider_name,
        "user": said.user,
        "session_id": said.session_id,
        "app": said.app_title,
        "origin": said.app_url,
        "api_type": said.api_type,
        "finish_reason": said.finish_reason,
        "router": said.router,
        "preset": said.preset_id,
        "service_tier": said.service_tier,
        "endpoint": said.endpoint_id,
        "is_byok": str(said.is_byok).lower(),
    }
