"""What did a request to an account's own provider cost? The account's rules, applied to its usage.

Of the rules that fit a model, an exact name goes before a beginning, and that before a part; among equals the longest
text, then the newest. A rate for a kind of tokens goes before the rate of the whole it is part of, which goes before
`cost_in` or `cost_out`; `total_tokens` comes on top of what each kind costs. Tokens without a rate leave the cost
unknown, unless `total_tokens` is all that is charged.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana.catalog.cost import parts, to_nano
from torana.control.custom_providers import CustomCost, TokenPricing, list_costs, list_providers
from torana.providers.custom import PREFIX
from torana.storage.tables import configuration

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from torana.control.custom_providers import CostFields
    from torana.exchange import Usage

_KINDS = (
    ("input_text_tokens", "input_tokens", "cost_in"),
    ("output_tokens", "cost_out"),
    ("input_cached_tokens", "input_tokens", "cost_in"),
    ("input_cache_creation_tokens", "input_tokens", "cost_in"),
    ("input_cache_creation_tokens", "input_tokens", "cost_in"),
    ("input_audio_tokens", "input_tokens", "cost_in"),
    ("output_reasoning_tokens", "output_tokens", "cost_out"),
    ("output_tokens", "cost_out"),
)
"""Where the rate of each of `catalog.cost.parts` is looked for."""


def cost_nano(usage: Usage, fields: CostFields) -> int | None:
    """Nano-USD; None where tokens were used that the rule has no rate for."""
    pricing = fields.token_pricing or TokenPricing()
    rates = {name: getattr(pricing, name) for name in TokenPricing.__struct_fields__}
    rates |= {"cost_in": fields.cost_in, "cost_out": fields.cost_out}
    whole = rates.pop("total_tokens")
    is_whole_only = whole is not None and all(rate is None for rate in rates.values())
    usd = Decimal(0)
    for tokens, names in zip(parts(usage), _KINDS, strict=False):
        if tokens:
            rate = next((rates[name] for name in names if rates[name] is not None), 0.0 if is_whole_only else None)
            if rate is None:
                return None
            usd += tokens * _exact(rate)
    if whole is not None:
        usd += (max(0, usage.tokens_in) + max(0, usage.tokens_out)) * _exact(whole)
    return to_nano(usd)


def _exact(rate: float) -> Decimal:
    """As it was written: 0.1 and not the binary number beside it."""
    return Decimal(repr(rate))


class CustomPrices:
    """The rules in force, for the ingester's thread: the store is asked where `look` was called since."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._version = -1
        self._is_fresh = False
        self._rules: dict[tuple[str, str], list[CustomCost]] = {}

    def look(self) -> None:
        """Rules may have changed."""
        self._is_fresh = False

    def find(self, account_id: str, provider: str, model: str) -> CustomCost | None:
        """`provider` with its prefix. SQLAlchemyError where the store cannot be asked."""
        if not self._is_fresh:
            with self._engine.connect() as connection:
                self._load(connection)
            self._is_fresh = True
        rules = self._rules.get((account_id, provider))
        if rules is None:
            return None
        name = model.lower().removeprefix(provider.lower() + "/")
        return next((rule for rule in rules if rule.fits(name)), None)

    def _load(self, connection: Connection) -> None:
        version = connection.execute(sa.select(configuration.c.version)).scalar_one_or_none() or 0
        if version == self._version:
            return
        names = {one.id: PREFIX + one.fields.slug for one in list_providers(connection)}
        rules: dict[tuple[str, str], list[CustomCost]] = {}
        for one in list_costs(connection):
            if one.fields.enable:
                rules.setdefault((one.account_id, names[one.provider_id]), []).append(one)
        for held in rules.values():
            held.sort(key=lambda rule: (rule.weight, rule.modified_ms), reverse=True)
        self._rules, self._version = rules, version
