"""The snapshot file: whole, validated, noticed once."""

from __future__ import annotations

import stat
import threading
from typing import TYPE_CHECKING

import pytest

from torana.snapshot import (
    AccountConfig,
    CustomProviderConfig,
    GatewayConfig,
    Snapshot,
    SnapshotError,
    Watch,
    check,
    read,
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
    check(Snapshot(1, [AccountConfig(ACCOUNT, "a", 0)], [], [good]))
    for bad in ([one], [good, good]):
        with pytest.raises(SnapshotError):
            check(Snapshot(1, [AccountConfig(ACCOUNT, "a", 0)], [], bad))


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nowhere"):
        read(tmp_path / "nowhere")


def test_fields_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    path.write_bytes(b'{"version":5,"accounts":[],"gateways":[],"invented":{"later":true}}')
    assert read(path).version == 5


def test_a_watch_tells_each_change_once(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    watch = Watch(path)
    assert watch.changed() is None
    write(path, make(1, "default"))
    assert watch.changed() == make(1, "default")
    assert watch.changed() is None
    write(path, make(2, "default", "other"))
    assert watch.changed() == make(2, "default", "other")
    assert watch.changed() is None


def test_a_watch_complains_once_about_a_bad_file_and_takes_the_next_good_one(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    watch = Watch(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(SnapshotError):
        watch.changed()
    assert watch.changed() is None
    write(path, make(1, "default"))
    assert watch.changed() == make(1, "default")


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
