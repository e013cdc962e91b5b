"""Who hosts models: a table of upstreams as data, with code for the few that need it.

To add one: a row in `rows.py`; a function in `places.py` only if its host or path is made of pieces, in `operations.py`
only if its paths say more than OpenAI's do; a case in the table of its test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.providers.custom import custom
from torana.providers.masking import MASK, SECRET_HEADERS, SECRET_PARAMS, drop_secrets, mask_query, names_secret
from torana.providers.provider import Provider
from torana.providers.rows import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MASK",
    "PROVIDERS",
    "SECRET_HEADERS",
    "SECRET_PARAMS",
    "Provider",
    "custom",
    "drop_secrets",
    "mask_query",
    "names_secret",
    "table",
]


def table(overrides: Mapping[str, str]) -> dict[bytes, Provider]:
    """All providers by slug, each with a cache of its own; `overrides` are base URLs by slug. Raises ValueError."""
    bases = {provider.slug: provider.base for provider in PROVIDERS.values()}
    given: dict[str, str] = {}
    for name, url in overrides.items():
        slug = name.strip().lower().replace("_", "-")
        if slug not in bases:
            raise ValueError(f"`{name}` is not a provider; there are: {', '.join(sorted(bases))}")
        given[slug] = url
    return {
        slug.encode(): provider.at(given[slug]) if slug in given else provider.afresh()
        for slug, provider in PROVIDERS.items()
    }
