"""The snapshot file: whole, validated, noticed once."""

from __future__ import annotations

import asyncio
import itertools
import stat
import threading
from typing import TYPE_CHECKING

import msgspec
import pytest

from torana.snapshot import (
    AccountConfig,
    CustomProviderConfig,
    GatewayConfig,
    Reading,
    Snapshot,
    SnapshotError,
    TokenConfig,
    Watch,
    check,
    encode,
    index,
    load_index,
    read,
    read_index,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "0123456789abcdef0123456789abcdef"


def make(version: int = 1, *ids: str) -> Snapshot:
    return Snapshot(version, [AccountConfig(ACCOUNT, "default", 1)], [GatewayConfig(ACCOUNT, gid) for gid in ids])


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    write(path, make(3, "default", "a-b_c"))
    assert read(path) == make(3, "default", "a-b_c")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("bad", ["", "Upper", "a--b", "-a", "a-", "a b", "x" * 65, "ä", "a\n"])
def test_a_malformed_gateway_id_is_refused_before_anything_is_written(tmp_path: Path, bad: str) -> None:
    with pytest.raises(SnapshotError):
        write(tmp_path / "snapshot", make(1, bad))
    assert not list(tmp_path.iterdir())


def test_an_id_of_64_characters_is_allowed() -> None:
    check(make(1, "x" * 64))


@pytest.mark.parametrize(
    "bad",
    [
        Snapshot(1, [AccountConfig("A" * 32, "", 1)], []),
        Snapshot(1, [AccountConfig(ACCOUNT, "", 1)] * 2, []),
        Snapshot(1, [], [GatewayConfig(ACCOUNT, "default")]),
        Snapshot(1, [AccountConfig(ACCOUNT, "", 1)], [GatewayConfig(ACCOUNT, "default")] * 2),
    ],
)
def test_ids_must_be_whole_and_single_and_refer_to_something(bad: Snapshot) -> None:
    with pytest.raises(SnapshotError):
        check(bad)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'{"version":1', b'{"version":"x","accounts":[],"gateways":[]}']
)
def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "snapshot"
    path.write_bytes(content)
    with pytest.raises(SnapshotError):
        read(path)


@pytest.mark.parametrize(
    "one",
    [
        CustomProviderConfig("f" * 32, "a", "https://a.example"),
        CustomProviderConfig(ACCOUNT, "a/b", "https://a.example"),
        CustomProviderConfig(ACCOUNT, "a", "a.example"),
        CustomProviderConfig(ACCOUNT, "a", "https://a.example", [("host", "b.example")]),
    ],
)
def test_a_custom_provider_that_workers_could_not_use_is_refused(one: CustomProviderConfig) -> None:
    good = CustomProviderConfig(ACCOUNT, "a", "https://a.example", [("x-a", "1")])
    check(Snapshot(1, [AccountConfig(ACCOUNT, "a", 0)], [], custom_providers=[good]))
    for bad in ([one], [good, good]):
        with pytest.raises(SnapshotError):
            check(Snapshot(1, [AccountConfig(ACCOUNT, "a", 0)], [], custom_providers=bad))


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nowhere"):
        read(tmp_path / "nowhere")


def test_fields_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    path.write_bytes(b'{"version":5,"accounts":[],"gateways":[],"invented":{"later":true}}\nend 0')
    assert read(path).version == 5


def test_a_watch_tells_each_change_once(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    watch = Watch(path)
    assert not watch.changed()
    for version in (1, 2):
        write(path, make(version, "default"))
        assert watch.changed()
        assert not watch.changed()


TOKEN = TokenConfig("a" * 64, "t1", ACCOUNT, "a name with spaces\nand lines", ["run"], ["default"], 5)


def test_tokens_are_found_by_their_digest(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    whole = msgspec.structs.replace(make(1, "default"), tokens=[TOKEN])
    write(path, whole)
    assert read(path) == whole
    found = read_index(path)
    assert found.tokens.keys() == {b"a" * 64}
    assert found.gateways.keys() == {f"{ACCOUNT}/default".encode()}


@pytest.mark.parametrize("digests", [["a" * 63], ["A" * 64], ["a" * 64, "a" * 64]])
def test_digests_must_be_whole_and_single(digests: list[str]) -> None:
    tokens = [msgspec.structs.replace(TOKEN, key=digest) for digest in digests]
    with pytest.raises(SnapshotError):
        check(msgspec.structs.replace(make(1, "default"), tokens=tokens))


@pytest.mark.parametrize("cut", [1, 30, 200, 3000])
def test_a_file_that_was_cut_is_no_snapshot(cut: int) -> None:
    data = encode(make(1, *(f"gateway-{number}" for number in range(100))))
    assert index(data).gateways
    for damaged in (data[:-cut], data.replace(b"gateways ", b"", 1)):
        with pytest.raises(SnapshotError):
            index(damaged)


def test_lists_of_a_later_version_are_ignored() -> None:
    data = encode(make(1, "default")).removesuffix(b"end 1") + b"inventions x {}\nend 2"
    assert len(index(data).gateways) == 1


def test_no_step_of_a_reading_takes_more_than_its_slice() -> None:
    """What keeps a worker's loop from its requests is one step: it is counted here, and timed by `bench.swap`."""
    tokens = [msgspec.structs.replace(TOKEN, key=f"{number:064x}") for number in range(10_000)]
    whole = msgspec.structs.replace(make(1, *(f"gateway-{n}" for n in range(10_000))), tokens=tokens)
    reading = Reading(encode(whole))
    sizes = [0]
    while reading.step():
        sizes.append(len(reading.found.gateways) + len(reading.found.tokens))
    steps = [after - before for before, after in itertools.pairwise(sizes)]
    assert (len(reading.found.gateways), len(reading.found.tokens)) == (10_000, 10_000)
    assert max(steps) <= 300


async def test_a_loop_goes_on_while_a_snapshot_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    write(path, make(1, *(f"gateway-{n}" for n in range(10_000))))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    found = await load_index(path)
    counting.cancel()
    assert len(found.gateways) == 10_000
    assert turns >= 50


async def test_a_file_that_is_not_there_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nowhere"):
        await load_index(tmp_path / "nowhere")


def test_a_reader_never_sees_half_a_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    many = [f"gateway-{number}" for number in range(2_000)]
    write(path, make(0, *many))
    done = threading.Event()

    def change() -> None:
        for version in range(1, 30):
            write(path, make(version, *many))
        done.set()

    writer = threading.Thread(target=change)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(len(read(path).gateways))
    writer.join()
    assert seen == {2_000}
    assert read(path).version == 29
