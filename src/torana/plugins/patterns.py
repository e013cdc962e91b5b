"""Regular expressions that nobody can make slow: matched in time linear in the text, whatever they are.

The engine is RE2. It has no look-around and no back-references, which OpenRouter refuses as well (openrouter.md 4.10);
nested quantifiers, which OpenRouter refuses because its engine backtracks, do no harm here and are taken.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeAlias

import re2

if TYPE_CHECKING:
    from collections.abc import Iterator

Span: TypeAlias = tuple[int, int]
"""Start and end in UTF-8."""

MOST_CHARACTERS = 100_000
_MOST_MEMORY = 8 << 20
_KEPT = 4_096
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|0(?!\d)|([_eq<>]))|\[\^\]|\\.", re.DOTALL)
_NOTHING = "[^]"


class Pattern(Protocol):
    def finditer(self, text: bytes) -> Iterator[re.Match[bytes]]: ...
    def search(self, text: bytes) -> re.Match[bytes] | None: ...


class PatternError(ValueError):
    """`str(error)` is for whoever wrote the pattern."""


@lru_cache(_KEPT)
def compiled(pattern: str) -> Pattern:
    """A pattern in RE2's own syntax, over UTF-8; PatternError where it is none."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        made: Pattern = re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0] if error.args else b""
        raise PatternError(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from None
    except UnicodeEncodeError:
        raise PatternError("half of a surrogate pair") from None
    return made


def compiled_from_javascript(pattern: str) -> Pattern:
    """As the API takes them: without slashes and flags. PatternError where it cannot be matched safely."""
    if len(pattern) > MOST_CHARACTERS:
        raise PatternError(f"{len(pattern)} characters are too many, of which {MOST_CHARACTERS} may be there")
    return compiled(_ESCAPE.sub(_from_javascript, pattern))


def pattern_fault(pattern: str) -> str:
    """Why a pattern of a content filter is an `invalid_regex_pattern`; empty = it is none."""
    try:
        compiled_from_javascript(pattern)
    except PatternError as error:
        return str(error) or "not a regular expression"
    return ""


def _from_javascript(found: re.Match[str]) -> str:
    if found[1]:
        return f"\\x{{{found[1]}}}"
    if found[2]:
        return found[2]  # escaped without need
    if found[0] == _NOTHING:
        return "[\\s\\S]"
    return "\\x00" if found[0] == "\\0" else found[0]


def spans(pattern: Pattern, text: bytes) -> Iterator[Span]:
    """Where it matches something, from left to right."""
    for found in pattern.finditer(text):
        start, end = found.span()
        if end > start:
            yield start, end
