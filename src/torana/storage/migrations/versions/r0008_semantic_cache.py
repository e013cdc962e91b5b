"""What the semantic cache found: how like, and like which log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "semantic_cache"
down_revision = "minutes"


def upgrade() -> None:
    op.add_column("logs", sa.Column("similarity", sa.Float(), nullable=True))
    op.add_column("logs", sa.Column("similar_to", sa.String(length=36), nullable=True))
