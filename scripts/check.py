"""What must hold before a commit: format, lint, types, and the unit tests that need no process of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
QUICK = ("catalog", "formats", "policies", "providers", "routing", "surfaces", "test_architecture.py", "test_docs.py")
STEPS = (
    (str(BIN / "ruff"), "format", "--check", "."),
    (str(BIN / "ruff"), "check", "."),
    (str(BIN / "mypy"),),
    (sys.executable, "-m", "pytest", "-n", "2", *(f"tests/unit/{name}" for name in QUICK)),
)


def main() -> int:
    for step in STEPS:
        if code := subprocess.call(step, cwd=ROOT):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
