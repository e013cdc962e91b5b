"""The layout is a promise: imports point one way, pure folders stay pure, nothing grows too big."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from torana import errors

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "torana"

# Top to bottom: a file imports only from the rows above its own. Files of one folder may see each other.
ROWS: tuple[tuple[str, ...], ...] = (
    ("message",),
    ("keys", "caching"),
    ("exchange", "errors", "ids", "limits", "priority", "addresses", "routed", "periods"),
    ("formats", "catalog"),
    ("providers",),
    ("routing", "surfaces", "semantic"),
    ("snapshot", "journal", "settings", "statistics", "relay", "gathering"),
    ("again",),
    ("storage", "wire", "leash", "sealing"),
    ("policies",),
    ("directory", "signing", "purse"),
    ("retelling", "fetching", "remembering"),
    ("recalling", "direct"),
    ("attempts", "translating", "plugins", "delivery"),
    ("flow", "router"),
    ("front", "embedder"),
    ("worker", "local"),
    ("control",),
    ("supervisor",),
    ("cli",),
)
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}
PURE = {"formats", "providers", "routing", "surfaces", "catalog", "semantic"}
IMPURE = {"asyncio", "time", "random", "os", "socket", "logging", "secrets", "threading", "subprocess", "datetime"}
MAX_MODULE, MAX_FUNCTION = 600, 50

FILES = sorted(p for p in SRC.rglob("*.py") if p.parent != SRC / "storage" / "migrations" / "versions")


def unit_of(path: Path) -> str:
    return path.relative_to(SRC).with_suffix("").parts[0]


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: imports are absolute"
            module = node.module or ""
            if module == "torana":
                yield from ((node.lineno, f"torana.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_up_the_tree(path: Path) -> None:
    unit = unit_of(path)
    if unit in {"__init__", "__main__"}:
        return
    assert unit in RANK, f"`{unit}` has no row: say in ROWS where it stands"
    for line, name in imported(ast.parse(path.read_text())):
        top, _, rest = name.partition(".")
        if top == "torana" and rest and rest != "__version__":
            target = rest.split(".")[0]
            assert target == unit or RANK[target] < RANK[unit], f"line {line}: {unit} must not import {target}"


@pytest.mark.parametrize("path", [p for p in FILES if unit_of(p) in PURE], ids=lambda p: str(p.relative_to(SRC)))
def test_pure_folders_have_no_clock_dice_or_network(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for line, name in imported(tree):
        assert name.split(".")[0] not in IMPURE, f"line {line}: {name} has no place here"
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef | ast.Await)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_nothing_grows_too_big(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION, f"{node.name} is too long"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_the_first_line_says_what_a_file_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, "a module begins with a sentence"
    first = docstring.splitlines()[0]
    assert len(first.split()) <= 18, first
    assert first.rstrip("`")[-1] in ".?:", first


def test_the_tree_of_errors_is_drawn_whole() -> None:
    drawn = errors.__doc__ or ""
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.ToranaError):
            line = next((row for row in drawn.splitlines() if f" {name} " in f"{row} "), None)
            assert line, f"{name} is not in the drawing"
            if not kind.__subclasses__():
                assert f" {kind.status} " in line, name
                assert f" {kind.code}" in line, name
