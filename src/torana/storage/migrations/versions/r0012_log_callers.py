"""Which API token did a log's caller show?"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "log_callers"
down_revision = "evaluations"


def upgrade() -> None:
    op.add_column("logs", sa.Column("token_id", sa.String(length=32), nullable=True))
