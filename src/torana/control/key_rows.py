"""What workers are told of providers' keys: all of it, sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana.limits import KeyLimit
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


def compiled_key_limits(connection: Connection, account_id: str | None = None) -> dict[tuple[str, str], list[KeyLimit]]:
    """How often keys may be used, by account and gateway; None = of all accounts."""
    row = provider_keys.c
    query = sa.select(row.account_id, row.gateway_id, row.provider, row.alias, row.rate_limit, row.rate_limit_period)
    query = query.where(row.rate_limit.is_not(None)).order_by(row.created_ms, row.id)
    if account_id is not None:
        query = query.where(row.account_id == account_id)
    found: dict[tuple[str, str], list[KeyLimit]] = {}
    for owner, gateway_id, provider, alias, limit, interval in connection.execute(query):
        one = KeyLimit(provider=provider, alias=alias, limit=limit, interval=interval)
        found.setdefault((owner, gateway_id), []).append(one)
    return found


def compiled_data_keys(connection: Connection) -> list[DataKeyConfig]:
    """Oldest first."""
    row = data_keys.c
    found = connection.execute(sa.select(row.id, row.master_id, row.sealed).order_by(row.created_ms, row.id))
    return [DataKeyConfig(*values) for values in found]
