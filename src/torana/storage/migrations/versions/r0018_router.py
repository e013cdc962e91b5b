"""The router: keys, money, generations, what its callers configure."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "router"
down_revision = "responses"


def upgrade() -> None:
    op.create_table(
        "activity_days",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("model", sa.String(length=256), nullable=False),
        sa.Column("permaslug", sa.String(length=256), nullable=False),
        sa.Column("endpoint_id", sa.String(length=64), nullable=False),
        sa.Column("provider_name", sa.String(length=128), nullable=False),
        sa.Column("cost_nano", sa.BigInteger(), nullable=False),
        sa.Column("byok_nano", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens_out", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens_in", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day",
            "account_id",
            "gateway_id",
            "key_hash",
            "user_id",
            "model",
            "permaslug",
            "endpoint_id",
            "provider_name",
            name=op.f("pk_activity_days"),
        ),
    )
    op.create_table(
        "auth_codes",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("method", sa.String(length=5), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_auth_codes")),
    )
    op.create_index(op.f("ix_auth_codes_expires_ms"), "auth_codes", ["expires_ms"], unique=False)
    op.create_table(
        "endpoint_minutes",
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=256), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("successes", sa.BigInteger(), nullable=False),
        sa.Column("refusals", sa.BigInteger(), nullable=False),
        sa.Column("latencies", sa.Text(), nullable=False),
        sa.Column("throughputs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "provider", "model", name=op.f("pk_endpoint_minutes")),
    )
    op.create_table(
        "generation_feedback",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("generation_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_generation_feedback")),
    )
    op.create_index(
        op.f("ix_generation_feedback_generation_id"), "generation_feedback", ["generation_id"], unique=False
    )
    op.create_table(
        "generations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("log_id", sa.String(length=36), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generations")),
    )
    op.create_index(op.f("ix_generations_created_ms"), "generations", ["created_ms"], unique=False)
    op.create_index(op.f("ix_generations_log_id"), "generations", ["log_id"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("amount_nano", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_id")),
    )
    op.create_index(op.f("ix_ledger_account_id_seq"), "ledger", ["account_id", "seq"], unique=False)
    op.create_table(
        "ledger_totals",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("grants_nano", sa.BigInteger(), nullable=False),
        sa.Column("usage_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ledger_totals")),
    )
    op.create_table(
        "presets",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "gateway_id", "slug", "version", name=op.f("pk_presets")),
    )
    op.create_table(
        "router_key_days",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("cost_nano", sa.BigInteger(), nullable=False),
        sa.Column("byok_nano", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", "day", name=op.f("pk_router_key_days")),
    )
    op.create_table(
        "byok_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=True),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("data_key_id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_byok_keys_account_id_accounts")),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_keys.id"], name=op.f("fk_byok_keys_data_key_id_data_keys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_byok_keys")),
    )
    op.create_table(
        "guardrails",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_guardrails_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardrails")),
    )
    op.create_table(
        "router_keys",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("is_management", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("limit_nano", sa.BigInteger(), nullable=True),
        sa.Column("limit_reset", sa.String(length=7), nullable=True),
        sa.Column("include_byok", sa.Boolean(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("creator_user_id", sa.Text(), nullable=True),
        sa.Column("external_user", sa.Text(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=True),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_router_keys_account_id_accounts")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_router_keys")),
    )
    op.create_index(
        op.f("ix_router_keys_account_id_created_ms"), "router_keys", ["account_id", "created_ms"], unique=False
    )
    op.create_table(
        "guardrail_assignments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("guardrail_id", sa.String(length=36), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardrail_id"],
            ["guardrails.id"],
            name=op.f("fk_guardrail_assignments_guardrail_id_guardrails"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guardrail_id", "key_hash", name=op.f("pk_guardrail_assignments")),
        sa.UniqueConstraint("id", name=op.f("uq_guardrail_assignments_id")),
    )
    op.create_table(
        "workspaces",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("modified_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "gateway_id", name=op.f("pk_workspaces")),
    )
