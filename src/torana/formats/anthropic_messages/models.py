"""What each generation of Claude takes, as far as Anthropic refuses it elsewhere.

https://platform.claude.com/docs/en/models and …/build-with-claude/thinking: sampling is fixed from 4.7 on; thinking
with a budget ends with 4.6, with which adaptive thinking begins; from 5.5 on, and with Fable and Mythos, it cannot be
turned off.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

_NAME = re.compile(r"claude-(?:(\d+)(?:[-.](\d{1,2}))?-)?([a-z]+)(?:-(\d+)(?:[-.](\d{1,2})(?!\d))?)?")
_NAMED_ONLY = {"fable": (5, 0), "mythos": (5, 0)}
_ALWAYS = frozenset(_NAMED_ONLY)


class Traits(Struct, frozen=True):
    """The defaults are those of a model that is not Claude, behind an API like Anthropic's."""

    most_tokens: int = 8192
    """Of one answer: what is asked for where the client does not say."""
    thinks: bool = True
    is_adaptive: bool = False
    """It decides itself how long to think, given an effort; the others are given a budget."""
    always_thinks: bool = False
    has_sampling: bool = True
    has_either_sampling: bool = True
    """`temperature` and `top_p` at once."""
    shows_thoughts: bool = True
    """Without being asked to."""
    can_be_forced: bool = True
    """To use a tool."""
    has_system_turns: bool = False
    has_schemas: bool = True
    """Structured outputs, and tools that are strict."""


_OTHER = Traits()


@lru_cache(maxsize=512)
def traits_of(model: str) -> Traits:
    """Of a name as anyone has it: `claude-opus-4-6`, `us.anthropic.claude-3-7-sonnet-20250219-v1:0`, …"""
    found = _NAME.search(model)
    if found is None:
        return _OTHER
    old_major, old_minor, family, major, minor = found.groups()
    version = (int(old_major or major or 0), int(old_minor or minor or 0))
    if version[0] == 0:
        version = _NAMED_ONLY.get(family, (4, 0))
    is_older = version < (4, 7)
    always = family in _ALWAYS or version >= (5, 5)
    return Traits(
        most_tokens=_most_tokens(version, family),
        thinks=version >= (3, 7),
        is_adaptive=version >= (4, 6),
        always_thinks=always,
        has_sampling=is_older,
        has_either_sampling=version < (4, 1),
        shows_thoughts=is_older,
        can_be_forced=not (always and version >= (5, 1)),
        has_system_turns=version >= (4, 8),
        has_schemas=version >= (4, 5) or (family == "opus" and version == (4, 1)),
    )


def _most_tokens(version: tuple[int, int], family: str) -> int:
    if version < (3, 5):
        return 4096
    if version < (3, 7):
        return 8192
    if family == "opus" and version < (4, 5):
        return 32_000
    return 64_000 if version < (4, 6) else 128_000
