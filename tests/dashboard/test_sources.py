"""The dashboard's own checks: types, lint, unit tests, and how much the first page makes a browser load."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from torana.control.dashboard.assets import STATIC, is_built

FOLDER = Path(__file__).resolve().parents[2] / "dashboard"
CHECKERS = FOLDER / "node_modules" / ".bin" / "biome"
MOST_BYTES = 300_000
FIRST = {"first", "base"}
"""What the page itself loads, and what that loads for the overview: see `dashboard/vite.config.ts`."""

pytestmark = [pytest.mark.node]
needs_npm = pytest.mark.skipif(shutil.which("npm") is None or not CHECKERS.exists(), reason="npm ci was not run here")


class Chunk(Struct):
    file: str
    name: str = ""
    imports: list[str] = []


@needs_npm
@pytest.mark.parametrize("name", ["check", "test"])
def test_the_sources_pass_their_own_checks(name: str) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", name], cwd=FOLDER, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not is_built(), reason="the dashboard is not built")
def test_the_first_page_loads_little() -> None:
    chunks = msgspec.json.decode((STATIC / "manifest.json").read_bytes(), type=dict[str, Chunk])
    needed: set[str] = set()
    waiting = [key for key, chunk in chunks.items() if chunk.name in FIRST]
    assert len(waiting) == len(FIRST)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += chunks[name].imports
    sizes = {name: (STATIC / (chunks[name].file + ".gz")) for name in needed}
    total = sum(path.stat().st_size if path.exists() else 1024 for path in sizes.values())
    assert total <= MOST_BYTES, sizes
