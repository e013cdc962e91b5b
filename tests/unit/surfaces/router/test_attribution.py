"""Which application a request comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.surfaces.router.attribution import Attribution, read

URL = (b"http-referer", b"https://app.example")


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ([], Attribution()),
        ([URL, (b"x-title", b"App")], Attribution("https://app.example", "App")),
        ([URL, (b"x-title", b"Old"), (b"x-openrouter-title", b"New")], Attribution("https://app.example", "New")),
        ([(b"x-openrouter-title", b" "), (b"x-title", b"Old")], Attribution("", "Old")),
        ([(b"x-title", "Füße".encode())], Attribution("", "Füße")),
        ([(b"x-openrouter-categories", b"cli-agent, legal")], Attribution("", "", ("cli-agent", "legal"))),
        ([(b"x-openrouter-categories", b"odd,game,GAME,game,legal,roleplay")], Attribution("", "", ("game", "legal"))),
    ],
)
def test_an_app_is_known_by_its_headers(headers: list[tuple[bytes, bytes]], told: Attribution) -> None:
    assert read(headers) == told


@given(st.lists(st.tuples(st.sampled_from([URL[0], b"x-title", b"x-openrouter-categories"]), st.binary())))
def test_any_header_is_read(headers: list[tuple[bytes, bytes]]) -> None:
    told = read(headers)
    assert len(told.categories) <= 2
    assert len(told.url) <= 512
