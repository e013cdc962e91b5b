"""Pairs of questions: the same in other words, and near misses."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "golden" / "semantic"


class Pair(NamedTuple):
    kind: str
    one: str
    other: str


def _read(name: str) -> list[Pair]:
    lines = (_FOLDER / name).read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Pair(*row) if len(row) == 3 else Pair("", *row) for row in rows]


PARAPHRASES = _read("paraphrases.tsv")
NEAR_MISSES = _read("near_misses.tsv")
