"""The ingester is killed again and again: every record is stored exactly once."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana.catalog.prices import Prices
from torana.control.ingest import Ingester
from torana.control.logs import load_bodies
from torana.journal import Journal, segments
from torana.storage.sql import open_sqlite
from torana.storage.tables import journal_positions, logs
from unit.control.endless_ingester import ingest
from unit.storage.records import make_record

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 20


def write_until(stop: threading.Event, folder: Path, written: list[str]) -> None:
    journal = Journal(folder, "worker", 1 << 30, 64 << 10)
    journal.open()
    while not stop.is_set():
        for _ in range(20):
            record = make_record(len(written), response_body=b"answer %d" % len(written) * 50)
            assert journal.append(record)
            written.append(record.id)
        time.sleep(0.002)
    journal.close()


def test_after_many_kills_every_record_is_in_the_store_exactly_once(tmp_path: Path) -> None:
    dice = random.Random(1)  # noqa: S311  # moments, no secrets
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torana.control.ingest", "torana.storage.sql"])
    stop, written = threading.Event(), list[str]()
    writer = threading.Thread(target=write_until, args=(stop, tmp_path / "journal", written))
    writer.start()
    try:
        for kill in range(KILLS):
            ready, tell = context.Pipe(duplex=False)
            process = context.Process(target=ingest, args=(str(tmp_path), tell))
            process.start()
            tell.close()  # so that a process that dies before its word is an error here, and not a wait for ever
            assert ready.recv() == "ready"
            time.sleep(dice.uniform(0, 0.04 * (kill + 1)))  # a busy machine needs longer for its first batch
            process.kill()
            process.join()
            ready.close()
    finally:
        stop.set()
        writer.join()
    database = open_sqlite(tmp_path / "torana.db")
    with database.reader.connect() as connection:
        by_the_killed = connection.execute(sa.select(sa.func.count()).select_from(logs)).scalar_one()
    assert by_the_killed > 0
    ingester = Ingester(database.writer, tmp_path / "journal", Prices(None), tmp_path / "ingest.lock")
    assert ingester.run_once() == len(written) - by_the_killed
    with database.reader.connect() as connection:
        rows = connection.execute(sa.select(logs.c.id).order_by(logs.c.seq)).scalars().all()
        assert rows == written
        assert connection.execute(sa.select(journal_positions)).all() == []
        for number in range(0, len(written), 7):
            bodies = load_bodies(connection, written[number])
            assert bodies is not None
            assert bodies.response_body == b"answer %d" % number * 50
    assert segments(tmp_path / "journal") == []
    assert (ingester.corrupt, ingester.torn, ingester.refused) == (0, 0, 0)
    ingester.close()
    database.close()
