"""What does a model's name say, besides the model (2.9)?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.errors import Availability, NoEndpoints, UnknownModel

if TYPE_CHECKING:
    from torana.catalog.market import Catalogue, Model

VARIANTS = frozenset({"free", "batch", "thinking", "extended"})
"""Rows of the catalogue of their own."""
SORTING = ("nitro", "floor", "exacto")
SUFFIXES = frozenset({*SORTING, "online"})
"""What any model's name may end in."""
_PRESET = "@preset/"
_LONGEST = 512
_KEPT_NAMES = 2_048


class Named(Struct, frozen=True):
    """A name, taken apart."""

    slug: str
    """`author/slug`, with a leading `~` if it had one, or a display name; empty = only a preset is named."""
    variant: str = ""
    """Of `VARIANTS`."""
    suffixes: tuple[str, ...] = ()
    """Of `SUFFIXES`, each once, in the order in which they stood; of those that sort only the last."""
    preset: str = ""

    @property
    def model(self) -> str:
        """What the catalogue has it by."""
        return f"{self.slug}:{self.variant}" if self.variant else self.slug


@lru_cache(maxsize=_KEPT_NAMES)
def read_name(text: str) -> Named:
    """Of `[~]author/slug[:suffix…][@preset/slug]`, suffixes in any order; UnknownModel where it cannot be one.

    What follows a colon and is no suffix belongs to the slug: hosts have models such as `llama3:8b`.
    """
    name, _, preset = text.strip().partition(_PRESET)
    if len(text) > _LONGEST or not (name or preset) or (not preset and _PRESET in text):
        raise UnknownModel(text[:_LONGEST])
    variant, found = "", list[str]()
    while True:
        head, colon, word = name.rpartition(":")
        word = word.strip().lower()
        if not colon or word not in VARIANTS | SUFFIXES:
            break
        if word in VARIANTS:
            if variant not in ("", word):
                raise UnknownModel(text)  # no model is two rows of the catalogue
            variant = word
        else:
            found.append(word)
        name = head.rstrip()
    if not name and (variant or found):
        raise UnknownModel(text)
    return Named(name, variant, _settled(found[::-1]), preset)


def _settled(suffixes: list[str]) -> tuple[str, ...]:
    """Each once; the last that sorts wins."""
    sorting = [suffix for suffix in suffixes if suffix in SORTING][-1:]
    return tuple(dict.fromkeys(suffix for suffix in suffixes if suffix not in SORTING or [suffix] == sorting))


def find_model(catalogue: Catalogue, named: Named) -> Model:
    """UnknownModel where there is none; NoEndpoints where the model is there, but its free variant is not."""
    found = catalogue.find(named.model)
    if found is not None:
        return found
    if named.variant == "free" and catalogue.find(named.slug) is not None:
        ended = Availability(code="free_variant_ended", requested_models=(named.model,))
        raise NoEndpoints(f"No endpoints found for {named.model}", ended)
    raise UnknownModel(named.model)
