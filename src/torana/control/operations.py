"""The only writer of configuration: every change goes to the store, then to the snapshot."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from torana import snapshot
from torana.addresses import Reach, read_reach
from torana.control.audit import SYSTEM, Actor, Resource, audit
from torana.control.compiling import compiled
from torana.control.custom_prices import with_prices
from torana.control.custom_providers import compiled_providers
from torana.control.enforced import check_enforced
from torana.control.gateway_settings import GatewaySettings
from torana.control.key_rows import compiled_data_keys, compiled_key_limits, compiled_keys
from torana.control.purges import Marks, forget, mark, read_marks
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.control.router.configured import compiled_routers, forget_workspace
from torana.control.router.key_rows import compiled_router_keys, granted_nano
from torana.control.safe import Masters
from torana.control.token_rows import compiled_tokens
from torana.errors import CallerError
from torana.local.embedding import weights as embedding
from torana.sealing import load as load_masters
from torana.snapshot import GATEWAY_ID, AccountConfig, GatewayConfig, Snapshot
from torana.storage.cataloguing import Stock
from torana.storage.locks import locked
from torana.storage.sql import Database, open_sqlite
from torana.storage.tables import accounts, configuration, gateways, provider_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Row

    from torana.limits import KeyLimit
    from torana.settings import Settings

DATABASE = "torana.db"
SNAPSHOT = "snapshot"
_LOCK = "configuration.lock"
_NO_MARKS = Marks()


class InvalidGateway(InvalidInput):
    pass


class GatewayExists(CallerError):
    status = 409
    code = 7001


class UnknownAccount(NoSuchThing):
    pass


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Store(Struct, frozen=True):
    """The opened store of one data directory."""

    database: Database
    folder: Path
    now_ms: Callable[[], int] = _now_ms
    masters: Masters = msgspec.field(default_factory=Masters)
    """What secrets are sealed with."""
    actor: Actor = SYSTEM
    """In whose name it is changed."""
    missing_for_vectors: Callable[[], str] = str
    """What is not there for a semantic cache, and what to do; empty = nothing."""
    reach: Reach = Reach()
    """What users of the API may point custom providers and the like at."""

    stock: Stock = msgspec.field(default_factory=Stock)
    """The router's models."""
    within: Connection | None = None
    """The transaction that changes are part of; None = each is one of its own."""

    def acting(self, actor: Actor) -> Store:
        """The same store, in another name."""
        return msgspec.structs.replace(self, actor=actor)

    @property
    def snapshot_path(self) -> Path:
        return self.folder / SNAPSHOT

    def close(self) -> None:
        self.database.close()


def open_store(settings: Settings) -> Store:
    """Makes or migrates the database; StoreError, with what to do, where it cannot be used."""
    return Store(
        open_sqlite(settings.path(DATABASE)),
        settings.path(),
        masters=Masters(partial(load_masters, settings)),
        missing_for_vectors=partial(embedding.missing, settings),
        reach=read_reach(settings.allow_private_upstreams),
        stock=Stock(settings),
    )


def ensure_default(store: Store) -> AccountConfig:
    """The first account, made with its gateway `default` at the first start; brings the snapshot up to date."""
    with changing(store) as connection:
        found = _accounts(connection)
        if found:
            return found[0]
        now = store.now_ms()
        account = AccountConfig(id=secrets.token_hex(16), name="default", created_ms=now)
        connection.execute(sa.insert(accounts).values(id=account.id, name=account.name, created_ms=now))
        audit(connection, store, "create", Resource(account.id, "account", account.id), new=account)
        settings = GatewaySettings()
        first = compiled((account.id, "default"), settings, (now, now))
        _add_gateway(connection, first, settings)
        audit(connection, store, "create", _resource(first), new=_value(first.id, settings))
        bump(connection)
        return account


def list_accounts(store: Store) -> list[AccountConfig]:
    """Oldest first."""
    with store.database.reader.connect() as connection:
        return _accounts(connection)


class GatewayRecord(Struct, frozen=True):
    """A gateway as the store has it: what workers are told, and all that was set."""

    config: GatewayConfig
    settings: GatewaySettings


def create_gateway(
    store: Store, account_id: str, gateway_id: str, settings: GatewaySettings | None = None
) -> GatewayConfig:
    """InvalidInput, GatewayExists or UnknownAccount where it may not be."""
    if not GATEWAY_ID.fullmatch(gateway_id):
        raise InvalidGateway(
            f"`{gateway_id}` cannot be a gateway id: use 1 to 64 of a-z, 0-9 and `_`, with single `-` between",
            "body",
            "id",
        )
    settings = settings or GatewaySettings()
    check_enforced(settings)
    _check_vectors(store, settings)
    with changing(store) as connection:
        if account_id not in {account.id for account in _accounts(connection)}:
            raise UnknownAccount(f"there is no account `{account_id}`")
        if connection.execute(sa.select(gateways.c.id).where(*_is(account_id, gateway_id))).first() is not None:
            raise GatewayExists(f"the gateway `{gateway_id}` exists already")
        now = store.now_ms()
        gateway = compiled((account_id, gateway_id), settings, (now, now))
        _add_gateway(connection, gateway, settings)
        audit(connection, store, "create", _resource(gateway), new=_value(gateway_id, settings))
        bump(connection)
        return gateway


def update_gateway(store: Store, account_id: str, gateway_id: str, settings: GatewaySettings) -> GatewayRecord:
    """Replaces all settings; InvalidInput or NoSuchThing where that may not be."""
    check_enforced(settings)
    _check_vectors(store, settings)
    with changing(store) as connection:
        found = _record(connection, account_id, gateway_id)
        times = found.config.created_ms, max(store.now_ms(), found.config.modified_ms)
        if settings.cache_invalidate_on_update or found.settings.cache_invalidate_on_update:
            mark(connection, (account_id, gateway_id), times[1])
        marks = read_marks(connection, account_id).get((account_id, gateway_id), _NO_MARKS)
        config = compiled((account_id, gateway_id), settings, times, marks)
        changed = sa.update(gateways).where(*_is(account_id, gateway_id))
        values = {"collect_logs": config.collect_logs, "modified_ms": config.modified_ms, "settings": to_json(settings)}
        connection.execute(changed.values(values))
        old, new = _value(gateway_id, found.settings), _value(gateway_id, settings)
        audit(connection, store, "update", _resource(config), old, new)
        bump(connection)
        return GatewayRecord(config, settings)


def _check_vectors(store: Store, settings: GatewaySettings) -> None:
    wish = settings.semantic_cache
    if wish is not None and wish.enabled and (missing := store.missing_for_vectors()):
        raise InvalidInput(f"`semantic_cache` cannot be switched on: {missing}", "body", "semantic_cache")


def delete_gateway(store: Store, account_id: str, gateway_id: str) -> GatewayRecord:
    """The gateway as it was; its logs stay. NoSuchThing where it is not there."""
    with changing(store) as connection:
        found = _record(connection, account_id, gateway_id)
        connection.execute(sa.delete(gateways).where(*_is(account_id, gateway_id)))
        # Another gateway that takes its name must not find its keys.
        own = (provider_keys.c.account_id == account_id, provider_keys.c.gateway_id == gateway_id)
        connection.execute(sa.delete(provider_keys).where(*own))
        forget(connection, (account_id, gateway_id))
        forget_workspace(connection, account_id, gateway_id)
        audit(connection, store, "delete", _resource(found.config), old=_value(gateway_id, found.settings))
        bump(connection)
        return found


def purge_cache(store: Store, account_id: str, gateway_id: str, key: str | None = None) -> int:
    """Of one key that callers chose, or whole (None); the moment of it. NoSuchThing where there is no such gateway."""
    with changing(store) as connection:
        _record(connection, account_id, gateway_id)
        now = store.now_ms()
        mark(connection, (account_id, gateway_id), now, key)
        audit(connection, store, "delete", Resource(account_id, "ai_gateway.cache", gateway_id), old={"key": key})
        bump(connection)
        return now


def find_gateway(store: Store, account_id: str, gateway_id: str) -> GatewayRecord:
    """NoSuchThing where it is not there."""
    with reading(store) as connection:
        return _record(connection, account_id, gateway_id)


def list_gateways(store: Store, account_id: str | None = None) -> list[GatewayConfig]:
    """Oldest first; None = of all accounts."""
    with store.database.reader.connect() as connection:
        return _gateways(connection, account_id)


def list_gateway_records(store: Store, account_id: str) -> list[GatewayRecord]:
    """Oldest first."""
    with store.database.reader.connect() as connection:
        return _records(connection, account_id)


@contextmanager
def reading(store: Store) -> Iterator[Connection]:
    """What is there, with what the change under way has made of it."""
    if store.within is not None:
        yield store.within
        return
    with store.database.reader.connect() as connection:
        yield connection


@contextmanager
def changing(store: Store) -> Iterator[Connection]:
    """One change: refused before the commit where the snapshot would be bad, written to it after the commit.

    A crash in between leaves an older snapshot, which the next change or start replaces. Within another change it is a
    part of that one.
    """
    if store.within is not None:
        yield store.within
        return
    with locked(store.folder / _LOCK):
        with store.database.writer.begin() as connection:
            yield connection
            data = snapshot.encode(_compile(connection))
        snapshot.replace(store.snapshot_path, data)


def _resource(gateway: GatewayConfig) -> Resource:
    return Resource(gateway.account_id, "ai_gateway.gateway", gateway.id)


def _value(gateway_id: str, settings: GatewaySettings) -> dict[str, object]:
    """A gateway as the audit log has it."""
    return {"id": gateway_id, **msgspec.structs.asdict(settings)}


def _compile(connection: Connection) -> Snapshot:
    version = connection.execute(sa.select(configuration.c.version)).scalar_one_or_none()
    return Snapshot(
        version or 0,
        _with_credits(connection),
        _configs(connection),
        tokens=compiled_tokens(connection),
        keys=compiled_keys(connection),
        data_keys=compiled_data_keys(connection),
        custom_providers=with_prices(connection, compiled_providers(connection)),
        router_keys=compiled_router_keys(connection),
        routers=compiled_routers(connection),
    )


def _with_credits(connection: Connection) -> list[AccountConfig]:
    granted = granted_nano(connection)
    return [msgspec.structs.replace(account, credits_nano=granted.get(account.id)) for account in _accounts(connection)]


@contextmanager
def changing_together(store: Store) -> Iterator[Store]:
    """The store for several changes that are made all, or none: what is raised undoes them."""
    with changing(store) as connection:
        yield msgspec.structs.replace(store, within=connection)


def _configs(connection: Connection) -> list[GatewayConfig]:
    """All gateways, oldest first."""
    row = gateways.c
    columns = (row.account_id, row.id, row.collect_logs, row.created_ms, row.modified_ms, row.settings)
    found = connection.execute(sa.select(*columns).order_by(row.created_ms, row.id))
    marks, limits = read_marks(connection), compiled_key_limits(connection)
    return [_limited(_marked(_config((*row,)), marks), limits) for row in found]


def _marked(config: GatewayConfig, marks: Mapping[tuple[str, str], Marks]) -> GatewayConfig:
    found = marks.get((config.account_id, config.id))
    if found is None:
        return config
    return msgspec.structs.replace(config, cache_mark=found.whole, cache_key_marks=found.keys)


def _limited(config: GatewayConfig, limits: Mapping[tuple[str, str], list[KeyLimit]]) -> GatewayConfig:
    found = limits.get((config.account_id, config.id))
    return config if found is None else msgspec.structs.replace(config, key_limits=found)


@lru_cache(maxsize=1 << 16)
def _config(row: tuple[str, str, bool, int, int, str]) -> GatewayConfig:
    """Remembered, as of ten thousand gateways few change from one snapshot to the next."""
    account_id, gateway_id, collect_logs, created_ms, modified_ms, settings = row
    stored = msgspec.json.decode(settings, type=GatewaySettings)
    whole = msgspec.structs.replace(stored, collect_logs=collect_logs)
    return compiled((account_id, gateway_id), whole, (created_ms, modified_ms))


def bump(connection: Connection) -> None:
    """To be called by each change: the ingester and the workers know by it that there was one."""
    changed = connection.execute(sa.update(configuration).values(version=configuration.c.version + 1))
    if not changed.rowcount:
        connection.execute(sa.insert(configuration).values(id=1, version=1))


def _accounts(connection: Connection) -> list[AccountConfig]:
    rows = connection.execute(sa.select(accounts).order_by(accounts.c.created_ms, accounts.c.id))
    return [AccountConfig(row.id, row.name, row.created_ms) for row in rows]


def _gateways(connection: Connection, account_id: str | None) -> list[GatewayConfig]:
    return [record.config for record in _records(connection, account_id)]


def _records(connection: Connection, account_id: str | None) -> list[GatewayRecord]:
    query = sa.select(gateways).order_by(gateways.c.created_ms, gateways.c.id)
    if account_id is not None:
        query = query.where(gateways.c.account_id == account_id)
    return _to_records(connection, connection.execute(query).all(), account_id)


def _record(connection: Connection, account_id: str, gateway_id: str) -> GatewayRecord:
    row = connection.execute(sa.select(gateways).where(*_is(account_id, gateway_id))).one_or_none()
    if row is None:
        raise NoSuchThing(f"there is no gateway `{gateway_id}`")
    return _to_records(connection, [row], account_id)[0]


def _is(account_id: str, gateway_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return gateways.c.account_id == account_id, gateways.c.id == gateway_id


def _to_records(
    connection: Connection, rows: Sequence[Row[tuple[object, ...]]], account_id: str | None
) -> list[GatewayRecord]:
    marks, limits = read_marks(connection, account_id), compiled_key_limits(connection, account_id)
    found = []
    for row in rows:
        stored = msgspec.json.decode(row.settings, type=GatewaySettings)
        settings = msgspec.structs.replace(stored, collect_logs=row.collect_logs)
        name, times = (row.account_id, row.id), (row.created_ms, row.modified_ms)
        config = compiled(name, settings, times, marks.get(name, _NO_MARKS))
        found.append(GatewayRecord(_limited(config, limits), settings))
    return found


def to_json(settings: GatewaySettings) -> str:
    return msgspec.json.encode(settings).decode()


def _add_gateway(connection: Connection, gateway: GatewayConfig, settings: GatewaySettings) -> None:
    connection.execute(
        sa.insert(gateways).values(
            account_id=gateway.account_id,
            id=gateway.id,
            collect_logs=gateway.collect_logs,
            created_ms=gateway.created_ms,
            modified_ms=gateway.modified_ms,
            settings=to_json(settings),
        )
    )
