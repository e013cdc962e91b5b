"""The catalogue from where its parts lie, and kept new."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from torana.settings import Settings
from torana.storage.cataloguing import SYNCED, CatalogueError, Shop, load

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = {"id": "other/new", "pricing": {"prompt": "0.000001", "completion": "0.000002"}}
OWN = "models: [{id: mine/one, endpoints: [{provider: local, model: smollm2-135m-instruct}]}]"


def settings(folder: Path, own: str = "") -> Settings:
    return Settings(data_dir=str(folder), models=own)


def test_all_parts_are_in_it(tmp_path: Path) -> None:
    (tmp_path / SYNCED).write_text(json.dumps({"data": [ENTRY]}))
    (tmp_path / "own.yaml").write_text(OWN)
    catalogue = load(settings(tmp_path, str(tmp_path / "own.yaml")))
    for name in ("openai/gpt-4o", "other/new", "mine/one", "local/smollm2-135m-instruct"):
        assert catalogue.find(name) is not None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (SYNCED, "{}", r"models\.json`: not a list of models.*sync it again"),
        ("own.yaml", "models: 1", r"own\.yaml`: `models`: Expected `array`"),
        ("own.yaml", "models: [{id: a/b}]", r"own\.yaml`: `a/b`: it needs `endpoints`"),
        ("prices.json", "{}", r"prices\.json"),
    ],
)
def test_a_part_that_cannot_be_used_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    own = str(tmp_path / name) if name == "own.yaml" else ""
    with pytest.raises(CatalogueError, match=said):
        load(settings(tmp_path, own))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.yaml` cannot be read: No such file"):
        load(settings(tmp_path, str(tmp_path / "none.yaml")))


async def test_a_shop_reads_once_and_again_when_a_file_changes(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("")
    shop = Shop(settings(tmp_path, str(own)))
    await shop.look()
    assert shop.catalogue is None
    first = await shop.load()
    assert await shop.load() is first
    await shop.look()
    assert shop.catalogue is first
    own.write_text(OWN)
    await shop.look()
    assert shop.catalogue is not None
    assert shop.catalogue.find("mine/one") is not None
    assert shop.catalogue.version != first.version


async def test_what_cannot_be_used_leaves_the_former_catalogue(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(OWN)
    shop = Shop(settings(tmp_path, str(own)))
    first = await shop.load()
    own.write_text("models: 1")
    await shop.look()
    assert shop.catalogue is first
    assert "own.yaml" in shop.error
    own.write_text(OWN)
    await shop.look()
    assert (shop.error, shop.catalogue is not None) == ("", True)


async def test_the_first_reading_fails_for_each_that_asks_and_is_tried_again(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    shop = Shop(settings(tmp_path, str(own)))
    for _ in range(2):
        with pytest.raises(CatalogueError):
            await shop.load()
    own.write_text(OWN)
    assert (await shop.load()).find("mine/one") is not None
