"""What a server needs for itself alone: a folder it can write, a lock, a port."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import socket
import time
from typing import TYPE_CHECKING

from torana.supervisor.state import state_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.settings import Settings

BACKLOG = 4096
PROBE_BYTES = 64 << 10
PATIENCE_S = 3.0
"""After a supervisor was killed, its workers hold the port until they have noticed."""


class CannotStart(Exception):
    """No server can run here; the message says why and what to do."""


@contextlib.contextmanager
def claim(settings: Settings) -> Iterator[socket.socket]:
    """Holds folder, lock and port until the end of the block, and gives the listening socket; raises CannotStart."""
    _check_folder(settings)
    with _lock(settings):
        patience_s = PATIENCE_S if state_path(settings).exists() else 0.0
        with _bind(settings, patience_s) as listener:
            yield listener


def url_of(settings: Settings, listener: socket.socket) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(settings.host, settings.host)  # noqa: S104  # shown
    port: int = listener.getsockname()[1]
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def raise_file_limit() -> None:
    """Thousands of open streams are two descriptors each; children inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems say "unlimited" and mean less
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _check_folder(settings: Settings) -> None:
    """A full or read-only disk shows when bytes reach it, not when a file is opened."""
    probe = settings.path("run", "probe")
    try:
        probe.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with probe.open("wb") as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as error:
        with contextlib.suppress(OSError):
            probe.unlink()
        raise CannotStart(
            f"cannot write to the data directory `{settings.data_dir}`: {error.strerror}; "
            "make it writable, or choose another with `--data-dir` or `TORANA_DATA_DIR`"
        ) from error


@contextlib.contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    path = settings.path("run", "lock")
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"a Torana server{_holder(path)} already uses the data directory `{settings.data_dir}`; "
                "stop it, or choose another directory with `--data-dir` or `TORANA_DATA_DIR`"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _holder(path: Path) -> str:
    pid = path.read_text().strip()
    return f" (process {pid})" if pid else ""


def _bind(settings: Settings, patience_s: float) -> socket.socket:
    until = time.monotonic() + patience_s
    while True:
        try:
            return _listen(settings.host, settings.port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise CannotStart(_why_not_bound(settings, error)) from error
        time.sleep(0.05)


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # `::` means every address, IPv4's too.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.settimeout(0)
    except BaseException:
        listener.close()
        raise
    return listener


def _why_not_bound(settings: Settings, error: OSError) -> str:
    other_port = "choose another port with `--port` or `TORANA_PORT`"
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {settings.port} on `{settings.host}` is in use by another program; stop it, or {other_port}"
        case errno.EACCES:
            return f"this user may not listen on port {settings.port}; {other_port}"
        case _:
            return (
                f"cannot listen on `{settings.host}`: {error.strerror}; "
                "choose an address of this machine with `--host` or `TORANA_HOST`"
            )
