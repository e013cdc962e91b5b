"""What was served, summed by the minute and the hour: it outlives the logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Sequence

revision = "minutes"
down_revision = "logpush_jobs"

_BUCKETS = 36
_PLACE = ("account_id", "start_ms", "gateway_id")


def upgrade() -> None:
    for span in ("minutes", "hours"):
        _create_requests(f"request_{span}")
        _create_metadata(f"metadata_{span}")


def _create_requests(table: str) -> None:
    key: list[sa.Column[Any]] = [
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("provider", "model")),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        *(_flag(name) for name in ("is_stream", "cached", "is_error", "is_rate_limited")),
    ]
    names = ("requests", "cancelled", "tokens_in", "tokens_out", "cached_tokens_in", "reasoning_tokens_out")
    more = ("cost_nano", "unpriced", "duration_us", "first_byte_us", "first_bytes")
    _create(table, key, [*(_sum(name) for name in (*names, *more)), *_buckets("duration"), *_buckets("first_byte")])


def _create_metadata(table: str) -> None:
    names = ("requests", "errors", "cached", "tokens_in", "tokens_out", "cost_nano", "duration_us")
    key = [sa.Column(name, sa.Text(), nullable=False) for name in ("key", "value")]
    _create(table, key, [_sum(name) for name in names])


def _create(table: str, key: Sequence[sa.Column[Any]], sums: Sequence[sa.Column[Any]]) -> None:
    op.create_table(
        table,
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        *key,
        *sums,
        sa.PrimaryKeyConstraint(*_PLACE, *(column.name for column in key), name=op.f(f"pk_{table}")),
        sqlite_with_rowid=False,
    )


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _sum(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _buckets(name: str) -> list[sa.Column[int]]:
    return [
        sa.Column(f"{name}_{number}", sa.Integer(), server_default="0", nullable=False) for number in range(_BUCKETS)
    ]
