"""Each provider has a name, and words for its keys."""

from __future__ import annotations

import pytest

from torana.providers import PROVIDERS
from torana.providers.described import DESCRIPTIONS


def test_all_providers_are_described_and_no_others() -> None:
    assert list(DESCRIPTIONS) == list(PROVIDERS)


@pytest.mark.parametrize("slug", DESCRIPTIONS)
def test_a_key_is_to_be_had_where_one_is_needed(slug: str) -> None:
    one = DESCRIPTIONS[slug]
    assert one.name
    assert one.website is None or one.website.startswith("https://")
    assert one.website or not one.needs_key
    assert one.needs_key or one.key_hint is None
