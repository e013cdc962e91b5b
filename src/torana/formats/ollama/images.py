"""Images as Ollama has them: base64 without a word about what is in it."""

from __future__ import annotations

from torana.formats.parts import data_url, split_data_url

_BEGINNINGS = {"iVBORw0KGgo": "image/png", "/9j/": "image/jpeg", "R0lGOD": "image/gif", "UklGR": "image/webp"}
"""How the first bytes of each kind look in base64."""


def url_of(data: str) -> str:
    """A data URL of it, by its first bytes; JPEG where they tell nothing."""
    if data.startswith(("data:", "http://", "https://")):
        return data
    kinds = [kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)]
    return data_url(kinds[0] if kinds else "image/jpeg", data)


def data_in(url: str) -> str:
    """The base64 of a data URL; another URL as it is."""
    split = split_data_url(url)
    return url if split is None else split[1]
