"""What was purged from gateways' caches, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "cache_purges"
down_revision = "audit_logs"


def upgrade() -> None:
    op.create_table(
        "cache_purges",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("key_name", sa.String(length=24), nullable=False),
        sa.Column("mark_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "gateway_id", "key_name", name=op.f("pk_cache_purges")),
    )
