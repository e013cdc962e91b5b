"""How long until Python has Torana?"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cost import typical
from bench.figure import Row

if TYPE_CHECKING:
    from bench.figure import Setup


def startup(setup: Setup) -> list[Row]:
    """Wall time of the whole process, the interpreter's own start counted in."""
    python, torana = sys.executable, str(Path(sys.executable).with_name("torana"))
    bare = _seconds([python, "-c", "pass"], setup.rounds)
    importing = _seconds([python, "-c", "import torana"], setup.rounds)
    working = _seconds([python, "-c", "import torana.worker"], setup.rounds)
    asking = _seconds([torana, "--version"], setup.rounds)
    detail = f"bare interpreter {bare:.2f} s, `import torana.worker` {working:.2f} s, `torana --version` {asking:.2f} s"
    return [Row("import", "`import torana`", importing, 0.5, "s", detail)]


def _seconds(command: list[str], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return typical(taken)
