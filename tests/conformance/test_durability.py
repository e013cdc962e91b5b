"""Inference goes on while logs cannot be kept, and what is lost is counted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from running import Torana
from scripted import ScriptedUpstream

MIB = 1 << 20
READY = {"dropped_rows": 0, "dropped_bodies": 0, "reason": ""}


def until(is_so: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.05)


class Caller:
    """Sends requests of a size on one connection, remembers their log ids, and asks how the logs fare."""

    def __init__(self, torana: Torana, client: httpx.Client) -> None:
        self._url = torana.at("openai") + "/v1/chat/completions"
        self._client = client
        self._torana = torana
        self.log_ids: list[str] = []

    def get(self, path: str) -> httpx.Response:
        return self._client.get(self._torana.url + path)

    def losses(self) -> tuple[str, dict[str, object]]:
        """The status and the lost logs that `/readyz` tells; they are no reason to send requests elsewhere."""
        reply = self.get("/readyz")
        assert reply.status_code == 200
        told = reply.json()
        return told["status"], told["logs"]

    def counted(self, what: str) -> float:
        """The same by `/metrics`."""
        start = f"torana_worker_dropped_{what}_total{{"
        lines = [line for line in self.get("/metrics").text.splitlines() if line.startswith(start)]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def post(self, filler_bytes: int, query: str = "") -> str:
        content = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "x" * filler_bytes}]})
        reply = self._client.post(self._url + query, content=content)
        assert reply.status_code == 200, reply.text
        log_id: str = reply.headers["cf-aig-log-id"]
        self.log_ids.append(log_id)
        return log_id


@contextlib.contextmanager
def calling(torana: Torana) -> Iterator[Caller]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield Caller(torana, client)


def is_logged(torana: Torana, log_id: str) -> bool:
    return any(row["id"] == log_id for row in torana.logs("--limit", "10"))


def test_near_its_bound_the_journal_drops_bodies_then_rows_and_counts_both(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    with Torana(tmp_path / "data", {"openai": upstream.url}, journal_limit="1MiB") as torana, calling(torana) as caller:
        control = json.loads(torana.run("info", "--json"))["pids"]["control"]
        os.kill(control, signal.SIGSTOP)
        try:
            assert caller.losses() == ("ready", READY)
            stripped = fill(caller, "dropped_bodies")
            assert caller.losses()[1]["dropped_rows"] == 0
            dropped = fill(caller, "dropped_rows", "?x=" + "y" * 8000)
            status, lost = caller.losses()
        finally:
            os.kill(control, signal.SIGCONT)
        assert status == "degraded"
        assert lost["reason"] == "the journal is at its limit"
        assert sum(path.stat().st_size for path in (torana.data_dir / "journal").iterdir()) <= MIB + 10_000
        assert torana.log(caller.log_ids[0])["has_bodies"] is True
        assert torana.log(stripped)["has_bodies"] is False
        assert "no log" in torana.run("logs", "show", dropped, code=1).lower()
        stored = torana.logs("--limit", "1000")
        assert len(stored) == len(caller.log_ids) - int(str(lost["dropped_rows"]))
        assert caller.counted("rows") == lost["dropped_rows"]
        assert caller.counted("bodies") == lost["dropped_bodies"]
        # With room again logs are kept again, and not only after many more are lost.
        for _ in range(8):
            last = caller.post(10)
        assert is_logged(torana, last)


def fill(caller: Caller, until_lost: str, query: str = "") -> str:
    """Calls until the first one of that kind is lost; its log id."""
    for _ in range(200):
        log_id = caller.post(20_000, query)
        if caller.losses()[1][until_lost]:
            return log_id
    raise AssertionError(f"no {until_lost} after {len(caller.log_ids)} requests")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    place = tmp_path / "data"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_on_a_full_disk_inference_goes_on_and_logs_come_back_with_room(
    small_disk: Path, upstream: ScriptedUpstream
) -> None:
    with Torana(small_disk, {"openai": upstream.url}) as torana, calling(torana) as caller:
        first = caller.post(10)
        until(lambda: is_logged(torana, first))
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        for _ in range(10):
            caller.post(20_000)
        status, lost = caller.losses()
        assert status == "degraded"
        assert int(str(lost["dropped_rows"])) > 0
        assert lost["reason"] == "No space left on device"
        ballast.unlink()
        until(lambda: is_logged(torana, caller.post(10)))
        until(lambda: caller.counted("rows") == caller.losses()[1]["dropped_rows"])
        assert "Traceback" not in torana.output.read_text()


def test_of_database_and_snapshot_one_is_enough_to_start(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    torana = Torana(tmp_path / "data", {"openai": upstream.url})
    with torana, calling(torana) as caller:
        first, account_id = caller.post(10), torana.account_id
        torana.run("gateways", "create", "mine")
    # The snapshot alone: inference starts, and the control plane comes when its database does.
    database = torana.data_dir / "torana.db"
    kept = database.read_bytes()
    database.write_bytes(b"this is no database " * 1000)
    with torana, calling(torana) as caller:
        assert torana.account_id == account_id
        during = caller.post(10)
        assert torana.post(f"/v1/{account_id}/mine/openai/chat/completions", {}).status_code == 200
        assert caller.losses() == ("ready", READY)
        assert caller.get("/").status_code == 503
        database.write_bytes(kept)
        until(lambda: caller.get("/").status_code == 200)
        logged = {row["id"] for row in torana.logs()}
        assert {first, during} <= logged
    # The database alone: workers wait until the control plane has made a snapshot of it.
    (torana.data_dir / "snapshot").write_text("no snapshot")
    with torana, calling(torana) as caller:
        caller.post(10)
        assert "died" not in torana.output.read_text()
