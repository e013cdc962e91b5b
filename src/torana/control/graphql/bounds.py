"""How much may one question ask? Depth, fields and datasets, counted before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, GraphQLError, OperationDefinitionNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, SelectionSetNode

DEEPEST = 20
"""The usual introspection query of clients has 14 levels."""
MOST_FIELDS = 500
MOST_DATASETS = 20
MOST_TOKENS = 5_000


def check(document: DocumentNode) -> None:
    """GraphQLError where it asks too much. Before it is validated, which takes the square of a query's size."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            _Count(fragments).walk(one.selection_set, 1)


class _Count:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._fields = 0
        self._datasets = 0

    def walk(self, chosen: SelectionSetNode, depth: int) -> None:
        """Fragments count where they are used, as often as they are."""
        if depth > DEEPEST:
            raise GraphQLError(f"a query has at most {DEEPEST} levels")
        for one in chosen.selections:
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise GraphQLError(f"a query has at most {MOST_FIELDS} fields")
            if isinstance(one, FragmentSpreadNode):
                fragment = self._fragments.get(one.name.value)
                if fragment is not None:
                    self.walk(fragment.selection_set, depth)
            elif isinstance(one, FieldNode):
                self._datasets += one.name.value.endswith("AdaptiveGroups")
                if self._datasets > MOST_DATASETS:
                    raise GraphQLError(f"a query reads at most {MOST_DATASETS} datasets")
                if one.selection_set is not None:
                    self.walk(one.selection_set, depth + 1)
            else:
                self.walk(one.selection_set, depth)  # type: ignore[attr-defined]  # an inline fragment has one
