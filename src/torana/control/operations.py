"""The only writer of configuration: every change goes to the store, then to the snapshot."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import Struct

from torana import snapshot
from torana.errors import CallerError
from torana.snapshot import GATEWAY_ID, AccountConfig, GatewayConfig, Snapshot
from torana.storage.locks import locked
from torana.storage.sql import Database, open_sqlite
from torana.storage.tables import accounts, configuration, gateways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from torana.settings import Settings

DATABASE = "torana.db"
SNAPSHOT = "snapshot"
_LOCK = "configuration.lock"


class InvalidGateway(CallerError):
    code = 7001


class GatewayExists(CallerError):
    status = 409
    code = 7001


class UnknownAccount(CallerError):
    status = 404
    code = 7002


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Store(Struct, frozen=True):
    """The opened store of one data directory."""

    database: Database
    folder: Path
    now_ms: Callable[[], int] = _now_ms

    @property
    def snapshot_path(self) -> Path:
        return self.folder / SNAPSHOT

    def close(self) -> None:
        self.database.close()


def open_store(settings: Settings) -> Store:
    """Makes or migrates the database; StoreError, with what to do, where it cannot be used."""
    return Store(open_sqlite(settings.path(DATABASE)), settings.path())


def ensure_default(store: Store) -> AccountConfig:
    """The first account, made with its gateway `default` at the first start; brings the snapshot up to date."""
    with _changing(store) as connection:
        found = _accounts(connection)
        if found:
            return found[0]
        now = store.now_ms()
        account = AccountConfig(id=secrets.token_hex(16), name="default", created_ms=now)
        connection.execute(sa.insert(accounts).values(id=account.id, name=account.name, created_ms=now))
        _add_gateway(connection, GatewayConfig(account.id, "default", created_ms=now, modified_ms=now))
        _bump(connection)
        return account


def list_accounts(store: Store) -> list[AccountConfig]:
    """Oldest first."""
    with store.database.reader.connect() as connection:
        return _accounts(connection)


def create_gateway(store: Store, account_id: str, gateway_id: str) -> GatewayConfig:
    """InvalidGateway, GatewayExists or UnknownAccount where it may not be."""
    if not GATEWAY_ID.fullmatch(gateway_id):
        raise InvalidGateway(
            f"`{gateway_id}` cannot be a gateway id: use 1 to 64 of a-z, 0-9 and `_`, with single `-` between"
        )
    with _changing(store) as connection:
        if account_id not in {account.id for account in _accounts(connection)}:
            raise UnknownAccount(f"there is no account `{account_id}`")
        if any(g.id == gateway_id for g in _gateways(connection, account_id)):
            raise GatewayExists(f"the gateway `{gateway_id}` exists already")
        now = store.now_ms()
        gateway = GatewayConfig(account_id, gateway_id, created_ms=now, modified_ms=now)
        _add_gateway(connection, gateway)
        _bump(connection)
        return gateway


def list_gateways(store: Store, account_id: str | None = None) -> list[GatewayConfig]:
    """Oldest first; None = of all accounts."""
    with store.database.reader.connect() as connection:
        return _gateways(connection, account_id)


@contextmanager
def _changing(store: Store) -> Iterator[Connection]:
    """One change: refused before the commit where the snapshot would be bad, written to it after the commit.

    A crash in between leaves an older snapshot, which the next change or start replaces.
    """
    with locked(store.folder / _LOCK):
        with store.database.writer.begin() as connection:
            yield connection
            compiled = _compile(connection)
            snapshot.check(compiled)
        snapshot.write(store.snapshot_path, compiled)


def _compile(connection: Connection) -> Snapshot:
    version = connection.execute(sa.select(configuration.c.version)).scalar_one_or_none()
    return Snapshot(version or 0, _accounts(connection), _gateways(connection, None))


def _bump(connection: Connection) -> None:
    changed = connection.execute(sa.update(configuration).values(version=configuration.c.version + 1))
    if not changed.rowcount:
        connection.execute(sa.insert(configuration).values(id=1, version=1))


def _accounts(connection: Connection) -> list[AccountConfig]:
    rows = connection.execute(sa.select(accounts).order_by(accounts.c.created_ms, accounts.c.id))
    return [AccountConfig(row.id, row.name, row.created_ms) for row in rows]


def _gateways(connection: Connection, account_id: str | None) -> list[GatewayConfig]:
    query = sa.select(gateways).order_by(gateways.c.created_ms, gateways.c.id)
    if account_id is not None:
        query = query.where(gateways.c.account_id == account_id)
    return [
        GatewayConfig(row.account_id, row.id, row.collect_logs, row.created_ms, row.modified_ms)
        for row in connection.execute(query)
    ]


def _add_gateway(connection: Connection, gateway: GatewayConfig) -> None:
    connection.execute(
        sa.insert(gateways).values(
            account_id=gateway.account_id,
            id=gateway.id,
            collect_logs=gateway.collect_logs,
            created_ms=gateway.created_ms,
            modified_ms=gateway.modified_ms,
        )
    )
