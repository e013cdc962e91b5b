"""A real server for tests: `torana serve` as a user starts it, on a free port and a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx

if TYPE_CHECKING:
    from types import TracebackType

Row = dict[str, object]
START_S = 90.0


def command() -> str:
    """The `torana` beside the Python that runs the tests."""
    return str(Path(sys.executable).with_name("torana"))


class Torana:
    """Started by `with`; settings are given as variables without their prefix: `first_byte_timeout=1`."""

    def __init__(self, data_dir: Path, providers: dict[str, str] | None = None, **settings: object) -> None:
        self.data_dir = data_dir
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("TORANA_")}
        self.environ |= {f"TORANA_{name.upper()}": str(value) for name, value in settings.items()}
        for slug, url in (providers or {}).items():
            self.environ[f"TORANA_PROVIDER_{slug.upper().replace('-', '_')}_URL"] = url
        self.environ |= {"TORANA_DATA_DIR": str(data_dir), "TORANA_PORT": "0", "NO_COLOR": "1"}
        self.info: dict[str, object] = {}
        self.process: subprocess.Popen[str] | None = None
        self.output = data_dir.with_name(data_dir.name + ".out")

    def __enter__(self) -> Self:
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                [command(), "serve"], env=self.environ, stdout=out, stderr=out, text=True, cwd=self.data_dir.parent
            )
        deadline = time.monotonic() + START_S
        state = self.data_dir / "run" / "state.json"
        while not state.exists():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, "did not start: " + self.output.read_text()
            time.sleep(0.02)
        self.info = json.loads(self.run("info", "--json"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=START_S)

    @property
    def url(self) -> str:
        return str(self.info["url"])

    @property
    def account_id(self) -> str:
        return str(self.info["account_id"])

    def at(self, provider: str, gateway: str = "default") -> str:
        """The base URL of a provider, as a client is given it."""
        return f"{self.url}/v1/{self.account_id}/{gateway}/{provider}"

    def run(self, *arguments: str, code: int = 0, stdin: str = "") -> str:
        """What a command of the CLI prints, against this server's data directory."""
        done = subprocess.run(
            [command(), *arguments],
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
            cwd=self.data_dir.parent,
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stdout + done.stderr

    def follow(self) -> None:
        """Until every worker serves the newest configuration."""
        head = (self.data_dir / "snapshot").read_bytes().partition(b"\n")[0]
        newest = json.loads(head)["version"]
        deadline = time.monotonic() + START_S
        while True:
            lines = httpx.get(f"{self.url}/metrics", trust_env=False).text.splitlines()
            served = [line for line in lines if line.startswith("torana_worker_snapshot_version{")]
            if served and all(float(line.split()[-1]) >= newest for line in served):
                return
            assert time.monotonic() < deadline, served
            time.sleep(0.05)

    def logs(self, *arguments: str) -> list[Row]:
        rows: list[Row] = json.loads(self.run("logs", "--json", *arguments))
        return rows

    def log(self, log_id: str) -> Row:
        """One row with its bodies."""
        row: Row = json.loads(self.run("logs", "show", log_id, "--json"))
        return row

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        return httpx.post(self.url + path, json=body, headers=headers, timeout=START_S, trust_env=False)
