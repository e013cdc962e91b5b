"""How often a provider's key may be used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "key_limits"
down_revision = "sealed_secrets"


def upgrade() -> None:
    op.add_column("provider_keys", sa.Column("rate_limit", sa.BigInteger(), nullable=True))
    op.add_column("provider_keys", sa.Column("rate_limit_period", sa.BigInteger(), nullable=True))
