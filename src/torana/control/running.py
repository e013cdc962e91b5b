"""What operations may ask of the server that they run in, beside its store."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import Struct, field

from torana.control.metrics import Ingest
from torana.settings import Settings


class Running(Struct, frozen=True):
    """The processes and files around the control plane."""

    ingest: Ingest
    journal: Path
    statistics: Path
    settings: Settings
    started: float = field(default_factory=time.time)
    """Unix seconds."""
