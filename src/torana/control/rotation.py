"""Another master key for all that is sealed, and a seal for what former versions kept otherwise."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana import sealing
from torana.control.audit import Resource, audit
from torana.control.custom_providers import list_providers, read_headers, sealed_columns
from torana.control.key_rows import compiled_data_keys
from torana.control.logpush.vault import reveal_former
from torana.control.logpush.vault import sealed_columns as destination_columns
from torana.control.operations import bump, changing, list_accounts
from torana.errors import KeyUnreadable
from torana.providers.custom import holds_secret
from torana.storage.sql import clear_log, overwriting
from torana.storage.tables import custom_providers, data_keys, logpush_jobs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.custom_providers import CustomProvider
    from torana.control.operations import Store
    from torana.settings import Settings

log = logging.getLogger("torana.control")


def rotate_master(store: Store, settings: Settings) -> int:
    """Seals all data keys with a new master key, and tells how many there were. MasterKeyError.

    In a file it is made here; elsewhere the operator has put a new one before the old. Secrets stay as they are,
    workers that meet a master key they do not know ask for it, so nothing is interrupted.
    """
    in_file = sealing.is_in_file(settings)
    if in_file:
        sealing.load(settings)  # a first one, where there is none
        sealing.put_first(settings, key := sealing.new_key(), keep=True)
    masters = sealing.load(settings)
    with changing(store) as connection:
        wrapped = [one for one in compiled_data_keys(connection) if one.master_id != masters.first_id]
        if not wrapped and not in_file:
            raise sealing.MasterKeyError(
                f"{masters.where} has no newer master key: put one before the old one, with a comma between"
            )
        for one in wrapped:
            again = masters.wrap(one.id, masters.unwrap(one))
            values = {"master_id": again.master_id, "sealed": again.sealed}
            connection.execute(sa.update(data_keys).where(data_keys.c.id == one.id).values(values))
        for account in list_accounts(store):
            _audit(connection, store, account.id, masters.first_id, [one.master_id for one in wrapped])
        bump(connection)
    seal_rest(store)
    if in_file:
        sealing.put_first(settings, key, keep=False)
    return len(wrapped)


def seal_rest(store: Store) -> int:
    """Seals what former versions kept in the clear, or with another key; how much that was. MasterKeyError.

    To be called at each start: a migration has no master key.
    """
    with store.database.reader.connect() as connection:
        if not _has_rest(connection):
            return 0
    with changing(store) as connection, overwriting(connection):
        count = _seal_headers(connection, store) + _seal_destinations(connection, store)
        bump(connection)
    clear_log(store.database.writer)
    return count


def _has_rest(connection: Connection) -> bool:
    jobs = sa.select(logpush_jobs.c.id).where(logpush_jobs.c.data_key_id.is_(None)).limit(1)
    return any(map(_is_clear, list_providers(connection))) or connection.execute(jobs).first() is not None


def _is_clear(one: CustomProvider) -> bool:
    return one.sealed is None and any(map(holds_secret, read_headers(one.fields.headers)))


def _seal_headers(connection: Connection, store: Store) -> int:
    clear = [*filter(_is_clear, list_providers(connection))]
    for one in clear:
        changed = sa.update(custom_providers).where(custom_providers.c.id == one.id)
        connection.execute(changed.values(sealed_columns(connection, store, one)))
    return len(clear)


def _seal_destinations(connection: Connection, store: Store) -> int:
    count = 0
    former = sa.select(logpush_jobs).where(logpush_jobs.c.data_key_id.is_(None))
    for row in connection.execute(former).all():
        try:
            destination = reveal_former(store.folder, row)
        except KeyUnreadable as error:
            # It stays as useless as it is: whoever looks at the job is told the same.
            log.warning("%s", error.message)
            continue
        changed = sa.update(logpush_jobs).where(logpush_jobs.c.id == row.id)
        connection.execute(changed.values(destination_columns(connection, store, row.id, destination)))
        count += 1
    return count


def _audit(connection: Connection, store: Store, account_id: str, new: str, old: list[str]) -> None:
    """Ids tell master keys apart and nothing of them."""
    resource = Resource(account_id, "master_key", new)
    audit(connection, store, "update", resource, {"ids": sorted({*old})}, {"ids": [new], "data_keys": len(old)})
