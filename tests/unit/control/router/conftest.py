"""The router's API in process: a store, an ingester and a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from torana.catalog.prices import Prices
from torana.control.app import Control, Facts, create_app
from torana.control.metrics import Metrics
from torana.control.operations import Store, ensure_default, open_store
from torana.control.router.keychain import KeyWish, create_key
from torana.control.turns import SharedIngester
from torana.journal import Journal
from torana.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

URL = "http://127.0.0.1:8787"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


@pytest.fixture
def account(store: Store) -> str:
    return ensure_default(store).id


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal", "w", 1 << 30)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def ingester(store: Store, tmp_path: Path) -> Iterator[SharedIngester]:
    opened = SharedIngester(store.database.writer, tmp_path / "journal", Prices(None), tmp_path / "ingest.lock")
    yield opened
    opened.close()


@pytest.fixture
async def client(
    store: Store, account: str, ingester: SharedIngester, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    metrics = Metrics(ingester, tmp_path / "journal", tmp_path / "run" / "statistics")
    app = create_app(Control(store, ingester.run_once, metrics, Facts(account, "default", lambda: URL)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://torana/api/v1/") as opened:
        yield opened


@pytest.fixture
def bearer(store: Store, account: str) -> Callable[..., dict[str, str]]:
    """Makes a key, and the header that shows it; takes the fields of a `KeyWish`."""

    def make(**wish: object) -> dict[str, str]:
        made = create_key(store, account, "default", KeyWish(**({"name": "test"} | wish)))  # type: ignore[arg-type]  # a test's
        return {"authorization": f"Bearer {made.text}"}

    return make
