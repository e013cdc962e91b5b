"""The ledger: grants and usage of an account, appended to and never changed, with its sums beside it.

Entry and sums change in one transaction, and an entry's id is unique, so nothing is counted twice or half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Resource, audit
from torana.control.operations import bump, changing, list_accounts, reading
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.ids import uuid7
from torana.storage.tables import ledger, ledger_totals

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.operations import Store

_LONGEST_NOTE = 500
MOST_NANO = 1 << 60
"""That an account may ever be granted: what counters can hold."""


class Totals(Struct, frozen=True):
    """Of one account's ledger."""

    grants_nano: int = 0
    usage_nano: int = 0
    """Positive."""


class LedgerEntry(Struct, frozen=True):
    id: str
    kind: str
    amount_nano: int
    """What it adds to the balance."""
    key_hash: str | None
    created_ms: int
    note: str


def totals(connection: Connection, account_id: str) -> Totals:
    row = connection.execute(sa.select(ledger_totals).where(ledger_totals.c.account_id == account_id)).one_or_none()
    return Totals() if row is None else Totals(row.grants_nano, row.usage_nano)


def grant(store: Store, account_id: str, nano: int, note: str = "") -> Totals:
    """Adds credits; from the first grant on an account has no more than it was granted. InvalidInput, NoSuchThing."""
    if nano <= 0:
        raise InvalidInput("a grant is an amount of USD above 0", "body", "amount")
    if len(note) > _LONGEST_NOTE:
        raise InvalidInput(f"a note has at most {_LONGEST_NOTE} characters", "body", "note")
    if account_id not in {account.id for account in list_accounts(store)}:
        raise NoSuchThing(f"there is no account `{account_id}`")
    with changing(store) as connection:
        old = totals(connection, account_id)
        if old.grants_nano + nano > MOST_NANO:
            raise InvalidInput("an account cannot have that many credits", "body", "amount")
        entry = LedgerEntry(uuid7(), "grant", nano, None, store.now_ms(), note)
        values = {"account_id": account_id, **msgspec.structs.asdict(entry)}
        connection.execute(sa.insert(ledger).values(values))
        of_account = ledger_totals.c.account_id == account_id
        added = sa.update(ledger_totals).where(of_account).values(grants_nano=ledger_totals.c.grants_nano + nano)
        if not connection.execute(added).rowcount:
            first = {"account_id": account_id, "grants_nano": nano, "usage_nano": 0}
            connection.execute(sa.insert(ledger_totals).values(first))
        audit(connection, store, "create", Resource(account_id, "router.grant", entry.id), new=entry)
        bump(connection)
        return totals(connection, account_id)


def entries(store: Store, account_id: str, count: int = 100) -> list[LedgerEntry]:
    """Newest first."""
    row = ledger.c
    query = sa.select(row.id, row.kind, row.amount_nano, row.key_hash, row.created_ms, row.note)
    query = query.where(row.account_id == account_id).order_by(row.seq.desc()).limit(count)
    with reading(store) as connection:
        return [LedgerEntry(*each) for each in connection.execute(query)]
