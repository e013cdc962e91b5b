"""Runs the migrations on the connection that `storage.sql` hands over."""

from __future__ import annotations

from alembic import context

from torana.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a column by copying its table
)
context.run_migrations()
