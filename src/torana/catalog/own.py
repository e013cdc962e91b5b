"""What do models of an account's own providers cost? Rules by name, beginning, or part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from torana.catalog.prices import ModelPrice

if TYPE_CHECKING:
    from collections.abc import Sequence

Rule: TypeAlias = Literal["equals", "starts-with", "contains"]


class ModelRule(Struct, frozen=True):
    """`price.id` is the rule's own."""

    rule: Rule
    model: str
    """In lower case."""
    price: ModelPrice

    @property
    def weight(self) -> int:
        """Of the rules that fit a model, the heaviest one holds: the strictest kind, then the longest text."""
        return {"equals": 3, "starts-with": 2, "contains": 1}[self.rule] * 10_000 + len(self.model)

    def fits(self, model: str) -> bool:
        """`model` in lower case."""
        match self.rule:
            case "equals":
                return model == self.model
            case "starts-with":
                return model.startswith(self.model)
            case "contains":
                return self.model in model


def find_own(rules: Sequence[ModelRule], provider: str, model: str) -> ModelPrice | None:
    """The first that fits: `rules` are in their order. The model may be named with its provider before it."""
    if not rules:
        return None
    name = model.lower().removeprefix(provider.lower() + "/")
    return next((rule.price for rule in rules if rule.fits(name)), None)
