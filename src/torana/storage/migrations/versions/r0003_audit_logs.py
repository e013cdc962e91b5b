"""The audit log: an entry for each change of the configuration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "audit_logs"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "audit_logs",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("when_ms", sa.BigInteger(), nullable=False),
        sa.Column("interface", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("old_json", sa.Text(), nullable=True),
        sa.Column("new_json", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_logs")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_logs_id")),
    )
    op.create_index(op.f("ix_audit_logs_account_id_seq"), "audit_logs", ["account_id", "seq"])
