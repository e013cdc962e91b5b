"""Saved filters of logs, and what was evaluated over them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "evaluations"
down_revision = "custom_providers"


def upgrade() -> None:
    op.create_table(
        "datasets",
        *_of_a_gateway("datasets"),
        sa.Column("enable", sa.Boolean(), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
    )
    op.create_table(
        "evaluations",
        *_of_a_gateway("evaluations"),
        sa.Column("datasets", sa.Text(), nullable=False),
        sa.Column("processed", sa.Boolean(), nullable=False),
        sa.Column("total_logs", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "evaluation_results",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("evaluation_type_id", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("status_description", sa.Text(), nullable=False),
        sa.Column("total_logs", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.id"],
            name=op.f("fk_evaluation_results_evaluation_id_evaluations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_results")),
    )


def _of_a_gateway(table: str) -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "gateway_id"],
            ["gateways.account_id", "gateways.id"],
            name=op.f(f"fk_{table}_account_id_gateway_id_gateways"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]
