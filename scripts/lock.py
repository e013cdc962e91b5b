"""Resolves the lock files anew from pyproject.toml, for every Python and platform it supports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ("--universal", "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--quiet")
_PROJECT = "pyproject.toml"
# What a later file holds must fit what an earlier one has pinned: they are installed into one environment, but for the
# last one, which is an environment without the project.
FILES = {
    "requirements.lock": (_PROJECT,),
    "requirements-local.lock": (_PROJECT, "--extra", "local", "-c", "requirements.lock"),
    "requirements-dev.lock": (
        *(_PROJECT, "--extra", "local", "--extra", "parquet", "--extra", "semantic", "--group", "dev"),
        *("-c", "requirements.lock"),
    ),
    "requirements-clients.lock": ("--group", f"{_PROJECT}:clients"),
}


def main() -> int:
    for name, asked in FILES.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", *asked, *OPTIONS, "-o", name]
        if code := subprocess.call(command, cwd=ROOT):
            return code
        path = ROOT / name
        lines = [line for line in path.read_text().splitlines() if not line.startswith("--")]
        path.write_text("\n".join(lines) + "\n")
        print(f"{name}: {sum(1 for line in lines if '==' in line)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
