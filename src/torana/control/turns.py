"""The ingester of a data directory, for several callers that take turns."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from torana.control import aside
from torana.control.ingest import Ingester
from torana.storage import pricing

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from torana.catalog.prices import Prices
    from torana.control.operations import Store
    from torana.settings import Settings

_LOCK = "ingest.lock"
_SOON_S = 5.0
_PAUSE_S = 0.02


class SharedIngester(Ingester):
    """Its own loop and every list of logs ask for passes, each in a thread of its own."""

    def __init__(self, engine: Engine, folder: Path, prices: Prices, lock: Path) -> None:
        super().__init__(engine, folder, prices, lock)
        self._turn = threading.Lock()

    def run_once(self, seconds: float = float("inf")) -> int:
        with self._turn:
            return super().run_once(seconds)

    def bring_in(self, seconds: float = float("inf")) -> int:
        """As `run_once`, and as soon as another process, such as the one that this one follows, no longer ingests."""
        deadline = time.monotonic() + min(seconds, _SOON_S)
        while True:
            stored = self.run_once(seconds)
            if self._lock.held or time.monotonic() >= deadline:
                return stored
            time.sleep(_PAUSE_S)


def open_ingester(settings: Settings, store: Store) -> SharedIngester:
    """PricesError where a price table cannot be used."""
    prices = pricing.load(settings)
    ingester = SharedIngester(store.database.writer, settings.path("journal"), prices, settings.path(_LOCK))
    ingester.aside_limit = settings.journal_limit // aside.SHARE
    ingester.retention_days = settings.log_retention_days
    return ingester
