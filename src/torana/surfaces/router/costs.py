"""What an answer costs: whole nano-USD inside, USD where it is told to clients."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from torana.catalog.cost import cost_nano

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.catalog.prices import Price
    from torana.exchange import Usage
    from torana.formats.json import Json

_MADE = ("image",)
"""Units that are of the answer; the others are of the question."""


class Cost(Struct, frozen=True):
    """In nano-USD."""

    prompt_nano: int = 0
    """What the provider takes for the question, its price of a request included."""
    completion_nano: int = 0
    """The same for the answer."""
    tools_nano: int = 0
    """What the router itself did for the request: searches, documents read."""
    is_byok: bool = False
    """The provider's part is on the caller's own bill there."""

    @property
    def upstream_nano(self) -> int:
        return self.prompt_nano + self.completion_nano

    @property
    def charged_nano(self) -> int:
        """To the account's credits."""
        return self.tools_nano + (0 if self.is_byok else self.upstream_nano)

    def insured(self) -> Cost:
        """Of an answer that came to nothing (openrouter.md 4.8): only what the router itself did is charged."""
        return self if self.is_byok else Cost(tools_nano=self.tools_nano)

    def told(self) -> Json:
        """The fields of a `usage`."""
        details: Json = {
            "upstream_inference_cost": usd(self.upstream_nano),
            "upstream_inference_prompt_cost": usd(self.prompt_nano),
            "upstream_inference_completions_cost": usd(self.completion_nano),
        }
        if self.tools_nano:
            details["server_tool_cost"] = usd(self.tools_nano)
        return {"cost": usd(self.charged_nano), "is_byok": self.is_byok, "cost_details": details}


def cost(usage: Usage, price: Price | None, *, is_byok: bool = False, tools_nano: int = 0) -> Cost:
    """What the provider states wins, as in logs; without a price, or a rate for what was used, there is no cost."""
    whole = None if price is None else cost_nano(usage, price)
    question = 0
    if price is not None and whole is not None:
        asked = replace(usage, tokens_out=0, reasoning_tokens_out=0, audio_tokens_out=0)
        question = min(cost_nano(asked, price) or 0, whole)
    if usage.cost_nano is not None:
        question = 0 if not whole else usage.cost_nano * question // whole
        whole = usage.cost_nano
    whole = whole or 0
    return Cost(question, whole - question, tools_nano, is_byok)


def with_units(of: Cost, units: Mapping[str, int], price: Price, others: Mapping[str, int]) -> Cost:
    """With what is not counted in tokens: `others` are nano-USD for a unit of each, the first request is in `of`."""
    asked = sum(others.get(name, 0) * count for name, count in units.items() if name not in _MADE)
    asked += price.request * max(0, units.get("request", 1) - 1)
    made = sum(others.get(name, 0) * units.get(name, 0) for name in _MADE)
    return replace(of, prompt_nano=of.prompt_nano + asked, completion_nano=of.completion_nano + made)


def usd(nano: int) -> float:
    """The number nearest to it, written without a digit too many for all sums below a million USD."""
    return float(Decimal(nano).scaleb(-9))
