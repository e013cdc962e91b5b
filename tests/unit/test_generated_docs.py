from __future__ import annotations

from scripts import build_openapi
from scripts.build_docs import pages


def test_the_generated_pages_are_fresh() -> None:
    for path, text in pages().items():
        assert path.read_text("utf-8") == text, f"{path.name} is stale: run `make docs`"


def test_the_description_of_the_api_is_fresh() -> None:
    found = build_openapi.TARGET.read_text("utf-8")
    assert found == build_openapi.text(), "dashboard/openapi.json is stale: run `make docs`"
