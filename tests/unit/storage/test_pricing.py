"""Price tables on the disk: read, laid over each other, refreshed whole or not at all."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import pytest

from torana.catalog.prices import PricesError
from torana.settings import Settings
from torana.storage.pricing import REFRESHED, builtin_table, load, refresh

if TYPE_CHECKING:
    from pathlib import Path

TABLE = b'{"version": "fresh", "providers": {"openai": {"models": [{"id": "gpt-4o", "input": 5, "output": 6}]}}}'


def test_the_built_in_table_comes_with_the_package(tmp_path: Path) -> None:
    prices = load(Settings(data_dir=str(tmp_path)))
    assert prices.version == builtin_table().version
    assert prices.find("openai", "gpt-4o") is not None


def test_a_refreshed_table_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    source = tmp_path / "source.json"
    source.write_bytes(TABLE)
    assert refresh(str(source), tmp_path / REFRESHED).version == "fresh"
    prices = load(Settings(data_dir=str(tmp_path)))
    assert prices.version == "fresh"
    assert prices.find("openai", "gpt-4o-mini") is None


def test_the_operators_file_is_laid_over_it_and_its_content_is_in_the_version(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    settings = Settings(data_dir=str(tmp_path), prices=str(own))
    versions = set()
    for text in ('{"openai": {"mine": {"input": 1}}}', '{"openai": {"mine": {"input": 2}}}'):
        own.write_text(text)
        prices = load(settings)
        assert prices.find("openai", "mine") is not None
        assert prices.find("openai", "gpt-4o") is not None
        versions.add(prices.version)
    assert len(versions) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": "x"}'])
def test_a_bad_table_is_refused_and_the_old_one_stays(tmp_path: Path, content: bytes) -> None:
    target, source = tmp_path / REFRESHED, tmp_path / "source.json"
    target.write_bytes(TABLE)
    source.write_bytes(content)
    with pytest.raises(PricesError, match=r"source\.json"):
        refresh(str(source), target)
    assert target.read_bytes() == TABLE
    assert {path.name for path in tmp_path.iterdir()} == {REFRESHED, "source.json"}


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(PricesError, match=r"nowhere\.json"):
        load(Settings(data_dir=str(tmp_path), prices=str(tmp_path / "nowhere.json")))
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(PricesError, match=r"bad\.json"):
        load(Settings(data_dir=str(tmp_path), prices=str(tmp_path / "bad.json")))
    (tmp_path / REFRESHED).write_text("[]")
    with pytest.raises(PricesError, match="delete it"):
        load(Settings(data_dir=str(tmp_path)))


def test_only_the_web_and_paths_can_be_a_source(tmp_path: Path) -> None:
    with pytest.raises(PricesError, match="http or https"):
        refresh("ftp://127.0.0.1/prices.json", tmp_path / REFRESHED)


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/prices.json" else 404)
        self.send_header("content-length", str(len(TABLE)))
        self.end_headers()
        self.wfile.write(TABLE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its base class names it so
        """Says nothing."""


def test_a_table_is_fetched_from_a_url(tmp_path: Path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            base = f"http://127.0.0.1:{server.server_address[1]}"
            assert refresh(f"{base}/prices.json", tmp_path / REFRESHED).version == "fresh"
            with pytest.raises(PricesError, match="404"):
                refresh(f"{base}/other", tmp_path / REFRESHED)
        finally:
            server.shutdown()
            thread.join()
    with pytest.raises(PricesError, match="cannot be fetched"):
        refresh(f"{base}/prices.json", tmp_path / REFRESHED)
    assert (tmp_path / REFRESHED).read_bytes() == TABLE
