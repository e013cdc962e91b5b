"""The supervisor as a process of its own, over tiny stand-ins for the planes: what they do is written on a board."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from torana.snapshot import AccountConfig, GatewayConfig, Snapshot, write
from torana.supervisor.post import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# One for both planes: says ready, answers each connection with its pid, and obeys files in the board's folder.
STAND_IN = """
import json, os, socket, sys, threading, time
role, argv = sys.argv[1], sys.argv[2:]
given = dict(zip(argv[::2], argv[1::2]))
board = os.environ["BOARD"]
def note(*words):
    with open(board + "/events", "a") as file:
        file.write(json.dumps([role, os.getpid(), *words]) + "\\n")
def has(name):
    return os.path.exists(board + "/" + name)
note("start", given.get("--index", ""))
with open(os.environ["TORANA_CONFIG"]) as file:
    assert file.read() == "", "settings come by variables alone"
if has("die-" + role):
    print("the last words of " + role, file=sys.stderr, flush=True)
    sys.exit(3)
leash = socket.socket(fileno=int(given["--leash"]))
if "--socket" in given:
    listener = socket.socket(fileno=int(given["--socket"]))
    listener.setblocking(True)
    def serve():
        while True:
            client, _ = listener.accept()
            client.sendall(str(os.getpid()).encode())
            client.close()
    threading.Thread(target=serve, daemon=True).start()
while has("slow-" + role):
    time.sleep(0.01)
note("ready")
leash.sendall(json.dumps({"ready": {"account_id": "ab" * 16, "gateway_id": "default"}}).encode() + b"\\n")
if has("need"):
    leash.sendall(b'{"need": "local"}\\n')
for line in leash.makefile("rb"):
    message = json.loads(line)
    note("heard", message)
    if message.get("drain"):
        while has("stuck-" + role):
            time.sleep(0.01)
        note("end")
        os._exit(0)
note("alone")
"""

MODEL = """
import json, os, sys
json.loads(sys.stdin.readline())
print(json.dumps({"url": "http://127.0.0.1:1"}), flush=True)
sys.stdin.read()
"""

HARNESS = """
import json, sys
from torana.settings import resolve
from torana.supervisor import Commands, run
def command(role):
    return (sys.executable, "-S", "-E", sys.argv[1], role)
commands = Commands(command("control"), command("worker"), (sys.executable, "-S", "-E", sys.argv[2]))
def banner(facts):
    print(json.dumps(facts), flush=True)
sys.exit(run(resolve(), banner=banner, reload=resolve, commands=commands))
"""


class Board:
    """A server of stand-ins, and what they wrote down."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.err = folder / "stderr"
        self.process: subprocess.Popen[str] | None = None
        self.settings = {"port": "0", "drain_timeout": "2", "data_dir": str(self.data)} | settings
        for name, text in (("stand_in.py", STAND_IN), ("model.py", MODEL), ("harness.py", HARNESS)):
            (folder / name).write_text(text)
        (folder / "events").touch()

    def start(self) -> Board:
        environ = os.environ | {"BOARD": str(self.folder)}
        environ |= {f"TORANA_{name.upper()}": value for name, value in self.settings.items()}
        with self.err.open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, *(str(self.folder / name) for name in ("harness.py", "stand_in.py", "model.py"))],
                env=environ,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            )
        return self

    def banner(self) -> dict[str, object]:
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.words()
        facts = json.loads(line)
        assert isinstance(facts, dict)
        return facts

    def put(self, name: str) -> None:
        (self.folder / name).touch()

    def take_away(self, name: str) -> None:
        (self.folder / name).unlink()

    def events(self, role: str = "", word: str = "") -> list[list[object]]:
        read = [json.loads(line) for line in (self.folder / "events").read_text().splitlines()]
        return [e for e in read if (not role or e[0] == role) and (not word or e[2] == word)]

    def state(self) -> dict[str, object]:
        found = json.loads((self.data / "run" / "state.json").read_text())
        assert isinstance(found, dict)
        return found

    def pids(self) -> dict[str, object]:
        found = self.state()["pids"]
        assert isinstance(found, dict)
        return found

    def workers(self) -> list[int]:
        found = self.pids()["workers"]
        assert isinstance(found, list)
        return found

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, seconds: float = 10) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def words(self) -> str:
        return self.err.read_text()

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()
        for event in self.events(word="start"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(str(event[1])), signal.SIGKILL)


def until(true: Callable[[], object], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "this did not become true in time"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second when it goes between open and read
        return True


def ask(url: object) -> str:
    """The pid of who answered."""
    host, _, port = str(url).removeprefix("http://").rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), 5) as client:
        return client.makefile().read()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    made = Board(tmp_path)
    yield made
    made.end()


def test_the_first_restart_is_at_once_and_the_next_ones_wait_longer_and_longer() -> None:
    backoff = Backoff()
    assert [backoff.after(0) for _ in range(9)] == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]


def test_health_is_what_makes_the_waiting_short_again() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after(9.9)
    assert backoff.after(9.9) == 1.6
    assert [backoff.after(10), backoff.after(0)] == [0, 0.1]


def test_what_is_ready_is_in_the_state_and_gone_from_it_at_the_end(board: Board) -> None:
    board.settings["workers"] = "2"
    facts = board.start().banner()
    state = board.state()
    assert facts == state
    assert (state["account_id"], state["gateway_id"], state["data_dir"]) == ("ab" * 16, "default", str(board.data))
    pids = {role: [e[1] for e in board.events(role, "ready")] for role in ("control", "worker")}
    assert board.process is not None
    assert board.pids()["supervisor"] == board.process.pid
    assert board.pids()["control"] == pids["control"][0]
    assert sorted(board.workers()) == sorted(map(int, map(str, pids["worker"])))
    assert board.pids()["local"] is None
    assert sorted(str(e[3]) for e in board.events("worker", "start")) == ["0", "1"]
    assert int(ask(state["url"])) in board.workers()
    board.signal(signal.SIGTERM)
    assert board.wait() == 0
    assert not (board.data / "run" / "state.json").exists()


def test_without_a_snapshot_workers_wait_for_the_control_plane(board: Board) -> None:
    board.put("slow-control")
    board.start()
    until(lambda: board.events("control", "start"))
    time.sleep(0.2)
    assert not board.events("worker")
    board.take_away("slow-control")
    board.banner()
    order = [(e[0], e[2]) for e in board.events()]
    assert order.index(("control", "ready")) < order.index(("worker", "start"))


def test_with_a_snapshot_workers_wait_for_nobody(board: Board) -> None:
    board.data.mkdir()
    write(board.data / "snapshot", Snapshot(1, [], []))
    board.put("slow-control")
    board.start()
    until(lambda: board.events("worker", "ready"))
    assert not board.events("control", "ready")
    board.take_away("slow-control")
    board.banner()


def test_with_a_snapshot_it_serves_although_the_control_plane_cannot_start(board: Board) -> None:
    board.data.mkdir()
    account = AccountConfig("cd" * 16, "", 0)
    write(board.data / "snapshot", Snapshot(1, [account], [GatewayConfig(account.id, "default")]))
    board.put("die-control")
    facts = board.start().banner()
    assert facts["account_id"] == "cd" * 16
    assert int(ask(facts["url"])) in board.workers()
    assert "the last words of control" in board.words()
    board.take_away("die-control")
    until(lambda: board.state()["account_id"] == "ab" * 16)


@pytest.mark.parametrize("role", ["control", "worker"])
def test_who_dies_at_every_start_is_given_up_with_its_last_words(board: Board, role: str) -> None:
    board.put(f"die-{role}")
    assert board.start().wait() == 1
    assert len(board.events(role, "start")) >= 3
    assert "could not start: process" in board.words()
    assert f"exit status 3: the last words of {role}" in board.words()
    assert "Traceback" not in board.words()
    assert all(is_gone(int(str(e[1]))) for e in board.events(word="start"))


@pytest.mark.parametrize("role", ["control", "worker"])
def test_who_is_killed_is_started_again_and_the_state_follows(board: Board, role: str) -> None:
    board.start().banner()
    former = int(str(board.events(role, "ready")[0][1]))
    os.kill(former, signal.SIGKILL)
    until(lambda: len(board.events(role, "ready")) == 2)
    fresh = int(str(board.events(role, "ready")[1][1]))
    until(lambda: fresh in (board.pids()["control"], *board.workers()))
    assert former not in (board.pids()["control"], *board.workers())
    assert "killed by SIGKILL" in board.words()


def test_a_worker_that_keeps_dying_is_started_again_ever_more_slowly(board: Board) -> None:
    board.start().banner()
    board.put("die-worker")
    os.kill(board.workers()[0], signal.SIGKILL)
    until(lambda: len(board.events("worker", "start")) == 5)
    assert [w for w in ("now", "in 0.1 s", "in 0.2 s", "in 0.4 s") if f"starting it again {w}\n" in board.words()] == [
        "now",
        "in 0.1 s",
        "in 0.2 s",
        "in 0.4 s",
    ]
    board.take_away("die-worker")
    until(lambda: len(board.events("worker", "ready")) == 2)


def test_workers_drain_first_and_the_control_plane_last(board: Board) -> None:
    board.settings["workers"] = "2"
    board.start().banner()
    board.put("stuck-worker")
    board.signal(signal.SIGTERM)
    until(lambda: len(board.events("worker", "heard")) == 2)
    time.sleep(0.2)
    assert not board.events("control", "heard")
    board.take_away("stuck-worker")
    assert board.wait() == 0
    words = [(e[0], e[2]) for e in board.events()]
    assert words[-4:] == [("worker", "end"), ("worker", "end"), ("control", "heard"), ("control", "end")]


def test_who_does_not_drain_in_time_is_killed(board: Board) -> None:
    board.settings["drain_timeout"] = "0.1"
    board.start().banner()
    pid = board.workers()[0]
    board.put("stuck-worker")
    board.signal(signal.SIGTERM)
    assert board.wait() == 0
    assert is_gone(pid)
    assert "was not done within 2.1 s and is killed" in board.words()


def test_a_second_interrupt_kills_at_once(board: Board) -> None:
    board.settings["drain_timeout"] = "60"
    board.start().banner()
    board.put("stuck-worker")
    board.signal(signal.SIGINT)
    until(lambda: board.events("worker", "heard"))
    board.signal(signal.SIGINT)
    assert board.wait(5) == 1
    assert all(is_gone(int(str(e[1]))) for e in board.events(word="start"))


def test_children_are_out_of_the_terminals_reach(board: Board) -> None:
    board.start().banner()
    for event in board.events(word="ready"):
        pid = int(str(event[1]))
        assert os.getpgid(pid) == pid


def test_when_the_supervisor_is_killed_its_children_notice(board: Board) -> None:
    board.start().banner()
    board.signal(signal.SIGKILL)
    board.wait()
    until(lambda: {e[0] for e in board.events(word="alone")} == {"control", "worker"})
    until(lambda: all(is_gone(int(str(e[1]))) for e in board.events(word="start")))


def test_after_a_kill_the_next_server_waits_until_the_port_is_free(board: Board) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        board.settings["port"] = str(probe.getsockname()[1])
    board.start().banner()
    os.kill(board.workers()[0], signal.SIGSTOP)
    board.signal(signal.SIGKILL)
    board.wait()
    former = board.workers()[0]
    assert board.process is not None
    assert board.process.stdout is not None
    board.process.stdout.close()
    board.start()
    time.sleep(0.5)
    os.kill(former, signal.SIGCONT)
    board.banner()
    assert former not in board.workers()


def test_a_second_server_on_the_same_data_is_refused(board: Board, tmp_path: Path) -> None:
    board.start().banner()
    (tmp_path / "second").mkdir()
    second = Board(tmp_path / "second", data_dir=str(board.data))
    assert second.start().wait() == 1
    assert board.process is not None
    assert f"a Torana server (process {board.process.pid}) already uses the data directory `{board.data}`" in (
        second.words()
    )
    assert "--data-dir" in second.words()
    assert "Traceback" not in second.words()
    assert not second.events()
    second.end()
    assert int(ask(board.state()["url"])) == board.workers()[0]


def test_a_port_in_use_is_named_with_the_way_out(board: Board) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        board.settings["port"] = str(port)
        assert board.start().wait() == 1
    assert f"port {port} on `127.0.0.1` is in use by another program" in board.words()
    assert "--port" in board.words()
    assert "Traceback" not in board.words()


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_named_with_the_way_out(board: Board, host: str) -> None:
    board.settings["host"] = host
    assert board.start().wait(30) == 1
    assert f"cannot listen on `{host}`" in board.words()
    assert "--host" in board.words()


def test_a_data_directory_that_cannot_be_written_is_named(board: Board) -> None:
    board.data.touch()
    assert board.start().wait() == 1
    assert f"cannot write to the data directory `{board.data}`" in board.words()
    assert "--data-dir" in board.words()
    assert "Traceback" not in board.words()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_noticed_before_anything_starts(board: Board) -> None:
    (board.data / "run").mkdir(parents=True)
    (board.data / "run" / "probe").symlink_to("/dev/full")
    assert board.start().wait() == 1
    assert "No space left on device" in board.words()
    assert not board.events()


@pytest.mark.parametrize(("host", "shown"), [("::1", "http://[::1]:"), ("0.0.0.0", "http://127.0.0.1:")])
def test_the_url_is_one_that_can_be_asked(board: Board, host: str, shown: str) -> None:
    board.settings["host"] = host
    facts = board.start().banner()
    assert str(facts["url"]).startswith(shown)
    assert ask(facts["url"])


def test_a_reload_swaps_the_workers_without_a_refused_connection(board: Board) -> None:
    del board.settings["port"]
    (board.folder / "torana.toml").write_text("workers = 1\nport = 0\n")
    facts = board.start().banner()
    former, control = board.workers(), board.pids()["control"]
    (board.folder / "torana.toml").write_text("workers = 2\nport = 1\n")
    board.put("stuck-worker")
    board.signal(signal.SIGHUP)
    answers = set()
    while len(board.events("worker", "ready")) < 3 or not board.events("control", "end"):
        answers.add(ask(facts["url"]))
    # The old one is still busy; the new ones stand beside it, under numbers of their own.
    assert not is_gone(former[0])
    assert sorted(str(e[3]) for e in board.events("worker", "start")) == ["0", "1", "2"]
    board.take_away("stuck-worker")
    until(lambda: is_gone(former[0]))
    until(lambda: board.pids()["control"] not in (control, None) and len(board.workers()) == 2)
    assert not set(former) & set(board.workers())
    assert board.state()["url"] == facts["url"]
    assert "`port` takes effect at the next start only" in board.words()
    assert int(ask(facts["url"])) in board.workers()
    board.signal(signal.SIGTERM)
    assert board.wait() == 0
    assert all(is_gone(int(str(e[1]))) for e in board.events(word="start"))


def test_a_reload_with_bad_settings_changes_nothing(board: Board) -> None:
    facts = board.start().banner()
    before = board.pids()
    (board.folder / "torana.toml").write_text("wrokers = 2\n")
    board.signal(signal.SIGHUP)
    until(lambda: "not reloaded" in board.words())
    assert "unknown key `wrokers`" in board.words()
    assert board.pids() == before
    assert int(ask(facts["url"])) in board.workers()


def test_a_reload_whose_workers_do_not_come_up_leaves_the_old_ones(board: Board) -> None:
    facts = board.start().banner()
    before = board.pids()
    board.put("die-worker")
    board.signal(signal.SIGHUP)
    until(lambda: "not reloaded: worker 1 could not start" in board.words())
    assert board.pids() == before
    assert int(ask(facts["url"])) in board.workers()
    board.take_away("die-worker")
    board.signal(signal.SIGHUP)
    until(lambda: "reloaded: 1 new workers" in board.words())
    assert board.pids() != before


def test_a_stop_in_the_middle_of_a_reload_ends_everybody(board: Board) -> None:
    board.start().banner()
    board.put("slow-worker")
    board.signal(signal.SIGHUP)
    until(lambda: len(board.events("worker", "start")) == 2)
    board.signal(signal.SIGTERM)
    time.sleep(0.1)
    board.take_away("slow-worker")
    assert board.wait() == 0
    assert all(is_gone(int(str(e[1]))) for e in board.events(word="start"))


def test_a_closed_terminal_is_a_stop_and_no_reload(board: Board) -> None:
    main, terminal = os.openpty()
    code = (
        "import fcntl, os, sys, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\nos.execv(sys.executable, sys.argv[1:])"
    )
    names = [str(board.folder / name) for name in ("harness.py", "stand_in.py", "model.py")]
    environ = os.environ | {"BOARD": str(board.folder)} | {f"TORANA_{k.upper()}": v for k, v in board.settings.items()}
    with board.err.open("ab") as err:
        board.process = subprocess.Popen(
            [sys.executable, "-c", code, sys.executable, *names],
            env=environ,
            cwd=board.folder,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            start_new_session=True,
        )
    os.close(terminal)
    board.banner()
    os.close(main)
    assert board.wait() == 0
    assert board.events("control", "end")


def test_the_local_model_is_started_for_who_needs_it_and_its_death_is_told(board: Board) -> None:
    gguf = board.folder / "Tiny.gguf"
    gguf.write_bytes(b"GGUF")
    board.settings["local_model"] = str(gguf)
    board.put("need")
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    board.start().banner()
    until(lambda: board.events("worker", "heard"))
    heard = board.events("worker", "heard")[0][3]
    assert isinstance(heard, dict)
    assert heard["local"]["url"] == "http://127.0.0.1:1"
    assert len(heard["local"]["key"]) > 30
    until(lambda: board.pids()["local"])
    model = int(str(board.pids()["local"]))
    os.kill(model, signal.SIGKILL)
    until(lambda: board.events("worker", "heard")[-1][3] == {"local": None})
    until(lambda: board.pids()["local"] is None)
    assert "local model died, killed by SIGKILL" in board.words()


def test_the_local_model_ends_between_the_workers_and_the_control_plane(board: Board) -> None:
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    gguf = board.folder / "Tiny.gguf"
    gguf.write_bytes(b"GGUF")
    board.settings["local_model"] = str(gguf)
    board.put("need")
    board.start().banner()
    until(lambda: board.pids()["local"])
    model = int(str(board.pids()["local"]))
    board.put("stuck-worker")
    board.put("stuck-control")
    board.signal(signal.SIGTERM)
    until(lambda: [e for e in board.events("worker", "heard") if e[3] == {"drain": True}])
    time.sleep(0.1)
    assert not is_gone(model)
    board.take_away("stuck-worker")
    until(lambda: is_gone(model))
    until(lambda: [e for e in board.events("control", "heard") if e[3] == {"drain": True}])
    board.take_away("stuck-control")
    assert board.wait() == 0


def test_who_needs_a_model_that_is_not_there_is_told_what_to_do(board: Board) -> None:
    board.settings["local_model"] = "/no/such/file.gguf"
    board.put("need")
    board.start().banner()
    until(lambda: board.events("worker", "heard"))
    assert board.events("worker", "heard")[0][3] == {
        "local": {
            "error": "`/no/such/file.gguf` cannot be read: No such file or directory; "
            "it was named by the setting `local_model`"
        }
    }
