"""What is in each thousand logs, so that filters need not look where nothing can fit.

Logs that are there already are one block of their gateway, of which nothing is known.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "log_blocks"
down_revision = "semantic_cache"


def upgrade() -> None:
    figures = ("cost_nano", "duration_us", "tokens_in", "tokens_out", "tokens")
    op.create_table(
        "log_blocks",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("first_id", sa.String(length=40), nullable=False),
        sa.Column("end_id", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.String(length=36), nullable=False),
        sa.Column("is_summed", sa.Boolean(), nullable=False),
        *(sa.Column(f"{end}_{name}", sa.BigInteger(), nullable=True) for name in figures for end in ("least", "most")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_blocks")),
        sa.UniqueConstraint(
            "account_id", "gateway_id", "first_id", name=op.f("uq_log_blocks_account_id_gateway_id_first_id")
        ),
    )
    op.create_table(
        "log_terms",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_terms")),
    )
    op.create_index(op.f("ix_log_terms_account_id_gateway_id_key"), "log_terms", ["account_id", "gateway_id", "key"])
    op.create_table(
        "log_block_terms",
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("block_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("term_id", "block_id", name=op.f("pk_log_block_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_log_block_terms_block_id"), "log_block_terms", ["block_id"])
    op.execute(
        "INSERT INTO log_blocks (id, account_id, gateway_id, first_id, end_id, count, last_id, is_summed) "
        "SELECT row_number() OVER (ORDER BY account_id, gateway_id), account_id, gateway_id, '', '~', count, '', false "
        "FROM log_counts"
    )
