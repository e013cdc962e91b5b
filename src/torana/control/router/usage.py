"""How much keys have used: ever, and in the UTC day, week and month that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.periods import Period, Reset, period
from torana.purse import Budget, budgets_of
from torana.storage.tables import activity_days, guardrails, router_key_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from torana.control.router.key_rows import KeyRecord
    from torana.keys import RouterKey

_RESETS: tuple[Reset | None, ...] = (None, "daily", "weekly", "monthly")
_AT_ONCE = 500
_DEFAULT, _ASSIGNED, _OWN = "workspace_default_key", "api_key", "key_limit"
_object = msgspec.json.Decoder(dict[str, object]).decode


class Spent(Struct, frozen=True):
    """In nano-USD."""

    cost: int = 0
    """Of the account's credits."""
    byok: int = 0
    """With callers' own keys at providers."""

    def counted(self, *, with_byok: bool) -> int:
        return self.cost + self.byok if with_byok else self.cost


class KeyUsage(Struct, frozen=True):
    ever: Spent = Spent()
    daily: Spent = Spent()
    weekly: Spent = Spent()
    monthly: Spent = Spent()

    def within(self, reset: Reset | None) -> Spent:
        """What counts against a limit that begins anew so often."""
        return {None: self.ever, "daily": self.daily, "weekly": self.weekly, "monthly": self.monthly}[reset]


class Layer(Struct, frozen=True):
    """One limit that a key is under, and what was spent of it; the scope is as the API names it."""

    scope: str
    budget: Budget
    over: Period
    spent: int


def usage_of(connection: Connection, hashes: Sequence[str], now_ms: int) -> dict[str, KeyUsage]:
    """By hash; keys that have used nothing are there too."""
    row = router_key_days.c
    sums = [
        sa.func.sum(sa.case((row.day >= period(reset, now_ms).first_day, column), else_=0))
        for reset in _RESETS
        for column in (row.cost_nano, row.byok_nano)
    ]
    found = dict.fromkeys(hashes, KeyUsage())
    for at in range(0, len(hashes), _AT_ONCE):
        some = hashes[at : at + _AT_ONCE]
        query = sa.select(row.key_hash, *sums).where(row.key_hash.in_(some)).group_by(row.key_hash)
        for key_hash, *parts in connection.execute(query):
            numbers = [int(part) for part in parts]
            found[key_hash] = KeyUsage(*(Spent(*numbers[n : n + 2]) for n in range(0, len(numbers), 2)))
    return found


def layers_of(connection: Connection, key: RouterKey, usage: KeyUsage, now_ms: int) -> list[Layer]:
    """The guardrails' budgets, then the key's own limit: as they refuse."""
    row = guardrails.c
    there = row.account_id == key.account_id, row.gateway_id == key.gateway_id
    rows = connection.execute(sa.select(row.id, row.content).where(*there))
    guards = {row.id: _object(row.content) for row in rows}
    layers = [
        (_DEFAULT if guards[each.id].get("is_default") else _ASSIGNED, each)
        for each in budgets_of(key.guardrails, guards)
    ]
    if key.limit_nano is not None:
        layers.append((_OWN, Budget("", key.limit_nano, key.limit_reset, key.include_byok)))
    return [
        Layer(scope, each, period(each.reset, now_ms), usage.within(each.reset).counted(with_byok=each.include_byok))
        for scope, each in layers
    ]


def free_requests(connection: Connection, account_id: str, now_ms: int) -> int:
    """How many requests the account made today to models that are free."""
    row = activity_days.c
    today = period("daily", now_ms).first_day
    is_free = sa.or_(row.model.like("%:free"), row.permaslug.like("%:free"))
    query = sa.select(sa.func.sum(row.requests)).where(row.account_id == account_id, row.day == today, is_free)
    return int(connection.execute(query).scalar_one() or 0)


def remaining_nano(key: KeyRecord | RouterKey, usage: KeyUsage) -> int | None:
    """Of the key's own limit, 0 where it is overdrawn; None = it has none."""
    if key.limit_nano is None:
        return None
    return max(0, key.limit_nano - usage.within(key.limit_reset).counted(with_byok=key.include_byok))
