"""Jobs that push logs elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "logpush_jobs"
down_revision = "log_counts"


def upgrade() -> None:
    op.create_table(
        "logpush_jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("destination", sa.LargeBinary(), nullable=False),
        sa.Column("gateways", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("most_logs", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.Column("pushed", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_success_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_error_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_logpush_jobs_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logpush_jobs")),
    )
