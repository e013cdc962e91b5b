"""Writes the tables of docs/formats.md anew, from what the tests of the matrix see now."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    command = [sys.executable, "-m", "pytest", "tests/matrix", *sys.argv[1:]]
    return subprocess.call(command, cwd=ROOT, env={**os.environ, "WRITE_FORMATS_TABLE": "1"})


if __name__ == "__main__":
    sys.exit(main())
