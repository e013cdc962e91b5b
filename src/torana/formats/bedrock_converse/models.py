"""What the models behind Bedrock take and refuse, as far as their ids tell."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

_CLAUDE = re.compile(r"claude-(?:[a-z]+-)?v?(\d+)(?:[-.:](\d{1,2})(?!\d))?")
_FAMILIES = ("nova", "gpt-oss", "deepseek", "mistral", "cohere", "llama", "titan", "jamba", "qwen")
_NEWEST = (5, 0)


class Model(Struct, frozen=True):
    family: str = ""
    """Empty where the id says nothing: an application's inference profile, a custom model."""
    version: tuple[int, int] = _NEWEST
    """Of Claude and Nova."""
    always_thinks: bool = False

    @property
    def is_claude(self) -> bool:
        return self.family == "claude"

    @property
    def caches(self) -> bool:
        """Whether it takes cache points; where one is not known it is for the caller to know."""
        return self.family in ("", "nova") or (self.is_claude and self.version >= (3, 5))

    @property
    def is_strict(self) -> bool:
        """Whether it can be held to the schema of a tool."""
        return self.family not in ("nova", "llama", "titan", "cohere", "jamba") and not (
            self.is_claude and self.version < (4, 5)
        )

    @property
    def thinks_with_budget(self) -> bool:
        return self.is_claude and (3, 7) <= self.version < (4, 6)

    @property
    def thinks_adaptively(self) -> bool:
        return self.is_claude and self.version >= (4, 6)

    @property
    def is_sampled(self) -> bool:
        """Claude from 4.7 on refuses temperature and what goes with it."""
        return not (self.is_claude and self.version >= (4, 7))

    @property
    def takes_one_of_temperature_and_top_p(self) -> bool:
        return self.is_claude and self.version >= (4, 1)


@lru_cache(maxsize=256)
def model_of(name: str) -> Model:
    """Of a model's id, a profile's, or an ARN."""
    if "claude" in name:
        found = _CLAUDE.search(name)
        version = (int(found[1]), int(found[2] or 0)) if found else (2, 0) if "instant" in name else _NEWEST
        return Model("claude", version, "mythos" in name or "fable" in name)
    for family in _FAMILIES:
        if family in name:
            return Model(family, (2, 0) if "nova-2" in name else (1, 0))
    return Model()
