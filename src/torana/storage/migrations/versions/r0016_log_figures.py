"""Which figures occur in each block of logs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "log_figures"
down_revision = "key_limits"


def upgrade() -> None:
    op.create_table(
        "log_block_figures",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("block_id", sa.BigInteger(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", "block_id", name=op.f("pk_log_block_figures")),
    )
