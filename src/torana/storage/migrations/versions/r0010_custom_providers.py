"""Providers of an account's own, and what their models cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "custom_providers"
down_revision = "log_blocks"


def upgrade() -> None:
    op.create_table(
        "custom_providers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("enable", sa.Boolean(), nullable=False),
        sa.Column("beta", sa.Boolean(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("curl_example", sa.Text(), nullable=True),
        sa.Column("js_example", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_custom_providers_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_providers")),
        sa.UniqueConstraint("account_id", "slug", name=op.f("uq_custom_providers_account_id_slug")),
    )
    _create_costs()


def _create_costs() -> None:
    op.create_table(
        "custom_costs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.String(length=36), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_rule", sa.String(length=11), nullable=False),
        sa.Column("cost_type", sa.Text(), nullable=False),
        sa.Column("cost_in", sa.Float(), nullable=True),
        sa.Column("cost_out", sa.Float(), nullable=True),
        sa.Column("enable", sa.Boolean(), nullable=False),
        sa.Column("token_pricing", sa.Text(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_custom_costs_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["custom_providers.id"],
            name=op.f("fk_custom_costs_provider_id_custom_providers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_costs")),
    )
