"""An ingester to be killed: runs until then."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from torana.catalog.prices import Prices
from torana.control.ingest import Ingester
from torana.storage.sql import open_sqlite

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def ingest(folder: str, ready: Connection) -> None:
    data = Path(folder)
    database = open_sqlite(data / "torana.db")
    ingester = Ingester(database.writer, data / "journal", Prices(None), data / "ingest.lock", batch_rows=20)
    ready.send("ready")
    while True:
        ingester.run_once()
        time.sleep(0.001)
