"""What workers are told of providers' keys: all of it, sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana.snapshot import DataKeyConfig, KeyConfig, KeysConfig
from torana.storage.tables import data_keys, provider_keys

if TYPE_CHECKING:
    from sqlalchemy import Connection


def compiled_keys(connection: Connection) -> list[KeysConfig]:
    """By gateway, oldest first."""
    row = provider_keys.c
    columns = (row.account_id, row.gateway_id, row.provider, row.alias, row.is_default, row.data_key_id, row.sealed)
    found: dict[str, list[KeyConfig]] = {}
    for account_id, gateway_id, *key in connection.execute(sa.select(*columns).order_by(row.created_ms, row.id)):
        found.setdefault(f"{account_id}/{gateway_id}", []).append(KeyConfig(*key))
    return [KeysConfig(key, keys) for key, keys in found.items()]


def compiled_data_keys(connection: Connection) -> list[DataKeyConfig]:
    """Oldest first."""
    row = data_keys.c
    found = connection.execute(sa.select(row.id, row.master_id, row.sealed).order_by(row.created_ms, row.id))
    return [DataKeyConfig(*values) for values in found]
