from __future__ import annotations

from scripts.build_docs import pages


def test_the_generated_pages_are_fresh() -> None:
    for path, text in pages().items():
        assert path.read_text("utf-8") == text, f"{path.name} is stale: run `make docs`"
