"""What is kept for clients to come back to."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table

from torana.storage.tables.base import metadata

responses = Table(
    "responses",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("caller", String(64), nullable=False),  # a keyed hash of whose it is
    Column("previous_id", String(64), nullable=False),  # empty = it is the first of its conversation
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),  # JSON of a `chain.Link`, compressed
    Index(None, "expires_ms"),
)
