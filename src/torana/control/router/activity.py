"""What was used, by day and endpoint, over the last 30 whole days (openrouter.md 1.3). Days are UTC's."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import sqlalchemy as sa
from msgspec import Meta, Struct

from torana.control.operations import reading
from torana.control.router.asking import workspace
from torana.control.router.money import usd
from torana.control.router.operation import Asked, Data, Operation, of
from torana.control.router.refusals import BadRequest
from torana.storage.tables import activity_days

if TYPE_CHECKING:
    from sqlalchemy import Row

    from torana.control.management.operation import Site

DAYS = 30
DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()
_SUMS = (
    *("cost_nano", "byok_nano", "requests", "tokens_in", "tokens_out", "reasoning_tokens_out", "cached_tokens_in"),
)


class ActivityQuery(Struct):
    date: Annotated[str, Meta(max_length=20)] | None = None
    """`YYYY-MM-DD`; a moment of that day will do."""
    api_key_hash: Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    user_id: Annotated[str, Meta(max_length=256)] | None = None
    """The `user` of the requests, as there are no members."""
    workspace_id: str | None = None
    group_by: Literal["workspace"] | None = None


def show(site: Site, asked: Asked) -> Data:
    """BadRequest for a day that is not among the last ones."""
    query = of(asked.query, ActivityQuery)
    row = activity_days.c
    today = site.store.now_ms() // DAY_MS
    wanted = [row.account_id == asked.key.account_id, row.day >= today - DAYS, row.day < today]
    if query.date is not None:
        wanted.append(row.day == _day(query.date, today))
    if query.api_key_hash is not None:
        wanted.append(row.key_hash == query.api_key_hash.lower())
    if query.user_id is not None:
        wanted.append(row.user_id == query.user_id)
    if query.workspace_id is not None:
        wanted.append(row.gateway_id == workspace(site, asked, query.workspace_id))
    site.bring_in()
    names = [row.day, row.model, row.permaslug, row.endpoint_id, row.provider_name]
    if query.group_by is not None:
        names.append(row.gateway_id)
    sums = [sa.func.sum(row[name]).label(name) for name in _SUMS]
    chosen = sa.select(*names, *sums).where(*wanted).group_by(*names).order_by(row.day.desc(), *names[1:])
    with reading(site.store) as connection:
        found = connection.execute(chosen).all()
    return Data([_shown(one, is_split=query.group_by is not None) for one in found])


def day_of(ordinal: int) -> str:
    """Of days since 1970."""
    return date.fromordinal(_EPOCH + ordinal).isoformat()


def _day(text: str, today: int) -> int:
    try:
        found = date.fromisoformat(text[:10]).toordinal() - _EPOCH
    except ValueError:
        raise BadRequest(f"`date`: `{text}` is no day: write it as YYYY-MM-DD") from None
    if not today - DAYS <= found < today:
        raise BadRequest(f"`date` has to be one of the last {DAYS} completed UTC days")
    return found


def _shown(row: Row[tuple[object, ...]], *, is_split: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "date": day_of(row.day),
        "model": row.model,
        "model_permaslug": row.permaslug,
        "endpoint_id": row.endpoint_id,
        "provider_name": row.provider_name,
        "usage": usd(int(row.cost_nano)),
        "byok_usage_inference": usd(int(row.byok_nano)),
        "requests": int(row.requests),
        "prompt_tokens": int(row.tokens_in),
        "completion_tokens": int(row.tokens_out),
        "reasoning_tokens": int(row.reasoning_tokens_out),
        "cached_tokens": int(row.cached_tokens_in),
    }
    return shown | ({"workspace_id": row.gateway_id} if is_split else {})


OPERATIONS = (
    Operation(
        name="get_user_activity",
        method="GET",
        path="/activity",
        access="management",
        answer=show,
        query=ActivityQuery,
    ),
)
