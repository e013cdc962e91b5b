"""What the models behind Bedrock take and refuse, as far as their ids tell."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from torana.formats.anthropic_messages.models import Traits, traits_of

_FAMILIES = ("nova", "gpt-oss", "deepseek", "mistral", "cohere", "llama", "titan", "jamba", "qwen")
_WITHOUT_CACHE = re.compile(r"claude-(?:3-(?:haiku|sonnet|opus)|v\d|instant)")
_WITHOUT_STRICT_TOOLS = frozenset({"nova", "llama", "titan", "cohere", "jamba"})


class Model(Struct, frozen=True):
    family: str = ""
    """Empty where the id says nothing: an application's inference profile, a custom model."""
    claude: Traits | None = None
    caches: bool = True
    """Whether it takes cache points; where one is not known, that is for the caller to know."""
    has_strict_tools: bool = True
    has_efforts: bool = False
    """Nova: the second generation is told how hard to think."""


@lru_cache(maxsize=256)
def model_of(name: str) -> Model:
    """Of a model's id, a profile's, or an ARN."""
    if "claude" in name:
        traits = traits_of(name)
        return Model("claude", traits, _WITHOUT_CACHE.search(name) is None, traits.has_schemas)
    family = next((each for each in _FAMILIES if each in name), "")
    return Model(
        family,
        caches=family in ("", "nova"),
        has_strict_tools=family not in _WITHOUT_STRICT_TOOLS,
        has_efforts="nova-2" in name,
    )
