"""Which API token did a log's caller show?"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("logs", sa.Column("token_id", sa.String(length=32), nullable=True))
