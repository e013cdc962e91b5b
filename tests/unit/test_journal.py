"""Journal framing: what was written whole is read whole, whatever happens to the rest."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torana.again import Again
from torana.exchange import Attempt, Entry, Usage
from torana.journal import Head, Journal, Record, is_abandoned, read, segments, sync
from unit.storage.records import make_record

MIB = 1 << 20


def opened(folder: Path, limit: int = 64 * MIB, segment_bytes: int = 8 * MIB) -> Journal:
    journal = Journal(folder, "worker", limit, segment_bytes)
    journal.open()
    return journal


def ids(path: Path) -> list[str]:
    return [frame.record.id for frame in read(path)]


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = make_record(
        1, usage=Usage(tokens_in=3, cost_nano=7), metadata='{"a":"ä"}', response_body=bytes(range(256))
    )
    journal = opened(tmp_path)
    assert journal.append(record)
    [path] = segments(tmp_path)
    [frame] = read(path)
    assert frame.record == record
    assert frame.next_offset == path.stat().st_size
    journal.close()


def test_a_reader_of_today_reads_a_segment_with_fields_of_tomorrow(tmp_path: Path) -> None:
    fields = msgspec.structs.astuple(make_record(1))
    data = msgspec.msgpack.encode([*fields, "a field of tomorrow"])
    path = tmp_path / "x.journal"
    path.write_bytes(len(data).to_bytes(4, "little") + data)
    assert ids(path) == [make_record(1).id]


def test_the_last_fields_may_be_missing(tmp_path: Path) -> None:
    needed = [f for f in msgspec.structs.fields(Record) if f.required]
    data = msgspec.msgpack.encode(msgspec.structs.astuple(make_record(1))[: len(needed)])
    path = tmp_path / "x.journal"
    path.write_bytes(len(data).to_bytes(4, "little") + data)
    assert ids(path) == [make_record(1).id]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=8), st.data())
def test_a_tail_cut_anywhere_costs_only_the_frame_it_hits(sizes: list[int], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = opened(Path(folder))
        ends = []
        for number, size in enumerate(sizes):
            assert journal.append(make_record(number, response_body=b"x" * size))
            ends.append(journal.appended_bytes)
        journal.close()
        [path] = segments(Path(folder))
        cut = data.draw(st.integers(0, ends[-1]))
        os.truncate(path, cut)
        whole = [number for number, end in enumerate(ends) if end <= cut]
        assert ids(path) == [make_record(number).id for number in whole]


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 2_000), st.lists(st.integers(0, 500), min_size=1, max_size=8))
def test_reading_on_from_the_last_place_misses_nothing_whatever_the_limit(limit: int, sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = opened(Path(folder))
        for number, size in enumerate(sizes):
            journal.append(make_record(number, response_body=b"x" * size))
        journal.close()
        [path] = segments(Path(folder))
        found, at = [], 0
        while True:
            frames = list(read(path, at, limit))
            if not frames:
                break
            found += [frame.record.id for frame in frames]
            at = frames[-1].next_offset
        assert found == [make_record(number).id for number in range(len(sizes))]
        assert at == path.stat().st_size


def test_an_open_segment_is_not_abandoned_and_one_that_was_left_is(tmp_path: Path) -> None:
    journal = opened(tmp_path, segment_bytes=64 << 10)
    [first] = segments(tmp_path)
    assert not is_abandoned(first)
    while len(segments(tmp_path)) == 1:
        journal.append(make_record(1, response_body=b"x" * 9_000))
    [first, second] = segments(tmp_path)
    assert is_abandoned(first)
    assert not is_abandoned(second)
    journal.close()
    assert is_abandoned(second)
    assert is_abandoned(tmp_path / "gone.journal")


def test_segments_come_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    journal = opened(tmp_path, segment_bytes=64 << 10)
    for number in range(40):
        journal.append(make_record(number, response_body=b"x" * 9_000))
    journal.close()
    assert len(segments(tmp_path)) > 3
    assert [log for path in segments(tmp_path) for log in ids(path)] == [make_record(n).id for n in range(40)]


def test_a_missing_folder_has_no_segments(tmp_path: Path) -> None:
    assert segments(tmp_path / "nowhere") == []


def test_near_the_bound_bodies_are_dropped_then_rows_and_both_are_counted(tmp_path: Path) -> None:
    limit = 4 * MIB
    journal = opened(tmp_path, limit=limit, segment_bytes=256 << 10)
    for number in range(6_000):
        journal.append(make_record(number, response_body=b"x" * 8_000))
    journal.close()
    kept = [frame.record for path in segments(tmp_path) for frame in read(path)]
    assert journal.dropped.rows > 0
    assert journal.dropped.bodies > 0
    assert len(kept) + journal.dropped.rows == 6_000
    assert sum(not record.has_bodies for record in kept) == journal.dropped.bodies
    assert sum(path.stat().st_size for path in segments(tmp_path)) < limit * 1.1


UNREAD: dict[str, Any] = {
    "model": "",
    "usage": None,
    "request_body": b'{"model": "gpt-4o"}',
    "response_body": b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}',
    "is_unread": True,
}


def test_near_the_bound_bodies_are_read_before_they_are_dropped(tmp_path: Path) -> None:
    journal = opened(tmp_path, limit=4 * MIB, segment_bytes=256 << 10)
    record = make_record(1)
    fields = [getattr(record, name) for name in Record.__struct_fields__[len(Entry.__struct_fields__) :]]
    while not journal.dropped.bodies:
        entry = Entry(record.id, status=200, attempts=[Attempt("openai")], **UNREAD)
        journal.append(entry, Head(*fields))
    journal.close()
    kept = [frame.record for path in segments(tmp_path) for frame in read(path)]
    assert (kept[0].is_unread, kept[0].model, kept[0].request_body) == (True, "", UNREAD["request_body"])
    assert (kept[-1].is_unread, kept[-1].model, kept[-1].request_body) == (False, "gpt-4o", b"")
    assert (kept[-1].attempts[0].model, kept[-1].usage) == ("gpt-4o", Usage(3, 4))


def test_bodies_are_read_before_a_secret_in_them_is_masked(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append(make_record(1, **UNREAD), secrets=(b"prompt_tokens", b"4o"))
    journal.close()
    [path] = segments(tmp_path)
    [frame] = read(path)
    assert b"***" in frame.record.response_body
    assert (frame.record.is_unread, frame.record.usage, frame.record.model) == (False, Usage(3, 4), "gpt-***")


def test_a_disk_that_takes_half_a_frame_costs_that_record_alone(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        kept = [n for n in range(40) if journal.append(make_record(n, response_body=b"x" * 9_000))]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert 0 < len(kept) < 40
    assert journal.dropped.rows == 40 - len(kept)
    assert journal.dropped.reason
    assert journal.append(make_record(40))
    journal.close()
    [path] = segments(tmp_path)
    assert ids(path) == [make_record(n).id for n in (*kept, 40)]


def test_while_no_segment_can_be_made_rows_are_dropped_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = Journal(folder, "worker", 64 * MIB)
    assert not journal.append(make_record(1))
    assert (journal.dropped.rows, journal.dropped.reason) == (1, "No such file or directory")
    folder.mkdir()
    assert journal.append(make_record(2))
    journal.close()
    [path] = segments(folder)
    assert ids(path) == [make_record(2).id]


def test_what_was_written_is_handed_out_once_for_syncing(tmp_path: Path) -> None:
    journal = opened(tmp_path, segment_bytes=64 << 10)
    assert journal.unsynced() == []
    while len(segments(tmp_path)) == 1:
        journal.append(make_record(1, response_body=b"x" * 9_000))
    journal.append(make_record(2))
    files = journal.unsynced()
    assert len(files) == 2
    assert journal.unsynced() == []
    # What is still to be synced must not keep the ingester from a segment that was left.
    assert is_abandoned(segments(tmp_path)[0])
    sync(files)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(files[0])
    journal.close()


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from unit.storage.records import make_record
from torana.journal import Journal
journal = Journal(Path(sys.argv[1]), "worker", 1 << 30, 64 << 10)
journal.open()
number = 0
while True:
    journal.append(make_record(number))
    print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("after", [1, 37, 200])
def test_a_writer_killed_at_any_moment_loses_nothing_that_it_reported(tmp_path: Path, after: int) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parents[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(after):
            writer.stdout.readline()
        assert not is_abandoned(segments(tmp_path)[-1])
        writer.send_signal(signal.SIGKILL)
        reported = after + len([line for line in writer.stdout.read().splitlines() if line])
        writer.wait()
    assert all(is_abandoned(path) for path in segments(tmp_path))
    found = [log for path in segments(tmp_path) for log in ids(path)]
    assert found[:reported] == [make_record(number).id for number in range(reported)]
    assert len(found) <= reported + 1


def test_an_entry_and_its_head_are_read_as_one_record(tmp_path: Path) -> None:
    headers = [(b"host", b"t"), (b"authorization", b"***")]
    texts, ids_ = [f"field {number}" for number in range(12)], ("t" * 32, "s" * 16, "token", "none")
    head, entry = (
        Head(*texts, headers, *ids_),
        Entry(make_record(1).id, model="m", attempts=[Attempt("p", "m", 200)]),
    )
    bare = msgspec.structs.replace(entry, has_bodies=False)
    journal = opened(tmp_path)
    assert journal.append(entry, head)
    assert journal.append(bare, head)
    journal.close()
    [path] = segments(tmp_path)
    first, second = [frame.record for frame in read(path)]
    assert msgspec.structs.astuple(first) == (*msgspec.structs.astuple(entry), *texts, headers, *ids_)
    assert msgspec.structs.astuple(second) == (*msgspec.structs.astuple(bare), *texts, [], *ids_)


def test_an_entry_that_is_written_again_differs_in_id_times_and_one_header(tmp_path: Path) -> None:
    head = Head(*[f"field {number}" for number in range(12)], [(b"host", b"t")], "t" * 32, "s" * 16, "token", "none")
    entry = Entry(make_record(1).id, "m", 200, 0.5, 0.25, cached=True, usage=Usage(3, 4), request_body=b"q" * 300)
    entry.response_headers, entry.response_body = [(b"server", b"s"), (b"age", b"7")], b"a" * 70_000
    journal, other = opened(tmp_path), make_record(2).id
    assert journal.append(entry, head)
    assert journal.append_frame(Again(entry).frame(head, other.encode(), 1.5, 1.25, b"12345"))
    journal.close()
    [path] = segments(tmp_path)
    first, second = [frame.record for frame in read(path)]
    assert (second.id, second.duration_s, second.first_byte_s) == (other, 1.5, 1.25)
    assert second.response_headers == [(b"server", b"s"), (b"age", b"12345")]
    first.id, first.duration_s, first.first_byte_s = other, 1.5, 1.25
    first.response_headers = second.response_headers
    assert second == first


def test_a_frame_is_not_taken_where_its_record_has_to_be_looked_at(tmp_path: Path) -> None:
    head = Head(*[""] * 12, [], *[""] * 4)
    entry = Entry(make_record(1).id, response_headers=[(b"age", b"7")], response_body=b"x" * 30_000)
    journal, again = opened(tmp_path, limit=4 * MIB, segment_bytes=256 << 10), Again(entry)
    taken = 0
    while journal.append_frame(again.frame(head, entry.id.encode(), 0.5, 0.5, b"7")):
        taken += 1
    assert 8 <= taken <= 9
    assert journal.append(entry, head)
    journal.close()
    assert not journal.append_frame(b"x")


def test_a_head_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="17 fields"):
        Head("too", "few")


@pytest.mark.parametrize(
    "secret",
    [b"sk-0123456789abcdef", b"sk-proj-Ab9_XYZ-QWERTY", b"lower-case-only", b"12345678", b"\xff\xfe-not-ascii"],
)
@pytest.mark.parametrize("where", ["entry", "head"])
def test_a_secret_in_an_entry_or_its_head_reaches_no_byte_of_the_journal(
    tmp_path: Path, secret: bytes, where: str
) -> None:
    text = secret.decode("latin-1")
    body = b"quoted: " + secret if where == "entry" else b""
    texts = ["the account's id is ours", *[f"x {text}" if where == "head" else "x"] * 11]
    journal = opened(tmp_path)
    assert journal.append(
        Entry(make_record(1).id, response_body=body), Head(*texts, [], "", "", "", ""), (b"another-one", secret)
    )
    journal.close()
    [path] = segments(tmp_path)
    data = path.read_bytes()
    assert secret not in data
    assert text.encode() not in data
    assert b"***" in data
    [frame] = read(path)
    assert frame.record.response_body == body.replace(secret, b"***")
