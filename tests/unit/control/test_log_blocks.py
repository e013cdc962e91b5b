"""Blocks say where a filter need not look; with them and without, it finds the same logs."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torana.catalog.prices import Prices
from torana.control import log_blocks
from torana.control.ingest import Ingester
from torana.control.log_blocks import LAST, Block, metadata_terms
from torana.control.log_changes import change_log, delete_logs
from torana.control.log_figures import FIGURES
from torana.control.log_filters import LogFilter, conditions
from torana.control.log_limits import Surplus
from torana.control.log_pages import Cut, Place, chosen, find_page
from torana.control.log_prunes import prunes
from torana.control.retention import delete_surplus
from torana.exchange import Usage
from torana.journal import Journal
from torana.storage import sql, tables
from unit.storage.records import ACCOUNT, log_id, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.control.log_filters import Key, Operator, Value
    from torana.storage.sql import Database

GATEWAYS = ("default", "other")
PLACE = Place(ACCOUNT, "default")
METADATA = ("", '{"user":"ann"}', '{"user":"Bob","n":1.5}', '{"n":2,"n":3}', '{"on":true}', "[]", "{", '{"big":1e300}')
MODELS = ("gpt-4o", "o3", "", "GPT-5")
COUNT = 160


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Logs that come in out of their order, in several batches, some changed and some deleted afterwards."""
    folder = tmp_path_factory.mktemp("blocks")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(log_blocks, "ROWS", 10)
        patched.setattr(log_blocks, "_OPEN_EACH", 2)
        patched.setattr(log_blocks, "_OPEN", 3)
        opened = sql.open_sqlite(folder / "torana.db")
        _fill(opened, folder)
        yield opened
        opened.close()


def _fill(database: Database, folder: Path) -> None:
    dice = random.Random(3)  # noqa: S311  # test data
    numbers = sorted(range(COUNT), key=lambda number: number + dice.randrange(40))
    journal = Journal(folder / "journal", "w", 1 << 30)
    journal.open()
    ingester = Ingester(database.writer, folder / "journal", Prices(None), folder / "lock", batch_rows=7)
    for number in numbers:
        usage = None if dice.random() < 0.2 else Usage(tokens_in=dice.randrange(50), tokens_out=dice.randrange(5))
        record = make_record(
            number,
            gateway_id=dice.choice(GATEWAYS),
            model=dice.choice(MODELS if number > 50 else MODELS[:2]),
            status=dice.choice((200, 200, 500)) if number % 30 < 10 else 200,
            cached=number % 50 == 0,
            usage=usage,
            custom_cost="" if dice.random() < 0.5 else f'{{"total_cost":{number // 20}}}',
            metadata=dice.choice(METADATA) if 60 < number < 130 else "",
            user_agent="curl/8" if number < 100 else "python",
            request_type="Compat" if number in (30, 31) else "",
            token_id="t1" if 40 < number < 44 else "",
            duration_us=1000 * (number // 8),
        )
        assert journal.append(record)
        if dice.random() < 0.1:
            ingester.run_once()
    ingester.run_once()
    journal.close()
    ingester.close()
    with database.writer.begin() as connection:
        for number in (3, 4, 5):
            for gateway_id in GATEWAYS:
                change_log(connection, Place(ACCOUNT, gateway_id), log_id(number), {"metadata": '{"late":"yes"}'})
        some = [LogFilter("id", "eq", [log_id(number) for number in range(80, 120, 7)])]
        assert delete_logs(connection, PLACE, Cut(conditions(some), some, count=100))


VALUES: dict[Key, list[Value]] = {
    "cost": [None, 0, 1, 3, 4.5, 7, 100, -1],
    "tokens": [None, 0, 20, 54, 100],
    "tokens_in": [None, 0, 10, 49, 1000],
    "tokens_out": [None, 0, 4, 5],
    "duration": [0, 3, 3.5, 19, 20],
    "success": [True, False, "1", "0"],
    "cached": ["true", False],
    "authentication": [True, False],
    "provider": ["openai", "nobody", ""],
    "model": ["gpt-4o", "gpt", "o3", "", "GPT-5", "%"],
    "user_agent": ["curl/8", "PYTHON", "nothing"],
    "request_type": ["", "x"],
    "compatibilityMode": [True, False],
    "request_content_type": ["application/json", "text"],
    "metadata.key": ["user", "n", "late", "on", "big", "no"],
    "metadata.value": ["ann", "bob", "Bob", 2, 3, 1.5, "1.5", True, "yes", "1.0e+300", "no"],
    "created_at": ["2026-11-18T11:06:40.050Z"],
}
OPERATORS: dict[str, list[Operator]] = {
    **{key: ["eq", "neq", "lt", "gt"] for key in ("cost", "tokens", "tokens_in", "tokens_out", "duration")},
    **{key: ["eq", "neq"] for key in ("success", "cached", "authentication", "compatibilityMode")},
    "created_at": ["lt", "gt"],
}


@st.composite
def filters(draw: st.DrawFn) -> LogFilter:
    key = draw(st.sampled_from(list(VALUES)))
    operator = draw(st.sampled_from(OPERATORS.get(key, ["eq", "neq", "contains"])))
    values = draw(st.lists(st.sampled_from(VALUES[key]), min_size=1, max_size=2))
    if operator in ("lt", "gt"):
        values = [value for value in values if value is not None] or [1]
    return LogFilter(key, operator, values)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(filters(), min_size=1, max_size=3), st.sampled_from(["asc", "desc"]), st.integers(0, 30))
def test_with_blocks_and_without_the_same_logs_are_found(
    database: Database, wanted: list[LogFilter], direction: str, first: int
) -> None:
    for order in ("created_at", "model"):
        cut = Cut(conditions(wanted), wanted, order, direction, first, 20)  # type: ignore[arg-type]  # one of two
        with database.reader.connect() as connection:
            plainly = list(connection.execute(chosen(PLACE, cut, [])).scalars())
            assert [row.seq for row in find_page(connection, PLACE, cut)] == plainly


@pytest.mark.parametrize(
    ("one", "least"),
    [
        (LogFilter("cost", "gt", [100]), 0),
        (LogFilter("duration", "eq", [3.5]), 0),
        (LogFilter("duration", "eq", [3]), 1),
        (LogFilter("metadata.key", "eq", ["nobody"]), 0),
        (LogFilter("model", "contains", ["nothing"]), 0),
        (LogFilter("request_type", "neq", ["", "Compat"]), 0),
        (LogFilter("compatibilityMode", "eq", [True]), 1),
        (LogFilter("metadata.value", "eq", ["ann"]), 1),
        (LogFilter("metadata.value", "eq", ["yes"]), 1),
    ],
)
def test_where_nothing_fits_nothing_is_looked_at(database: Database, one: LogFilter, least: int) -> None:
    with database.reader.connect() as connection:
        count = sa.select(sa.func.count()).select_from(tables.log_blocks)
        left = connection.execute(count.where(*prunes(connection, (ACCOUNT, "default"), [one]))).scalar_one()
        assert least <= left <= (connection.execute(count).scalar_one() - 2) * least


def test_blocks_cut_the_ids_of_a_gateway_without_gaps(database: Database) -> None:
    with database.reader.connect() as connection:
        for gateway_id in GATEWAYS:
            of = sa.select(tables.log_blocks).where(tables.log_blocks.c.gateway_id == gateway_id)
            blocks = connection.execute(of.order_by(tables.log_blocks.c.first_id)).all()
            assert len(blocks) > 4
            assert [block.first_id for block in blocks] == ["", *(block.end_id for block in blocks[:-1])]
            assert blocks[-1].end_id == LAST


def test_blocks_go_with_the_last_of_their_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_blocks, "ROWS", 10)
    database = sql.open_sqlite(tmp_path / "torana.db")
    journal = Journal(tmp_path / "journal", "w", 1 << 30)
    journal.open()
    for number in range(95):
        assert journal.append(make_record(number, metadata=f'{{"n":"{number}"}}'))
    journal.close()
    ingester = Ingester(database.writer, tmp_path / "journal", Prices(None), tmp_path / "lock", batch_rows=5)
    ingester.run_once()
    ingester.close()
    assert delete_surplus(database.writer, Surplus((ACCOUNT, "default"), 42)) == 42
    with database.reader.connect() as connection:
        blocks = connection.execute(sa.select(tables.log_blocks).order_by(tables.log_blocks.c.first_id)).all()
        assert blocks[0].first_id == log_id(39) + "0"
        postings = set(connection.execute(sa.select(tables.log_block_terms.c.block_id)).scalars())
        assert postings == {block.id for block in blocks if block.last_id}
        bitmaps = connection.execute(sa.select(tables.log_block_figures.c.name, tables.log_block_figures.c.block_id))
        assert {(*row,) for row in bitmaps} == {(name, block.id) for block in blocks[:-1] for name in FIGURES}
    database.close()


def test_a_figure_that_comes_late_to_a_full_block_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_blocks, "ROWS", 10)
    database = sql.open_sqlite(tmp_path / "torana.db")
    journal = Journal(tmp_path / "journal", "w", 1 << 30)
    journal.open()
    ingester = Ingester(database.writer, tmp_path / "journal", Prices(None), tmp_path / "lock")
    wanted = [LogFilter("duration", "eq", [77])]
    for number in (*range(0, 60, 2), 5):
        assert journal.append(make_record(number, duration_us=77_000 if number == 5 else 1_000 * number + 50_000))
        ingester.run_once()
        with database.reader.connect() as connection:
            found = find_page(connection, PLACE, Cut(conditions(wanted), wanted))
            assert [row.id for row in found] == [log_id(5)] * (number == 5)
            count = sa.select(sa.func.count()).select_from(tables.log_blocks)
            left = connection.execute(count.where(*prunes(connection, (ACCOUNT, "default"), wanted))).scalar_one()
    assert left == 1
    journal.close()
    ingester.close()
    database.close()


def test_values_that_json_and_sql_write_differently_may_be_any() -> None:
    assert list(metadata_terms('{"a":1,"b":1.5,"c":true,"d":null,"e":"x","f":[1],"g":99999999999999999999}')) == [
        *(("metadata.key", "a"), ("metadata.value", "1")),
        *(("metadata.key", "b"), ("metadata.value", log_blocks.ANY)),
        *(("metadata.key", "c"), ("metadata.value", "true")),
        *(("metadata.key", "d"), ("metadata.value", log_blocks.ANY)),
        *(("metadata.key", "e"), ("metadata.value", "x")),
        *(("metadata.key", "f"), ("metadata.value", log_blocks.ANY)),
        *(("metadata.key", "g"), ("metadata.value", log_blocks.ANY)),
    ]
    assert list(metadata_terms("[" * 100_000)) == list(metadata_terms("nonsense")) == list(metadata_terms('"x"')) == []


def test_a_block_of_former_logs_may_hold_anything(tmp_path: Path) -> None:
    database = sql.open_sqlite(tmp_path / "torana.db")
    journal = Journal(tmp_path / "journal", "w", 1 << 30)
    journal.open()
    ingester = Ingester(database.writer, tmp_path / "journal", Prices(None), tmp_path / "lock")
    assert journal.append(make_record(1, metadata='{"a":"b"}'))
    ingester.run_once()
    with database.writer.begin() as connection:  # as the migration leaves them
        connection.exec_driver_sql("DELETE FROM log_block_terms")
        former = Block(1, (ACCOUNT, "default"), "", LAST, is_summed=False)
        values = {"is_summed": False, "end_id": former.end_id, "least_duration_us": None, "most_duration_us": None}
        connection.execute(sa.update(tables.log_blocks).values(values))
    ingester.close()
    for number, value in ((2, "c"), (3, "d")):
        assert journal.append(make_record(number, metadata=f'{{"a":"{value}"}}'))
        ingester.run_once()
    ingester.close()
    journal.close()
    with database.reader.connect() as connection:
        for value, number in (("b", 1), ("c", 2), ("d", 3)):
            wanted = [LogFilter("metadata.value", "eq", [value]), LogFilter("duration", "gt", [0])]
            found = find_page(connection, PLACE, Cut(conditions(wanted), wanted))
            assert [row.id for row in found] == [log_id(number)]
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.log_blocks)).scalar_one() == 2
    database.close()
