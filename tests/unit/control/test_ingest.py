"""From the journal into the store: what is kept, and what happens when something is broken."""

from __future__ import annotations

import asyncio
import gzip
import os
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import pytest
import sqlalchemy as sa

from torana.catalog.prices import ModelPrice, Prices, ProviderPrices, Table
from torana.control import ingest, meters
from torana.control.ingest import Ingester
from torana.control.logs import Bodies, load_bodies
from torana.control.totals import MOST_SERIES, OTHER, Sums, Totals
from torana.exchange import Attempt, Format, Usage
from torana.formats import FORMATS
from torana.journal import Journal, Record, segments
from torana.storage.sql import open_sqlite
from torana.storage.tables import journal_positions, log_bodies, logs
from unit.storage.records import NOW_MS, count, make_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torana.storage.sql import Database

RowOf: TypeAlias = dict[str, object]
GPT_4O = ModelPrice(id="gpt-4o", input=10**9, output=2 * 10**9)
PRICES = Prices(Table("prices-1", {"openai": ProviderPrices([GPT_4O])}))


class Place:
    """A data directory with its store, a journal to write to, and an ingester."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal_folder = folder / "journal"
        self.database: Database = open_sqlite(folder / "torana.db")
        self.ingester = self.new_ingester()
        self.journal = Journal(self.journal_folder, "worker", 1 << 30)
        self.journal.open()

    def new_ingester(self) -> Ingester:
        return Ingester(self.database.writer, self.journal_folder, PRICES, self.folder / "ingest.lock")

    def store(self, *records: Record) -> list[RowOf]:
        """All rows, in the order of their storing, once these records are there too."""
        for record in records:
            assert self.journal.append(record)
        self.ingester.run_once()
        return self.rows()

    def rows(self) -> list[RowOf]:
        with self.database.reader.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(sa.select(logs).order_by(logs.c.seq))]

    def bodies(self, record: Record) -> Bodies | None:
        with self.database.reader.connect() as connection:
            return load_bodies(connection, record.id)

    def count(self, table: sa.Table) -> int:
        with self.database.reader.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

    def tell_writer(self, sql: str) -> None:
        with self.database.writer.begin() as connection:
            connection.exec_driver_sql(sql)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.journal.close()
    made.ingester.close()
    made.database.close()


def test_a_record_whose_bodies_nobody_read_is_read_and_priced(place: Place) -> None:
    record = make_record(
        1,
        provider="openai",
        format="openai_chat",
        model="",
        is_stream=False,
        usage=None,
        attempts=[Attempt("openai", "", 200)],
        request_body=b'{"model": "gpt-4o"}',
        response_body=b'{"usage": {"prompt_tokens": 10, "completion_tokens": 5}}',
        is_unread=True,
    )
    [row] = place.store(record)
    assert (row["model"], row["tokens_in"], row["tokens_out"]) == ("gpt-4o", 10, 5)
    assert row["cost_nano"] == 20_000
    assert msgspec.json.decode(str(row["attempts"]))[0]["model"] == "gpt-4o"


def test_while_it_stores_others_have_the_core(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(ingest, "give_way", lambda: given.append("read"))
    monkeypatch.setattr(meters, "give_way", lambda: given.append("count"))
    assert len(place.store(*map(make_record, range(200)))) == 200
    assert given.count("read") >= 20
    assert given.count("count") >= 4


def test_every_field_of_a_record_is_in_its_column(place: Place) -> None:
    usage = Usage(
        tokens_in=100,
        tokens_out=50,
        cached_tokens_in=40,
        cache_write_tokens_in=30,
        cache_write_1h_tokens_in=20,
        audio_tokens_in=5,
        reasoning_tokens_out=7,
        audio_tokens_out=3,
    )
    record = make_record(
        1,
        usage=usage,
        metadata='{"user":"ä"}',
        error="none",
        token_id="t1",
        credential="stored:default",
        step=2,
        request_type="Universal",
        is_truncated=True,
        cancelled=True,
        is_broken=True,
        similarity=0.9321,
        similar_to="01a205cd-e16c-7bbe-86c7-056dc9fde5f8",
    )
    [row] = place.store(record)
    kept = msgspec.structs.asdict(record) | msgspec.structs.asdict(usage)
    for name in ("usage", "cost_nano", "request_headers", "request_body", "response_headers", "response_body"):
        del kept[name]
    for name in ("trace_id", "parent_span_id"):
        del kept[name]  # for spans alone
    del kept["kept"], kept["routed"]  # in tables of their own
    del kept["is_unread"]  # done with by then
    for name in ("duration_s", "first_byte_s"):
        kept[name.replace("_s", "_us")] = round(kept.pop(name) * 1e6)
    for name in ("response_content_type", "response_encoding"):
        kept[name] = kept[name].decode()
    kept["created_ms"] = NOW_MS + 1
    kept["attempts"] = msgspec.json.encode(record.attempts).decode()
    assert {name: row[name] for name in kept} == kept
    own = {"seq", "cost_nano", "cost_source", "price_version", "bodies_in", "feedback", "score"}
    assert row.keys() - kept.keys() == own
    assert (row["cost_nano"], row["cost_source"], row["price_version"]) == (200_000, "table", "prices-1")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"usage": None}, (None, None, None)),
        ({"usage": Usage(tokens_in=10, tokens_out=5)}, (20_000, "table", "prices-1")),
        ({"usage": Usage(tokens_in=10), "model": "unheard-of"}, (None, None, None)),
        ({"usage": Usage(tokens_in=10, cost_nano=77)}, (77, "provider", None)),
        ({"usage": Usage(tokens_in=10), "provider": "local", "model": "m"}, (0, "table", "prices-1")),
        ({"usage": Usage(tokens_in=10), "cached": True}, (0, None, None)),
        ({"custom_cost": '{"total_cost": 0.5}'}, (500_000_000, "custom", None)),
        ({"usage": Usage(tokens_in=10, cost_nano=77), "custom_cost": '{"per_token_in": 1}'}, (10**10, "custom", None)),
        ({"custom_cost": '{"per_token_in": 1}'}, (None, None, None)),
        ({"custom_cost": '{"total_cost": 0.5}', "status": 503}, (None, None, None)),
        ({"usage": Usage(tokens_in=10), "cached": True, "custom_cost": '{"total_cost": 1}'}, (0, None, None)),
    ],
)
def test_the_cost_and_where_it_is_from(place: Place, changed: RowOf, expected: tuple[object, ...]) -> None:
    [row] = place.store(make_record(1, **changed))
    assert (row["cost_nano"], row["cost_source"], row["price_version"]) == expected
    assert (row["tokens_in"] is None) == (changed.get("usage") is None)


def test_heads_and_bodies_are_kept_beside_the_row(place: Place) -> None:
    record = make_record(1, response_body=bytes(range(256)))
    place.store(record)
    assert place.bodies(record) == Bodies(
        record.request_headers, record.request_body, record.response_headers, bytes(range(256)), b""
    )


def test_many_bodies_are_packed_together_and_found_one_by_one(place: Place) -> None:
    records = [make_record(n, response_body=os.urandom(3_000) + b"%d" % n) for n in range(100)]
    place.store(*records)
    assert 1 < place.count(log_bodies) < 20
    for record in records:
        bodies = place.bodies(record)
        assert bodies is not None
        assert bodies.response_body == record.response_body


def test_a_record_without_bodies_has_none(place: Place) -> None:
    record = make_record(
        1, has_bodies=False, request_headers=[], request_body=b"", response_headers=[], response_body=b""
    )
    [row] = place.store(record)
    assert row["bodies_in"] is None
    assert place.bodies(record) is None
    assert place.count(log_bodies) == 0


def test_an_encoded_answer_is_stored_decoded(place: Place) -> None:
    record = make_record(1, response_body=gzip.compress(b'{"answer": 42}'), response_encoding=b"gzip")
    [row] = place.store(record)
    bodies = place.bodies(record)
    assert bodies is not None
    assert bodies.response_body == b'{"answer": 42}'
    assert row["response_encoding"] == ""


def test_an_unknown_encoding_is_kept_and_said(place: Place) -> None:
    record = make_record(1, response_body=b"\1\2\3", response_encoding=b"x-secret")
    [row] = place.store(record)
    bodies = place.bodies(record)
    assert bodies is not None
    assert bodies.response_body == b"\1\2\3"
    assert row["response_encoding"] == "x-secret"


CHUNK = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n'


def test_a_stream_is_kept_as_it_went_and_as_one_message(place: Place) -> None:
    stream = CHUNK % b"Hel" + CHUNK % b"lo" + b"data: [DONE]\n\n"
    record = make_record(1, is_stream=True, response_body=gzip.compress(stream), response_encoding=b"gzip")
    place.store(record)
    bodies = place.bodies(record)
    assert bodies is not None
    assert bodies.response_body == stream
    message = msgspec.json.decode(bodies.assembled)
    assert message["choices"][0]["message"]["content"] == "Hello"


def test_a_stream_of_an_unknown_format_is_kept_as_it_went(place: Place) -> None:
    record = make_record(1, is_stream=True, format="unheard-of", response_body=b"data: x\n\n")
    place.store(record)
    assert place.bodies(record) == Bodies(
        record.request_headers, record.request_body, record.response_headers, b"data: x\n\n"
    )


def test_a_body_that_its_reader_fails_on_does_not_hold_up_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_body: bytes) -> bytes | None:
        raise ZeroDivisionError

    good = FORMATS["openai_chat"]
    failing = Format("bad", good.read_request, good.read_usage, good.meter, fail)
    monkeypatch.setitem(FORMATS, "bad", failing)
    records = [make_record(n, is_stream=True, format="bad" if n == 1 else "openai_chat") for n in range(3)]
    assert len(place.store(*records)) == 3
    bodies = place.bodies(records[1])
    assert bodies is not None
    assert bodies.response_body == b"answer 1"


def test_an_open_segment_is_read_on_from_where_it_was(place: Place) -> None:
    place.store(make_record(1))
    assert len(place.store(make_record(2), make_record(3))) == 3
    assert place.ingester.run_once() == 0
    assert len(segments(place.journal_folder)) == 1


def test_an_abandoned_segment_is_deleted_once_it_is_stored(place: Place) -> None:
    place.store(make_record(1))
    place.journal.close()
    assert place.ingester.run_once() == 0
    assert segments(place.journal_folder) == []
    assert place.count(journal_positions) == 0
    assert len(place.rows()) == 1


def test_a_new_ingester_goes_on_where_the_last_one_was(place: Place) -> None:
    place.store(make_record(1))
    place.ingester.close()
    assert place.journal.append(make_record(2))
    place.ingester = place.new_ingester()
    assert place.ingester.run_once() == 1
    assert [row["id"] for row in place.rows()] == [make_record(1).id, make_record(2).id]


def test_a_record_that_is_read_twice_is_one_row(place: Place) -> None:
    place.store(make_record(1, response_body=b"once"))
    place.ingester.close()
    place.tell_writer("DELETE FROM journal_positions")
    assert [sums.requests for sums in place.ingester.totals.sums.values()] == [1]
    place.ingester = place.new_ingester()
    assert place.ingester.run_once() == 0
    assert place.ingester.totals.sums == {}, "nor is it counted again for /metrics"
    assert len(place.rows()) == 1
    bodies = place.bodies(make_record(1))
    assert bodies is not None
    assert bodies.response_body == b"once"


def test_places_of_segments_that_are_gone_are_forgotten(place: Place) -> None:
    place.tell_writer("INSERT INTO journal_positions VALUES ('gone.journal', 5)")
    place.ingester.run_once()
    assert place.count(journal_positions) == 0


def test_only_one_ingests_at_a_time(place: Place) -> None:
    place.store(make_record(1))
    second = place.new_ingester()
    assert place.journal.append(make_record(2))
    assert second.run_once() == 0
    assert place.ingester.run_once() == 1
    place.ingester.close()
    assert place.journal.append(make_record(3))
    assert second.run_once() == 1
    second.close()


def test_a_pass_ends_when_its_time_is_up_and_the_next_goes_on(place: Place) -> None:
    for number in range(3_000):
        assert place.journal.append(make_record(number))
    place.journal.close()
    passes = 0
    while segments(place.journal_folder):
        place.ingester.run_once(seconds=0.001)
        passes += 1
        assert passes < 1_000
    assert passes > 1
    assert [row["id"] for row in place.rows()] == [make_record(n).id for n in range(3_000)]
    assert (place.ingester.torn, place.ingester.pending_bytes) == (0, 0)


def only_segment(place: Place) -> Path:
    place.journal.close()
    [path] = segments(place.journal_folder)
    return path


@pytest.mark.parametrize("keep", [1, 3, 4, 5, 40])
def test_a_torn_last_frame_is_skipped_and_counted(place: Place, keep: int) -> None:
    for number in range(3):
        assert place.journal.append(make_record(number))
    path = only_segment(place)
    data = msgspec.msgpack.encode(make_record(4))
    with path.open("ab") as file:
        file.write((len(data).to_bytes(4, "little") + data)[:keep])
    assert place.ingester.run_once() == 3
    assert (place.ingester.torn, place.ingester.corrupt) == (1, 0)
    assert list(place.journal_folder.iterdir()) == []


def frame(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data


def test_a_corrupt_frame_costs_itself_alone_and_its_segment_is_set_aside(place: Place) -> None:
    path = only_segment(place)
    good = [frame(msgspec.msgpack.encode(make_record(n))) for n in range(3)]
    path.write_bytes(good[0] + frame(b"nonsense") + good[1] + frame(msgspec.msgpack.encode([1, 2])) + good[2])
    assert place.ingester.run_once() == 3
    assert (place.ingester.corrupt, place.ingester.torn) == (2, 0)
    assert [p.name for p in place.journal_folder.iterdir()] == [path.with_suffix(".corrupt").name]
    assert place.ingester.run_once() == 0


def test_a_segment_is_set_aside_also_by_an_ingester_that_did_not_see_the_corrupt_frame(place: Place) -> None:
    assert place.journal.append(make_record(1))
    [path] = segments(place.journal_folder)
    with path.open("ab") as file:
        file.write(frame(b"nonsense"))
    assert place.ingester.run_once() == 1
    assert place.ingester.corrupt == 1
    place.ingester.close()
    assert place.journal.append(make_record(2))
    place.journal.close()
    later = place.new_ingester()
    assert later.run_once() == 1
    assert later.corrupt == 0
    later.close()
    assert [p.name for p in place.journal_folder.iterdir()] == [path.with_suffix(".corrupt").name]


def test_corrupt_segments_are_kept_within_their_bound_the_oldest_go(place: Place) -> None:
    place.journal.close()
    spoilt = frame(b"nonsense") + frame(msgspec.msgpack.encode(make_record(1)))
    place.ingester.aside_limit = 3 * len(spoilt)
    # The names are in the reverse order of their age: it is the age that counts.
    for number in range(5):
        path = place.journal_folder / f"w-{9 - number}.journal"
        path.write_bytes(spoilt)
        os.utime(path, (1_000 + number, 1_000 + number))
        place.ingester.run_once()
    kept = sorted(path.name for path in place.journal_folder.iterdir())
    assert kept == ["w-5.corrupt", "w-6.corrupt", "w-7.corrupt"]


def test_a_lower_bound_holds_from_the_next_start(place: Place) -> None:
    only_segment(place).write_bytes(frame(b"nonsense"))
    place.ingester.run_once()
    place.ingester.close()
    assert [path.suffix for path in place.journal_folder.iterdir()] == [".corrupt"]
    place.ingester = place.new_ingester()
    place.ingester.aside_limit = 0
    place.ingester.run_once()
    assert list(place.journal_folder.iterdir()) == []


@pytest.mark.parametrize(
    "junk", [bytes(1 << 20), b"\1\0\0\0" * (1 << 18), b"\xff" * (1 << 20), b"\2\0\0\0ab" * 200_000]
)
def test_a_segment_of_junk_is_given_up_soon(place: Place, junk: bytes) -> None:
    path = only_segment(place)
    path.write_bytes(frame(msgspec.msgpack.encode(make_record(1))) + junk)
    started = time.monotonic()
    assert place.ingester.run_once() == 1
    assert time.monotonic() - started < 2
    assert segments(place.journal_folder) == []
    assert place.ingester.corrupt + place.ingester.torn > 0


def test_while_the_database_is_locked_the_journal_waits(place: Place) -> None:
    place.store(make_record(1))
    place.tell_writer("PRAGMA busy_timeout = 10")
    assert place.journal.append(make_record(2))
    with closing(sqlite3.connect(place.folder / "torana.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            place.ingester.run_once()
    assert place.ingester.run_once() == 1
    assert len(place.rows()) == 2


def test_while_the_disk_is_full_the_journal_waits(place: Place) -> None:
    place.store(make_record(1))
    with place.database.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    for number in range(2, 200):
        assert place.journal.append(make_record(number, response_body=os.urandom(2_000)))
    place.journal.close()
    for _ in range(2):
        with pytest.raises(sa.exc.OperationalError, match="full"):
            place.ingester.run_once()
    assert len(place.rows()) == 1
    assert len(segments(place.journal_folder)) == 1
    with place.database.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert place.ingester.run_once() == 198
    assert [row["id"] for row in place.rows()] == [make_record(n).id for n in range(1, 200)]


def test_numbers_too_large_for_the_store_are_cut_and_hold_nothing_up(place: Place) -> None:
    huge = make_record(1, usage=Usage(tokens_in=(1 << 64) - 1))
    rows = place.store(make_record(0), huge, make_record(2))
    assert [row["tokens_in"] for row in rows] == [None, (1 << 63) - 1, None]
    assert place.ingester.refused == 0


def test_a_row_that_the_database_refuses_is_counted_and_left_out(place: Place) -> None:
    place.tell_writer(
        "CREATE TRIGGER refuse BEFORE INSERT ON logs WHEN NEW.model = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    rows = place.store(make_record(0), make_record(1, model="bad"), make_record(2))
    assert [row["id"] for row in rows] == [make_record(0).id, make_record(2).id]
    assert (place.ingester.refused, place.ingester.stored) == (1, 2)
    assert place.ingester.run_once() == 0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # it is another thread that makes it so
            await asyncio.sleep(0.01)


def has_stored(place: Place, rows: int) -> Callable[[], bool]:
    return lambda: place.ingester.stored >= rows


async def test_the_loop_stores_what_comes_until_it_is_stopped(place: Place) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(place.ingester.run(stop))
    for number in range(3):
        assert place.journal.append(make_record(number))
        await until(has_stored(place, number + 1))
    assert place.journal.append(make_record(3))
    stop.set()
    await asyncio.wait_for(running, 5)
    assert len(place.rows()) == 4
    assert place.new_ingester().run_once() == 0


async def test_the_loop_tries_again_when_the_store_fails_and_says_so(place: Place) -> None:
    stop = asyncio.Event()
    place.tell_writer("PRAGMA busy_timeout = 10")
    running = asyncio.create_task(place.ingester.run(stop))
    with closing(sqlite3.connect(place.folder / "torana.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert place.journal.append(make_record(1))
        await until(lambda: place.ingester.failures >= 2)
        assert "locked" in place.ingester.error
    await until(has_stored(place, 1))
    await until(lambda: place.ingester.failures == 0)
    assert place.ingester.error == ""
    stop.set()
    await asyncio.wait_for(running, 5)


class BrokenPrices(Prices):
    def find(self, provider: str, model: str) -> ModelPrice | None:
        raise ZeroDivisionError


async def test_the_loop_outlives_a_bug_and_nothing_is_lost(place: Place) -> None:
    stop = asyncio.Event()
    place.ingester.prices = BrokenPrices(None)
    assert place.journal.append(make_record(1, usage=Usage(tokens_in=10)))
    running = asyncio.create_task(place.ingester.run(stop))
    await until(lambda: place.ingester.failures > 0)
    assert "ZeroDivisionError" in place.ingester.error
    place.ingester.prices = PRICES
    await until(has_stored(place, 1))
    stop.set()
    await running
    assert [row["cost_nano"] for row in place.rows()] == [10_000]


def test_what_was_stored_is_summed_for_the_metrics(place: Place) -> None:
    usage = Usage(tokens_in=10, tokens_out=5, cached_tokens_in=4, reasoning_tokens_out=2)
    now = int(time.time() * 1000)
    place.store(
        make_record(1, usage=usage, duration_us=200_000),
        make_record(2, usage=usage, duration_us=70_000_000),
        make_record(3, status=500, created_ms=now - 3_000, duration_us=1_000_000),
        make_record(4, usage=usage, model="unheard-of"),
    )
    sums = place.ingester.totals.sums
    assert sums["openai", "gpt-4o", 200] == Sums(
        requests=2,
        tokens_in=20,
        tokens_out=10,
        cached_tokens_in=8,
        reasoning_tokens_out=4,
        cost_nano=40_000,
        duration_us=70_200_000,
        first_byte_us=800_000,
    )
    assert sums["openai", "gpt-4o", 500].requests == 1
    assert sums["openai", "unheard-of", 200].unpriced == 1
    assert place.ingester.totals.durations["openai"] == [0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0]
    assert place.ingester.stored == 4
    assert place.ingester.bytes > 0


def test_the_lag_is_the_age_of_what_was_stored_last(place: Place) -> None:
    now = int(time.time() * 1000)
    place.store(make_record(1, created_ms=now - 3_000, duration_us=1_000_000))
    assert 2 <= place.ingester.lag_s < 10
    place.store(make_record(2, created_ms=now + 60_000))
    assert place.ingester.lag_s == 0


def test_the_series_of_the_metrics_are_bounded() -> None:
    totals = Totals()
    for number in range(MOST_SERIES + 500):
        count(totals, make_record(number, model=f"model-{number}", provider=f"provider-{number}", status=404), None)
    assert len(totals.sums) <= MOST_SERIES + 1
    assert totals.sums[OTHER, OTHER, 400].requests == 500
    assert sum(sums.requests for sums in totals.sums.values()) == MOST_SERIES + 500
    assert sum(map(sum, totals.durations.values())) == MOST_SERIES + 500


def test_new_prices_hold_from_the_next_record_on(place: Place) -> None:
    usage = Usage(tokens_in=10)
    place.store(make_record(1, usage=usage))
    dearer = ModelPrice(id="gpt-4o", input=3 * 10**9)
    place.ingester.prices = Prices(Table("prices-2", {"openai": ProviderPrices([dearer])}))
    rows = place.store(make_record(2, usage=usage))
    assert [(row["cost_nano"], row["price_version"]) for row in rows] == [(10_000, "prices-1"), (30_000, "prices-2")]


def test_attempts_are_kept_as_json(place: Place) -> None:
    attempts = [Attempt("openai", "a", 500, error="overloaded"), Attempt("groq", "b", 200)]
    [row] = place.store(make_record(1, attempts=attempts))
    assert msgspec.json.decode(str(row["attempts"]), type=list[Attempt]) == attempts
    assert row["created_ms"] == NOW_MS + 1
