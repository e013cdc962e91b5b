"""`torana serve`, started anew whenever a source file changes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "src"
LOOK_S = 0.5


def newest() -> float:
    return max(path.stat().st_mtime for path in SOURCES.rglob("*.py"))


def main() -> int:
    command = [str(Path(sys.executable).with_name("torana")), "serve", *sys.argv[1:]]
    while True:
        seen = newest()
        with subprocess.Popen(command) as server:
            try:
                while server.poll() is None and newest() == seen:
                    time.sleep(LOOK_S)
            except KeyboardInterrupt:
                return server.wait()
            if server.poll() is not None:
                return server.returncode
            print("sources changed: starting anew")
            server.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
