"""Secrets of custom providers and of logpush jobs, sealed with data keys.

What is there is sealed by `control.rotation` at the next start: a migration has no master key. The columns refer to
`data_keys` without a constraint, which SQLite could add only by copying tables that others refer to.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "sealed_secrets"
down_revision = "provider_keys"


def upgrade() -> None:
    op.add_column("custom_providers", sa.Column("data_key_id", sa.String(length=32), nullable=True))
    op.add_column("custom_providers", sa.Column("sealed_headers", sa.Text(), nullable=True))
    op.add_column("logpush_jobs", sa.Column("data_key_id", sa.String(length=32), nullable=True))
