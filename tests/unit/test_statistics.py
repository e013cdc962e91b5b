from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from torana import statistics
from torana.statistics import (
    CONNECTIONS,
    DROPPED_ROWS,
    FIELDS,
    IN_FLIGHT,
    PID,
    REQUESTS,
    SNAPSHOT_VERSION,
    STARTED_AT,
    Statistics,
)

if TYPE_CHECKING:
    from pathlib import Path

CHILD = """
import sys
from pathlib import Path
from torana.statistics import REQUESTS, Statistics
block = Statistics.open(Path(sys.argv[1])).block(1)
block.begin(77, 1_700_000_000)
for _ in range(1000):
    block.cells[REQUESTS] += 1
block.drop_reason = "No space left on device"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "statistics"


def test_every_name_has_its_constant() -> None:
    for slot, name in enumerate(FIELDS):
        assert getattr(statistics, name.upper()) == slot


def test_what_one_process_counts_another_reads(path: Path) -> None:
    with Statistics.create(path, 2) as page:
        subprocess.run([sys.executable, "-c", CHILD, str(path)], check=True)
        assert page.block(1).read()["requests"] == 1000
        assert page.block(1).drop_reason == "No space left on device"
        assert page.block(0).read() == dict.fromkeys(FIELDS, 0)


def test_a_reader_sees_all_blocks_and_cannot_write(path: Path) -> None:
    with Statistics.create(path, 3) as page:
        for block in page.all():
            block.begin(100 + block.index, 5)
        with Statistics.open(path, writable=False) as view:
            assert [block.cells[PID] for block in view.all()] == [100, 101, 102]
            with pytest.raises(TypeError):
                view.block(0).cells[REQUESTS] = 1


def test_a_new_worker_starts_from_zero(path: Path) -> None:
    with Statistics.create(path, 1) as page:
        block = page.block(0)
        block.begin(1, 10)
        block.cells[DROPPED_ROWS] = 9
        block.drop_reason = "the journal is at its limit"
        block.begin(2, 20)
        assert (block.cells[PID], block.cells[STARTED_AT], block.cells[DROPPED_ROWS]) == (2, 20, 0)
        assert block.drop_reason == ""


def test_a_worker_that_ends_leaves_its_counters_and_no_gauges(path: Path) -> None:
    with Statistics.create(path, 1) as page:
        block = page.block(0)
        block.begin(1, 10)
        for slot in (CONNECTIONS, IN_FLIGHT, REQUESTS, SNAPSHOT_VERSION):
            block.cells[slot] = 4
        block.end()
        figures = block.read()
        assert [figures[name] for name in ("pid", "connections", "in_flight", "requests")] == [0, 0, 0, 4]


def test_a_long_reason_is_cut_at_a_whole_character(path: Path) -> None:
    with Statistics.create(path, 1) as page:
        page.block(0).drop_reason = "é" * 200
        assert page.block(0).drop_reason == "é" * 64
        page.block(0).drop_reason = "x" + "é" * 200
        assert page.block(0).drop_reason == "x" + "é" * 63


def test_a_file_that_is_replaced_stays_readable_for_those_who_had_it(path: Path) -> None:
    with Statistics.create(path, 1) as old, Statistics.create(path, 4) as new:
        old.block(0).cells[REQUESTS] = 1
        assert (new.workers, new.block(0).cells[REQUESTS]) == (4, 0)
    assert [entry.name for entry in path.parent.iterdir()] == ["statistics"]


@pytest.mark.parametrize("content", [b"", b"x" * 4096, b"TORSTAT1" + (9).to_bytes(8, "little") + b"\0" * 64])
def test_a_foreign_file_is_refused(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not a statistics file"):
        Statistics.open(path)


def test_a_missing_file_is_an_os_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Statistics.open(path)


def test_the_file_has_its_disk_space_from_the_start(path: Path) -> None:
    Statistics.create(path, 8).close()
    stat = path.stat()
    assert stat.st_blocks * 512 >= stat.st_size
    assert stat.st_mode & 0o777 == 0o600
