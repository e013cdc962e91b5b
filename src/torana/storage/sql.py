"""Opens the SQL store: one writing connection, several reading ones, migrated."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from msgspec import Struct
from sqlalchemy import Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite

from torana.priority import give_way
from torana.storage.locks import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 5_000
READERS = 4
MAPPED_BYTES = 2 << 30
_STEPS = 10_000
"""Of SQLite's machine between two looks at the clock: about a millisecond."""
_STEPS_A_TURN = 1_000
_MIGRATIONS = Path(__file__).with_name("migrations")


class StoreError(Exception):
    """The store cannot be opened; the message says what to do."""


class Database(Struct, frozen=True):
    """`writer` has one connection, so writers of a process queue; `reader` cannot write."""

    writer: Engine
    reader: Engine

    def close(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


def open_sqlite(path: Path) -> Database:
    """Opens or makes the file and brings its tables up to date; StoreError where it cannot be used."""
    _register_adapters()
    writer = _engine(path, readonly=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600, exist_ok=True)
        with locked(path.with_suffix(".lock")):
            _migrate(writer)
    except OSError as error:
        raise StoreError(f"`{error.filename or path}` cannot be written: {error.strerror}") from error
    except CommandError as error:
        raise StoreError(f"`{path}` was written by another version of Torana: {error}") from error
    except sqlalchemy.exc.DBAPIError as error:
        raise StoreError(f"`{path}` cannot be used as a database: {error.orig}") from error
    return Database(writer, _engine(path, readonly=True))


def _register_adapters() -> None:
    # The driver asks each None and bool, but no int or str, whether it can be adapted: 0.7 us without an answer here,
    # 0.2 us with one, and a log row has ten of them.
    sqlite3.register_adapter(bool, int)
    sqlite3.register_adapter(type(None), _same)


def _same(value: None) -> None:
    return value


def insert_new(engine: Engine, table: Table, *without: str) -> str:
    """SQL for `exec_driver_sql` and tuples in the order of the columns; a row whose key is there already is left."""
    names = [column.name for column in table.columns if column.name not in without]
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert(table)
    return str(insert.on_conflict_do_nothing().compile(dialect=engine.dialect, column_keys=names))


def replace(engine: Engine, table: Table) -> str:
    """The same, but a row whose key is there already is overwritten."""
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert(table)
    rest = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    statement = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest)
    return str(statement.compile(dialect=engine.dialect))


def add_up(engine: Engine, table: Table, *kept: str) -> str:
    """The same, but what a row counts beyond its key, and these, is added to the row whose key is there already."""
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert(table)
    counts = [c.name for c in table.columns if not c.primary_key and c.name not in kept]
    sums = {name: table.c[name] + insert.excluded[name] for name in counts}
    statement = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)
    return str(statement.compile(dialect=engine.dialect))


def flush_to_disk(engine: Engine) -> None:
    """Makes what was committed survive the machine too."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            # Not within a transaction: the driver's own connection has none open here.
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """What is changed or deleted within does not stay in unused parts of the file."""
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA secure_delete = {before}")


def clear_log(engine: Engine) -> None:
    """Nor in the log that SQLite writes first, unless somebody reads from that for too long."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            # Not within a transaction, as above.
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


class QueryTookTooLong(Exception):
    """A query was given up; a narrower one may do."""


@contextmanager
def time_limit(connection: Connection, seconds: float) -> Iterator[None]:
    """Queries within are given up after so long together: QueryTookTooLong."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(seconds * 1000)}")
        stop = None
    else:
        deadline = time.monotonic() + seconds
        stop = connection.connection.driver_connection
        assert isinstance(stop, sqlite3.Connection)  # noqa: S101  # there is no third kind of store
        stop.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        if any(word in str(error.orig) for word in ("interrupted", "statement timeout")):
            raise QueryTookTooLong(f"the query was given up after {seconds:g} s") from error
        raise
    finally:
        if stop is not None:
            stop.set_progress_handler(None, _STEPS)


def _engine(path: Path, *, readonly: bool) -> Engine:
    engine = sqlalchemy.create_engine(
        sqlalchemy.URL.create("sqlite", database=str(path)),
        pool_size=READERS if readonly else 1,
        max_overflow=READERS if readonly else 0,
        poolclass=sqlalchemy.QueuePool,
    )

    def connected(dbapi: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transactions begin late and cannot be IMMEDIATE; ours are begun below.
        dbapi.isolation_level = None
        dbapi.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        dbapi.execute("PRAGMA foreign_keys = ON")
        if readonly:
            dbapi.execute("PRAGMA query_only = ON")
            # Read in place: a walk over an index of a million logs takes 84 ms so, and 166 ms in copies.
            dbapi.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        else:
            dbapi.execute("PRAGMA journal_mode = WAL")
            dbapi.execute("PRAGMA synchronous = NORMAL")
            dbapi.set_progress_handler(give_way, _STEPS_A_TURN)

    def began(connection: Connection) -> None:
        # A writer that starts as a reader can fail with "busy" in the middle, whatever its timeout.
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)
    return engine


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
