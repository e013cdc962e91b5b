"""The control plane as a process of its own, for tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Self

import msgspec

from torana.control.client import ControlClient
from torana.leash import FromChild, ToChild
from torana.settings import Settings, control_socket

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Held:
    """As the supervisor holds it: on a real leash, with a real socket."""

    def __init__(self, data_dir: Path) -> None:
        self.settings = Settings(data_dir=str(data_dir))
        self.end, other = socket.socketpair()
        self.end.settimeout(20)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "torana.control", "--leash", str(other.fileno())],
            pass_fds=[other.fileno()],
            env=os.environ | {"TORANA_DATA_DIR": str(data_dir)},
            stderr=subprocess.PIPE,
            text=True,
        )
        other.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end.close()
        if error is not None:
            self.process.kill()
        self.process.communicate(timeout=20)

    def ready(self) -> dict[str, object]:
        with self.end.makefile("rb") as lines:
            return dict(msgspec.json.decode(lines.readline(), type=FromChild).ready or {})

    def drain(self) -> int:
        self.end.sendall(msgspec.json.encode(ToChild(drain=True)) + b"\n")
        return self.process.wait(timeout=20)

    @property
    def client(self) -> ControlClient:
        return ControlClient(control_socket(self.settings))
