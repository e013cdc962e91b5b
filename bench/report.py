"""The results, kept as JSON and shown in bench/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from bench.figure import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

_HERE = Path(__file__).parent
_RESULTS = _HERE / "results.json"
_README = _HERE / "README.md"
_BEGIN, _END = "<!-- results: written by `make bench ARGS=--write` -->", "<!-- end of results -->"
_ORDER = (
    *("plain", "tls", "whole", "cached", "policies", "stream", "p50", "p99"),
    *("streams", "rest", "growth", "import", "missing", "doubled"),
)
_HISTORY_END = "<!-- end of history -->"


class Run(Struct, frozen=True):
    """Where and with what the figures were taken."""

    date: str
    machine: str
    versions: str


class Results(Struct):
    """The newest row of each figure; a partial run replaces only its own."""

    run: Run
    rows: list[Row]


def table(rows: Sequence[Row], *, dated: bool = False) -> str:
    lines = [f"| figure | measured | target | reached | how it came about |{' date |' if dated else ''}"]
    lines.append("| --- " * (6 if dated else 5) + "|")
    for row in rows:
        target = "" if row.target is None else f"≤ {_number(row.target)} {row.unit}".strip()
        reached = {None: "", True: "yes", False: "**no**"}[row.is_reached]
        cells = [row.figure, f"{_number(row.measured)} {row.unit}".strip(), target, reached, row.detail]
        lines.append("| " + " | ".join(cells + ([row.date] if dated else [])) + " |")
    return "\n".join(lines)


def write(run: Run, rows: Sequence[Row]) -> None:
    """Lays the rows over the older ones, rewrites the section in the README and adds a line to its history."""
    kept = msgspec.json.decode(_RESULTS.read_bytes(), type=Results).rows if _RESULTS.exists() else []
    newest = {row.name: row for row in [*kept, *rows]}
    results = Results(run, sorted(newest.values(), key=_rank))
    _RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
    _README.write_text(_with_history(_with_results(_README.read_text("utf-8"), results), run, rows), "utf-8")


def _rank(row: Row) -> int:
    """Those with a target first, what is for comparison last."""
    return _ORDER.index(row.name) if row.name in _ORDER else len(_ORDER)


def _with_results(text: str, results: Results) -> str:
    head, _, rest = text.partition(_BEGIN)
    tail = rest.partition(_END)[2]
    run = results.run
    section = f"{table(results.rows, dated=True)}\n\nMachine of the last run: {run.machine}.\nWith {run.versions}."
    return f"{head}{_BEGIN}\n{section}\n{_END}{tail}"


def _with_history(text: str, run: Run, rows: Sequence[Row]) -> str:
    figures = ", ".join(f"{row.name} {_number(row.measured)}{' ' + row.unit if row.unit else ''}" for row in rows)
    return text.replace(_HISTORY_END, f"| {run.date} | {run.versions} | {figures} |\n{_HISTORY_END}")


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value < 100 else f"{value:,.0f}"
