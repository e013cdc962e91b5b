"""How many logs may a gateway keep, and how many has it? (cloudflare.md 8.1, 12.1).

Read anew for each batch of the ingester: what was set, and what was deleted by hand, holds from the next one on.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.storage.tables import configuration, gateways, log_counts, logs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

Owner: TypeAlias = tuple[str, str]
"""Account and gateway."""

_SPARE = 100
"""Where the oldest give way, a hundredth of the limit goes at once: bodies are packed again once for many logs."""


class _Rule(Struct):
    """Of control.gateway_settings, what matters here."""

    log_management: int | None = None
    log_management_strategy: Literal["STOP_INSERTING", "DELETE_OLDEST"] | None = None


class Surplus(Struct, frozen=True):
    """So many of the oldest logs of a gateway are to go."""

    owner: Owner
    count: int


class Limits:
    """Of all gateways that have one; `read` first."""

    def __init__(self) -> None:
        self._version = -1
        self._rules: dict[Owner, _Rule] = {}
        self._counts: dict[Owner, int] = {}
        self._room: dict[Owner, int] = {}

    def read(self, connection: Connection) -> None:
        version = connection.execute(sa.select(configuration.c.version)).scalar_one_or_none() or 0
        if version != self._version:
            self._rules, self._version = _rules(connection), version
        if self._rules:
            found = connection.execute(sa.select(*log_counts.c)).all()
            self._counts = {(account_id, gateway_id): count for account_id, gateway_id, count in found}
        self._room = {
            owner: (rule.log_management or 0) - self._counts.get(owner, 0)
            for owner, rule in self._rules.items()
            if rule.log_management_strategy != "DELETE_OLDEST"
        }

    def takes(self, owner: Owner) -> bool:
        """Whether one more log of this gateway is stored; it is counted as if it were."""
        left = self._room.get(owner)
        if left is None:
            return True
        self._room[owner] = left - 1
        return left > 0

    def surplus(self, coming: Counter[Owner]) -> list[Surplus]:
        """What must go before these come, where the oldest give way."""
        found = []
        for owner, count in coming.items():
            rule = self._rules.get(owner)
            if rule is None or rule.log_management is None or rule.log_management_strategy != "DELETE_OLDEST":
                continue
            over = self._counts.get(owner, 0) + count - rule.log_management
            if over > 0:
                found.append(Surplus(owner, max(over, rule.log_management // _SPARE)))
        return found


def _rules(connection: Connection) -> dict[Owner, _Rule]:
    rows = connection.execute(sa.select(gateways.c.account_id, gateways.c.id, gateways.c.settings))
    found = {(row.account_id, row.id): msgspec.json.decode(row.settings, type=_Rule) for row in rows}
    return {owner: rule for owner, rule in found.items() if rule.log_management is not None}


def note_stored(connection: Connection, coming: Counter[Owner], stored: int) -> None:
    """In the transaction that stored them; a batch that was there already is counted anew."""
    if stored != coming.total():
        recount(connection, coming)
    else:
        _add(connection, coming)


def note_deleted(connection: Connection, gone: Iterable[Owner]) -> None:
    """In the transaction that deletes them."""
    counted = Counter(gone)
    _add(connection, Counter({owner: -count for owner, count in counted.items()}))


def recount(connection: Connection, owners: Iterable[Owner]) -> None:
    """Looks at all logs of these gateways."""
    for account_id, gateway_id in owners:
        own = (logs.c.account_id == account_id, logs.c.gateway_id == gateway_id)
        there = connection.execute(sa.select(sa.func.count()).select_from(logs).where(*own)).scalar_one()
        _set(connection, (account_id, gateway_id), there)


def count_of(connection: Connection, owner: Owner) -> int:
    found = sa.select(log_counts.c.count).where(*_is(owner))
    return connection.execute(found).scalar_one_or_none() or 0


def _add(connection: Connection, more: Counter[Owner]) -> None:
    for owner, count in more.items():
        changed = sa.update(log_counts).where(*_is(owner)).values(count=log_counts.c.count + count)
        if not connection.execute(changed).rowcount:
            _set(connection, owner, count)


def _set(connection: Connection, owner: Owner, count: int) -> None:
    if not connection.execute(sa.update(log_counts).where(*_is(owner)).values(count=count)).rowcount:
        account_id, gateway_id = owner
        connection.execute(sa.insert(log_counts).values(account_id=account_id, gateway_id=gateway_id, count=count))


def _is(owner: Owner) -> tuple[sa.ColumnElement[bool], ...]:
    return log_counts.c.account_id == owner[0], log_counts.c.gateway_id == owner[1]
