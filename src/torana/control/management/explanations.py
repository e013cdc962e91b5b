"""What do the docstrings under the fields of a Struct say? Read from its source.

Python throws such docstrings away. A wheel has the sources beside it, so they are looked up there; where there is no
source, fields go without an explanation.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import Struct

Texts: TypeAlias = dict[str, str]


def explanations(kind: type[Struct]) -> Texts:
    """By the names that fields have in JSON; of those that a Struct inherits too, where it says nothing else."""
    by_name: Texts = {}
    for base in reversed(kind.__mro__):
        by_name |= _of_module(base.__module__).get(base.__qualname__, {})
    fields = msgspec.structs.fields(kind)
    return {field.encode_name: by_name[field.name] for field in fields if field.name in by_name}


@lru_cache(maxsize=256)
def _of_module(name: str) -> dict[str, Texts]:
    """By the qualified names of its classes. Each module is read once."""
    module = sys.modules.get(name)
    if module is None or not name.startswith("torana."):
        return {}
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):  # installed without sources
        return {}
    return {name: _of_class(node) for name, node in _classes(tree.body, "")}


def _classes(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            yield from _classes(node.body, f"{prefix}{node.name}.")


def _of_class(node: ast.ClassDef) -> Texts:
    found: Texts = {}
    for one, after in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(one, ast.AnnAssign)
            and isinstance(one.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            found[one.target.id] = " ".join(after.value.value.split())
    return found
