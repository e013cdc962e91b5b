"""An account's own cost rules as prices, for the workers and for the ingester.

Of the rules that fit a model, an exact name goes before a beginning, and that before a part; among equals the longest
text, then the newest. A rate for a kind of tokens goes before the rate of the whole it is part of, which goes before
`cost_in` or `cost_out`; `total_tokens` comes on top of what each kind costs. Tokens without a rate leave the cost
unknown, unless `total_tokens` is all that is charged.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from torana.catalog.own import ModelRule, find_own
from torana.catalog.prices import ModelPrice
from torana.control.custom_providers import TokenPricing, list_costs, list_providers
from torana.providers.custom import PREFIX
from torana.storage.tables import configuration

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from torana.control.custom_providers import CostFields, CustomCost
    from torana.snapshot import CustomProviderConfig

_TO_RATE = Decimal(10) ** 15
"""Nano-USD for a million tokens, of one USD for one."""
_FOUND_IN = {
    "input": ("input_text_tokens", "input_tokens", "cost_in"),
    "cache_read": ("input_cached_tokens", "input_tokens", "cost_in"),
    "cache_write": ("input_cache_creation_tokens", "input_tokens", "cost_in"),
    "audio_in": ("input_audio_tokens", "input_tokens", "cost_in"),
    "output": ("output_tokens", "cost_out"),
    "reasoning": ("output_reasoning_tokens", "output_tokens", "cost_out"),
}
"""Where each rate of the catalog is looked for."""


def price_of(rule_id: str, fields: CostFields) -> ModelPrice:
    given = msgspec.structs.asdict(fields.token_pricing or TokenPricing())
    given |= {"cost_in": fields.cost_in, "cost_out": fields.cost_out}
    whole = given.pop("total_tokens")
    is_whole_only = whole is not None and all(rate is None for rate in given.values())
    rates: dict[str, int] = {}
    for name, places in _FOUND_IN.items():
        rate = next((given[place] for place in places if given[place] is not None), 0.0 if is_whole_only else None)
        if rate is not None:
            rates[name] = _exact(rate) + _exact(whole or 0.0)
    return msgspec.convert({"id": rule_id} | rates, ModelPrice)


def _exact(rate: float) -> int:
    """As it was written: 0.1 and not the binary number beside it."""
    return int((Decimal(repr(rate)) * _TO_RATE).to_integral_value(ROUND_HALF_UP))


def rules_of(costs: list[CustomCost]) -> list[ModelRule]:
    """Those that are switched on, in the order in which they are asked."""
    newest = sorted((one for one in costs if one.fields.enable), key=lambda one: one.modified_ms, reverse=True)
    rules = [ModelRule(one.fields.model_rule, one.fields.model.lower(), price_of(one.id, one.fields)) for one in newest]
    return sorted(rules, key=lambda rule: rule.weight, reverse=True)


def with_prices(connection: Connection, providers: list[CustomProviderConfig]) -> list[CustomProviderConfig]:
    """What workers are told of providers, with what their models cost."""
    if not providers:
        return providers
    by_name = _by_name(connection)
    return [
        msgspec.structs.replace(one, prices=by_name.get((one.account_id, PREFIX + one.slug), [])) for one in providers
    ]


def _by_name(connection: Connection) -> dict[tuple[str, str], list[ModelRule]]:
    """By account and provider, as logs name it."""
    costs: dict[str, list[CustomCost]] = {}
    for one in list_costs(connection):
        costs.setdefault(one.provider_id, []).append(one)
    return {
        (one.account_id, PREFIX + one.fields.slug): rules_of(costs.get(one.id, []))
        for one in list_providers(connection)
    }


class CustomPrices:
    """The rules in force, for the ingester's thread: the store is asked where `look` was called since."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._version = -1
        self._is_fresh = False
        self._rules: dict[tuple[str, str], list[ModelRule]] = {}

    def look(self) -> None:
        """Rules may have changed."""
        self._is_fresh = False

    def find(self, account_id: str, provider: str, model: str) -> ModelPrice | None:
        """`provider` with its prefix; the price's id is the rule's. SQLAlchemyError where the store cannot be asked."""
        if not self._is_fresh:
            with self._engine.connect() as connection:
                version = connection.execute(sa.select(configuration.c.version)).scalar_one_or_none() or 0
                if version != self._version:
                    self._rules, self._version = _by_name(connection), version
            self._is_fresh = True
        return find_own(self._rules.get((account_id, provider), []), provider, model)
