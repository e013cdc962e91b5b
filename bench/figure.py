"""What a measurement is given, and the row it gives back."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from bench.load import Generator

if TYPE_CHECKING:
    from collections.abc import Sequence


class Setup(Struct, frozen=True):
    """`folder` is empty and goes away afterwards; cores are those of the side under test and of everything else."""

    folder: Path
    load: Generator
    side_core: int
    load_core: int
    quick: bool = False

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 7

    @property
    def turn_s(self) -> float:
        return 2.0 if self.quick else 4.0

    def room(self, name: str) -> Path:
        """A folder of its own for one measurement."""
        room = self.folder / name
        room.mkdir(parents=True)
        return room


class Row(Struct, frozen=True):
    """One figure. `target` None = there is none, the row is for comparison."""

    name: str
    figure: str
    measured: float
    target: float | None
    unit: str
    detail: str
    date: str = ""

    @property
    def is_reached(self) -> bool | None:
        return None if self.target is None else self.measured <= self.target


class Ratio(Struct, frozen=True):
    """Of two sides measured in turns: each turn's ratio, since a machine's mood lasts longer than a turn."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    return Ratio(median(each), min(each), max(each))
