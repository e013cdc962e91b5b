"""How many logs each gateway has, for limits and totals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "log_counts"
down_revision = "cache_purges"


def upgrade() -> None:
    op.create_table(
        "log_counts",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "gateway_id", name=op.f("pk_log_counts")),
    )
    op.execute(
        "INSERT INTO log_counts (account_id, gateway_id, count) "
        "SELECT account_id, gateway_id, count(*) FROM logs GROUP BY account_id, gateway_id"
    )
