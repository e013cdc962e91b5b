"""The tables of `docs/formats.md`: what of the matrix works, as the tests saw it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from matrix.clients import CLIENTS
from matrix.playing import Cell, cells
from matrix.upstreams import UPSTREAMS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
FEATURES = {
    "plain": "Text, with a system prompt and tuning knobs",
    "tools": "Tools: calls side by side, and their results",
    "images": "Images, as data and as URLs",
    "schema": "Answers that follow a JSON schema",
    "reasoning": "Reasoning: shown, and given back with its signatures",
    "failures": "Errors: refusals with their status and message, and streams that go wrong",
}
GOOD, BAD = "✓", "—"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

Seen = dict[Cell, str]
"""By cell, GOOD, or GOOD and what is to be said of it, or what is wrong."""


def markers(feature: str) -> tuple[str, str]:
    return f"<!-- matrix {feature} -->", f"<!-- /matrix {feature} -->"


def written(feature: str, seen: Seen) -> str:
    """What stands between the markers."""
    notes: list[str] = []
    heads = ["client", *(upstream.name for upstream in UPSTREAMS)]
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for client in CLIENTS:
        row = [client.name]
        for upstream in UPSTREAMS:
            pair = [cell for cell in cells(feature) if cell.client is client and cell.upstream is upstream]
            row.append(_shown([cell.reason or seen.get(cell, "not seen") for cell in pair], notes))
        lines.append("| " + " | ".join(row) + " |")
    lines += [""] * bool(notes) + [f"({letter}) {note}  " for letter, note in zip(_LETTERS, notes, strict=False)]
    return f"\n{FEATURES[feature]}:\n\n" + "\n".join(lines).rstrip() + "\n\n"


def _shown(results: list[str], notes: list[str]) -> str:
    """Whole and streamed, as one where they are the same."""
    told = [_marked(result, notes) for result in results]
    return told[0] if len(set(told)) == 1 else f"whole {told[0]}, streamed {told[1]}"


def _marked(result: str, notes: list[str]) -> str:
    is_good = result.startswith(GOOD)
    note = result.removeprefix(GOOD).strip()
    if note and note not in notes:
        notes.append(note)
    mark = f"({_LETTERS[notes.index(note)]})" if note else ""
    return " ".join(filter(None, [GOOD if is_good else BAD, mark]))


def check(feature: str, seen: Seen) -> None:
    """To be called when all cells of a feature were played; where some were left out there is nothing to compare."""
    missing = [cell for cell in cells(feature) if not cell.reason and cell not in seen]
    if missing or os.environ.get("WRITE_FORMATS_TABLE"):
        pytest.skip(f"{len(missing)} cells were not played")
    assert committed(feature) == written(feature, seen), "run scripts/build_formats_table.py"


def committed(feature: str) -> str:
    begin, end = markers(feature)
    _, _, rest = PAGE.read_text("utf-8").partition(begin)
    return rest.partition(end)[0]


def write(feature: str, text: str) -> None:
    begin, end = markers(feature)
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    PAGE.write_text(before + begin + text + end + after, "utf-8")
