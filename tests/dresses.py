"""Answers of the hub, and what the router puts on them."""

from __future__ import annotations

from functools import partial
from typing import Any

from torana.catalog.prices import Price
from torana.formats.json import Json
from torana.surfaces.router.costs import cost
from torana.surfaces.router.dressing import Dress

PRICE = Price(input=200_000_000, output=650_000_000)


def dress(price: Price = PRICE, *, is_byok: bool = False, **more: object) -> Dress:
    made = Dress(
        id="gen-1791383961-a",
        created=1_791_383_961,
        model="deepseek/deepseek-v4.1-flash",
        provider="CoreWeave",
        price=partial(cost, price=price, is_byok=is_byok),
        is_byok=is_byok,
    )
    for name, value in more.items():
        setattr(made, name, value)
    return made


def answer(message: Json, finish: str | None = "stop", **more: object) -> Json:
    usage = {"prompt_tokens": 37, "completion_tokens": 8, "completion_tokens_details": {"reasoning_tokens": 8}}
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {"id": "up-1", "choices": [choice], "usage": usage, **more}


def choice_of(told: Json) -> dict[str, Any]:
    """The first one."""
    choices: Any = told["choices"]
    return dict(choices[0])
