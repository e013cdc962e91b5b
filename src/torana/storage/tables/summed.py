"""What was served, summed by the minute and by the hour."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, PrimaryKeyConstraint, SmallInteger, String, Table, Text

from torana.storage.tables.base import metadata

HISTOGRAM = 36
"""Buckets of a histogram of spans: control.analytics.histogram says which."""


def _buckets(name: str) -> list[Column[int]]:
    return [Column(f"{name}_{number}", Integer, nullable=False, server_default="0") for number in range(HISTOGRAM)]


def _of_requests(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("account_id", String(32), nullable=False),
        Column("start_ms", BigInteger, nullable=False),
        Column("gateway_id", String(64), nullable=False),
        Column("provider", Text, nullable=False),
        Column("model", Text, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("is_stream", Boolean, nullable=False),
        Column("cached", Boolean, nullable=False),
        Column("is_error", Boolean, nullable=False),
        Column("is_rate_limited", Boolean, nullable=False),
        Column("requests", BigInteger, nullable=False),
        Column("cancelled", BigInteger, nullable=False),
        Column("tokens_in", BigInteger, nullable=False),
        Column("tokens_out", BigInteger, nullable=False),
        Column("cached_tokens_in", BigInteger, nullable=False),
        Column("reasoning_tokens_out", BigInteger, nullable=False),
        Column("cost_nano", BigInteger, nullable=False),
        Column("unpriced", BigInteger, nullable=False),  # used tokens, at an unknown cost
        Column("duration_us", BigInteger, nullable=False),
        Column("first_byte_us", BigInteger, nullable=False),
        Column("first_bytes", BigInteger, nullable=False),  # requests of which one came
        *_buckets("duration"),
        *_buckets("first_byte"),
        PrimaryKeyConstraint(
            *("account_id", "start_ms", "gateway_id", "provider", "model"),
            *("status", "is_stream", "cached", "is_error", "is_rate_limited"),
        ),
        sqlite_with_rowid=False,
    )


def _of_metadata(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("account_id", String(32), nullable=False),
        Column("start_ms", BigInteger, nullable=False),
        Column("gateway_id", String(64), nullable=False),
        Column("key", Text, nullable=False),
        Column("value", Text, nullable=False),  # as text, cut
        Column("requests", BigInteger, nullable=False),
        Column("errors", BigInteger, nullable=False),
        Column("cached", BigInteger, nullable=False),
        Column("tokens_in", BigInteger, nullable=False),
        Column("tokens_out", BigInteger, nullable=False),
        Column("cost_nano", BigInteger, nullable=False),
        Column("duration_us", BigInteger, nullable=False),
        PrimaryKeyConstraint("account_id", "start_ms", "gateway_id", "key", "value"),
        sqlite_with_rowid=False,
    )


# What was served, summed by the minute and by the hour. It outlives the logs that it was made from. Rows lie in the
# order of the key, so a span of time is read in one go, whichever gateways are asked for.
request_minutes = _of_requests("request_minutes")
request_hours = _of_requests("request_hours")
metadata_minutes = _of_metadata("metadata_minutes")
metadata_hours = _of_metadata("metadata_hours")
