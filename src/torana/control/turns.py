"""The ingester of a data directory, for several callers that take turns."""

from __future__ import annotations

import threading
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


class SharedIngester(Ingester):
    """Its own loop and every list of logs ask for passes, each in a thread of its own."""

    def __init__(self, engine: Engine, folder: Path, prices: Prices, lock: Path) -> None:
        super().__init__(engine, folder, prices, lock)
        self._turn = threading.Lock()

    def run_once(self, seconds: float = float("inf")) -> int:
        with self._turn:
            return super().run_once(seconds)


def open_ingester(settings: Settings, store: Store) -> SharedIngester:
    """PricesError where a price table cannot be used."""
    prices = pricing.load(settings)
    ingester = SharedIngester(store.database.writer, settings.path("journal"), prices, settings.path(_LOCK))
    ingester.aside_limit = settings.journal_limit // aside.SHARE
    ingester.retention_days = settings.log_retention_days
    return ingester
