"""What the management API needs: tokens, settings of gateways, feedback, and indexes for lists of logs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_tokens()
    op.add_column("gateways", sa.Column("settings", sa.Text(), server_default="{}", nullable=False))
    op.add_column("logs", sa.Column("feedback", sa.Float(), nullable=True))
    op.add_column("logs", sa.Column("score", sa.Float(), nullable=True))
    _index_logs()


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("preview", sa.String(length=4), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("gateways", sa.Text(), nullable=True),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tokens_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_tokens_hash")),
    )


def _index_logs() -> None:
    scope = ["account_id", "gateway_id"]
    op.drop_index(op.f("ix_logs_account_id_gateway_id_id"), table_name="logs")
    op.create_index(
        "ix_logs_account_id_gateway_id_id_figures",
        "logs",
        [*scope, "id", "cost_nano", "duration_us", "tokens_in", "tokens_out", "status", "is_broken", "cached"],
    )
    op.create_index(op.f("ix_logs_account_id_gateway_id_provider_id"), "logs", [*scope, "provider", "id"])
    op.create_index(op.f("ix_logs_account_id_gateway_id_model_id"), "logs", [*scope, "model", "id"])
    op.create_index(op.f("ix_logs_event_id"), "logs", ["event_id"])
    op.create_index(
        "ix_logs_account_id_gateway_id_id_rated",
        "logs",
        [*scope, "id"],
        sqlite_where=sa.text("feedback IS NOT NULL"),
        postgresql_where=sa.text("feedback IS NOT NULL"),
    )
