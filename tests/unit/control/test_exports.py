"""Logs as files: every log that fits, each field, in pieces."""

from __future__ import annotations

import base64
import io
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from torana.control import parquet
from torana.control.exports import Exported, Format, export
from torana.control.log_filters import LogFilter, conditions
from torana.control.operations import Store, ensure_default, open_store
from torana.control.refusals import InvalidInput
from torana.control.turns import open_ingester
from torana.exchange import Usage
from torana.journal import Journal, Record
from torana.settings import Settings
from torana.storage.tables import logs
from unit.storage.records import NOW_MS, log_id, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from torana.control.log_filters import Condition

USED = Usage(tokens_in=100, tokens_out=20, cached_tokens_in=40)
FORMATS: list[Format] = ["jsonl", "parquet"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    ensure_default(opened)
    yield opened
    opened.close()


def fill(store: Store, *records: Record) -> None:
    journal = Journal(store.folder / "journal", "w", 1 << 30)
    journal.open()
    for record in records:
        assert journal.append(record)
    journal.close()
    ingester = open_ingester(Settings(data_dir=str(store.folder)), store)
    ingester.run_once()
    ingester.close()


def read(store: Store, format_: Format, *wanted: Condition, bodies: bool = False) -> list[dict[str, object]]:
    data = b"".join(export(store.database.reader, wanted, format_, bodies=bodies))
    if format_ == "parquet":
        found: list[dict[str, object]] = pq.read_table(io.BytesIO(data)).to_pylist()
        return found
    return [msgspec.json.decode(line, type=dict[str, object]) for line in data.splitlines()]


@pytest.mark.parametrize("format_", FORMATS)
def test_all_logs_are_there_oldest_first(store: Store, format_: Format) -> None:
    fill(store, *(make_record(number) for number in range(2_500)))
    assert [row["id"] for row in read(store, format_)] == [log_id(number) for number in range(2_500)]
    after = conditions(
        [LogFilter("created_at", "gt", ["2026-11-18T11:06:42.000Z"]), LogFilter("success", "eq", [True])]
    )
    assert datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC).timestamp() * 1000 == NOW_MS
    assert [row["id"] for row in read(store, format_, *after)] == [log_id(number) for number in range(2_001, 2_500)]
    assert read(store, format_, logs.c.model == "nothing") == []


@pytest.mark.parametrize("format_", FORMATS)
def test_bodies_come_only_when_asked_for(store: Store, format_: Format) -> None:
    fill(
        store,
        make_record(1, request_body=b'{"a":1}', response_body="grüß".encode()),
        make_record(2, request_body=b"\xff\x00", response_body=b""),
        make_record(3, has_bodies=False),
    )
    for row in read(store, format_):
        assert (row["request"], row["response"], row["assembled"]) == (None, None, None)
    plain, binary, none = read(store, format_, bodies=True)
    assert (plain["request"], plain["response"], plain["request_is_base64"]) == ('{"a":1}', "grüß", False)
    assert base64.b64decode(str(binary["request"])) == b"\xff\x00"
    assert (binary["request_is_base64"], binary["response"]) == (True, "")
    assert (none["request"], none["response"]) == (None, None)


def test_both_formats_say_the_same(store: Store) -> None:
    fill(store, make_record(1, usage=USED, metadata='{"a":"b"}', error="oh"), make_record(2, status=500))
    lines, table = read(store, "jsonl"), read(store, "parquet")
    for line, row in zip(lines, table, strict=True):
        moment = row.pop("created_at")
        assert isinstance(moment, datetime)
        assert moment == datetime.fromisoformat(str(line.pop("created_at")))
        assert line == row


def test_every_field_has_a_column() -> None:
    assert set(parquet.columns()) == set(Exported.__struct_fields__)


def test_a_large_export_stays_small_in_memory(store: Store) -> None:
    body = b"x" * 100_000
    fill(store, *(make_record(number, request_body=body, response_body=body) for number in range(400)))

    def most(format_: Format) -> tuple[int, int]:
        size = 0
        tracemalloc.start()
        for piece in export(store.database.reader, [], format_, bodies=True):
            size += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, peak

    size, peak = most("jsonl")
    assert size > 60_000_000
    assert peak < 15_000_000
    before = pa.total_allocated_bytes()
    assert most("parquet")[1] < 40_000_000
    assert pa.total_allocated_bytes() == before


def test_without_its_library_parquet_is_refused_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "find_spec", lambda _: None)
    with pytest.raises(InvalidInput, match="torana\\[parquet\\]"):
        export(store.database.reader, [], "parquet", bodies=False)


def test_pieces_are_neither_crumbs_nor_heaps(store: Store) -> None:
    fill(store, *(make_record(number) for number in range(1_000)))
    pieces: Sequence[bytes] = list(export(store.database.reader, [], "jsonl", bodies=False))
    assert all(60_000 < len(piece) < 80_000 for piece in pieces[:-1])
    assert len(pieces) > 5
