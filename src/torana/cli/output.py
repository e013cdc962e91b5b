"""Prints for people on a terminal, plainly elsewhere, and JSON for scripts."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

_PLAIN_WIDTH = 10_000


def console() -> Console:
    """Without a terminal lines are as long as they are: a wrapped one is no use to grep."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)


def print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_json_line(value: object) -> None:
    """One line, at once: a reader of a pipe waits for it."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Columns whose name begins with `>` are numbers; those with `~` give way where the terminal is narrow."""
    screen = console()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 0, 0, 2))
    for name in columns:
        justify: Literal["left", "right"] = "right" if name.startswith(">") else "left"
        table.add_column(name.lstrip(">~"), justify=justify, no_wrap=not name.startswith("~"))
    for row in rows:
        cells = [cell if isinstance(cell, Text) else Text(cell) for cell in row]
        for cell in cells:
            cell.no_wrap, cell.overflow = True, "ellipsis"
        table.add_row(*cells)
    screen.print(table)


def local_time(rfc3339: str, timespec: str = "seconds") -> str:
    """`2026-11-23 01:17:03+01`: the reader's own time, with the offset that it had then."""
    return datetime.fromisoformat(rfc3339).astimezone().isoformat(" ", timespec).removesuffix(":00")


def tame(text: str) -> str:
    """Without control characters: what strangers sent must not drive the reader's terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def complain(message: str) -> None:
    sys.stderr.write(f"torana: {tame(message)}\n")
