"""How often does the semantic cache hit, and how often falsely? The real model over pairs of our own making."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from pairs import NEAR_MISSES, PARAPHRASES, Pair
from torana.control.gateway_settings import LEAST_THRESHOLD
from torana.local.embedding.weights import MINILM
from torana.local.weights import installed
from torana.semantic.guard import may_share
from torana.snapshot import SemanticRule

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.semantic,
    pytest.mark.skipif(
        find_spec("numpy") is None or installed(MINILM) is None,
        reason="the extra `semantic` or its weights are not installed: `torana semantic pull`",
    ),
]
DEFAULT = SemanticRule().threshold


@pytest.fixture(scope="module")
def likeness() -> Callable[[Pair], float]:
    from torana.local.embedding.minilm import MiniLM  # noqa: PLC0415  # needs numpy

    path = installed(MINILM)
    assert path is not None
    embed = cache(MiniLM(path).embed)
    return lambda pair: float(embed(pair.one) @ embed(pair.other))


def test_there_are_enough_pairs_of_each_kind() -> None:
    assert len(PARAPHRASES) >= 140
    assert len(NEAR_MISSES) >= 260
    kinds = {"number", "name", "negation", "unit", "date", "code", "language", "direction", "opposite", "question"}
    assert {pair.kind for pair in NEAR_MISSES} >= kinds


def test_rates(likeness: Callable[[Pair], float], capsys: pytest.CaptureFixture[str]) -> None:
    hits = [pair for pair in PARAPHRASES if may_share(pair.one, pair.other) and likeness(pair) >= DEFAULT]
    false_hits = [pair for pair in NEAR_MISSES if may_share(pair.one, pair.other) and likeness(pair) >= DEFAULT]
    some = NEAR_MISSES[::4]
    unguarded = [pair for pair in some if likeness(pair) >= DEFAULT]
    with capsys.disabled():
        print(
            f"\nsemantic cache at {DEFAULT}: {len(hits)} of {len(PARAPHRASES)} paraphrases hit,"
            f" {len(false_hits)} of {len(NEAR_MISSES)} near misses; without the guard {len(unguarded)} of {len(some)}"
        )
    assert not false_hits
    assert len(hits) / len(PARAPHRASES) >= 0.45
    assert len(unguarded) / len(some) > 0.2, "the near misses are none: they would not test the guard"


def test_the_guard_alone_lets_few_near_misses_through() -> None:
    passed = [pair for pair in NEAR_MISSES if may_share(pair.one, pair.other)]
    assert len(passed) / len(NEAR_MISSES) < 0.05, passed


def test_neither_is_there_a_false_hit_at_the_lowest_threshold_but_for_words_of_politeness(
    likeness: Callable[[Pair], float],
) -> None:
    passed = [p for p in NEAR_MISSES if may_share(p.one, p.other) and likeness(p) >= LEAST_THRESHOLD]
    assert [(pair.one, pair.other) for pair in passed] == [("Would you help him?", "Could you help him?")]
