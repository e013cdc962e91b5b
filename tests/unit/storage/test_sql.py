"""The SQL store: migrated, one writer, readers beside it, clear messages."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from torana.storage import sql
from torana.storage.sql import StoreError, flush_to_disk, insert_new, open_sqlite, replace
from torana.storage.tables import accounts, gateways, journal_positions, logs, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torana.storage.sql import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_sqlite(tmp_path / "torana.db")
    yield opened
    opened.close()


def test_the_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    with database.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_opening_twice_changes_nothing_and_keeps_the_rows(tmp_path: Path) -> None:
    for _ in range(2):
        database = open_sqlite(tmp_path / "torana.db")
        with database.writer.begin() as connection:
            connection.exec_driver_sql(insert_new(database.writer, accounts), [("a" * 32, "one", 1)])
            assert connection.execute(sa.select(accounts.c.name)).scalars().all() == ["one"]
        database.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    open_sqlite(tmp_path / "torana.db").close()
    assert stat.S_IMODE((tmp_path / "torana.db").stat().st_mode) == 0o600


def test_the_store_is_in_wal_with_foreign_keys(database: Database) -> None:
    with database.writer.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert values == ["wal", 1, 1, 5_000]


def test_a_long_write_gives_way_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[None] = []
    monkeypatch.setattr(sql, "give_way", lambda: given.append(None))
    store = open_sqlite(tmp_path / "torana.db")
    try:
        with store.writer.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE numbers (number INTEGER)")
            before = len(given)
            connection.exec_driver_sql("INSERT INTO numbers VALUES (?)", [(number,) for number in range(10_000)])
            assert len(given) - before >= 20
    finally:
        store.close()


def test_a_reader_cannot_write(database: Database) -> None:
    with database.reader.connect() as connection, pytest.raises(sa.exc.OperationalError, match="readonly"):
        connection.execute(sa.insert(accounts).values(id="a" * 32, name="", created_ms=1))


def test_readers_see_what_was_committed_while_a_writer_is_busy(database: Database) -> None:
    row = {"id": "a" * 32, "name": "one", "created_ms": 1}
    with database.writer.begin() as writing:
        writing.execute(sa.insert(accounts).values(row))
        with database.reader.connect() as reading:
            assert reading.execute(sa.select(sa.func.count()).select_from(accounts)).scalar_one() == 0
    with database.reader.connect() as reading:
        assert reading.execute(sa.select(accounts.c.name)).scalar_one() == "one"


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.writer.begin() as connection:
            connection.execute(sa.insert(accounts).values(id="a" * 32, name="one", created_ms=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reader.connect() as connection:
        assert connection.execute(sa.select(accounts)).all() == []


def test_compiled_statements_take_tuples_and_leave_or_replace_what_is_there(database: Database) -> None:
    leave, overwrite = insert_new(database.writer, journal_positions), replace(database.writer, journal_positions)
    with database.writer.begin() as connection:
        assert connection.exec_driver_sql(leave, [("a", 1), ("b", 2)]).rowcount == 2
        assert connection.exec_driver_sql(leave, [("a", 9), ("c", 3)]).rowcount == 1
        connection.exec_driver_sql(overwrite, [("a", 5), ("d", 4)])
        rows = connection.execute(sa.select(journal_positions).order_by(journal_positions.c.segment)).all()
    assert [tuple(row) for row in rows] == [("a", 5), ("b", 2), ("c", 3), ("d", 4)]


def test_newest_first_within_a_gateway_needs_no_sorting(database: Database) -> None:
    query = (
        sa.select(logs).where(logs.c.account_id == "a", logs.c.gateway_id == "g").order_by(logs.c.id.desc()).limit(20)
    )
    text = str(query.compile(database.reader, compile_kwargs={"literal_binds": True}))
    with database.reader.connect() as connection:
        plan = " ".join(row.detail for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text))
    assert "ix_logs_account_id_gateway_id_id" in plan
    assert "TEMP B-TREE" not in plan


def test_what_is_flushed_is_in_the_main_file(tmp_path: Path, database: Database) -> None:
    with database.writer.begin() as connection:
        connection.exec_driver_sql(insert_new(database.writer, journal_positions), [("a", 1)])
    flush_to_disk(database.writer)
    alone = tmp_path / "alone.db"
    alone.write_bytes((tmp_path / "torana.db").read_bytes())
    with sqlite3.connect(alone) as copy:
        assert copy.execute("SELECT * FROM journal_positions").fetchall() == [("a", 1)]
    copy.close()


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "torana.db"
    database = open_sqlite(path)
    with database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreError, match="another version"):
        open_sqlite(path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "torana.db"
    path.write_bytes(b"this is a text and has always been one" * 100)
    with pytest.raises(StoreError, match=r"torana\.db.*not a database"):
        open_sqlite(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        open_sqlite(tmp_path / "file" / "torana.db")


OPEN = (
    "import sys; from pathlib import Path; from torana.storage.sql import open_sqlite; open_sqlite(Path(sys.argv[1]))"
)


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(tmp_path / "torana.db")]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors


def test_a_store_of_the_first_version_keeps_its_gateways_and_logs(tmp_path: Path) -> None:
    path = tmp_path / "torana.db"
    config = Config()
    config.set_main_option("script_location", str(Path(sql.__file__).with_name("migrations")))
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO accounts VALUES ('a', 'one', 1)")
        connection.exec_driver_sql("INSERT INTO gateways VALUES ('a', 'g', 0, 1, 2)")
    engine.dispose()
    database = open_sqlite(path)
    with database.reader.connect() as connection:
        row = connection.execute(sa.select(gateways)).one()
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.close()
    assert tuple(row) == ("a", "g", False, 1, 2, "{}")
