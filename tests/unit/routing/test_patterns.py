"""Which patterns may be searched for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.routing.patterns import LONGEST, why_not


@pytest.mark.parametrize(
    "pattern",
    [
        r"[a-z]+\d*\w?\s{2,}",
        r"foo|bar",
        r"(?:\d{3}-){2}\d{4}",
        r"(?<name>[^)(+]+)@x",
        r"^\bsecret\b$",
        r"\(a\+\)\+",
        r"[(?=]+",
        r"(?:ab){3}c+",
        r"(a+)?b",
        r"(a+){3}",
        r"a{,3}{",
        r"\\1",
        "x" * LONGEST,
    ],
)
def test_what_is_documented_as_supported_is(pattern: str) -> None:
    assert why_not(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (r"a(?=b)", "look"),
        (r"a(?!b)", "look"),
        (r"(?<=a)b", "look"),
        (r"(?<!a)b", "look"),
        (r"(a)\1", "back"),
        (r"(?<n>a)\k<n>", "back"),
        (r"(a+)+", "repetition"),
        (r"((a*)b)+", "repetition"),
        (r"(?:x|a{2,})*", "repetition"),
        (r"(a+?){2,}", "repetition"),
        (r"(a", "not closed"),
        (r"a)", "not opened"),
        (r"[a", "class"),
        ("a\\", "backslash"),
        ("", "empty"),
        ("x" * (LONGEST + 1), "characters"),
    ],
)
def test_what_could_be_slow_or_means_nothing_is_refused(pattern: str, what: str) -> None:
    assert what in (why_not(pattern) or "")


@given(st.text("()[]{}*+?|\\a1k<>=!:,^$", max_size=12))
def test_any_text_is_judged_and_group_signs_count(pattern: str) -> None:
    if why_not(pattern) is None and "[" not in pattern:
        bare = re.sub(r"\\.", "", pattern)
        assert bare.count("(") == bare.count(")")


@given(st.text(max_size=30))
def test_an_escaped_text_may_always_be_searched_for(text: str) -> None:
    assert not text or why_not(re.escape(text)) is None
