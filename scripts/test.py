"""Runs every test: the quick ones side by side, then those that need the machine for themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest"]
NO_TESTS = 5


def main() -> int:
    chosen = sys.argv[1:]
    if chosen:
        return subprocess.call([*PYTEST, *chosen], cwd=ROOT)
    return subprocess.call([*PYTEST, "-n", "2", "--dist", "loadfile", "tests"], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
