"""Generations in the store: what the router noted of a request, beside its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import Struct

from torana import routed
from torana.control.envelope import Log
from torana.control.logs import Bodies, load_bodies
from torana.control.operations import reading
from torana.control.queries import to_log
from torana.control.router.refusals import NotThere
from torana.routed import Routed
from torana.storage.tables import generation_feedback, generations, logs

if TYPE_CHECKING:
    from torana.control.operations import Store


class Generation(Struct, frozen=True):
    account_id: str
    gateway_id: str
    log_id: str
    created_ms: int
    routed: Routed
    log: Log | None
    """None = it was deleted."""


def find_generation(store: Store, account_id: str, id_: str) -> Generation:
    """NotThere where it is not there, or another account's."""
    row = generations.c
    query = sa.select(generations).where(row.id == id_, row.account_id == account_id)
    with reading(store) as connection:
        found = connection.execute(query).one_or_none()
        if found is None:
            raise NotThere(f"Generation {id_[:100]} not found")
        log = connection.execute(sa.select(logs).where(logs.c.id == found.log_id)).one_or_none()
    return Generation(
        found.account_id,
        found.gateway_id,
        found.log_id,
        found.created_ms,
        routed.decode(found.content),
        None if log is None else to_log(log),
    )


def find_bodies(store: Store, generation: Generation) -> Bodies | None:
    """None where they were not kept, or are not to be shown."""
    if generation.log is None or not generation.routed.is_logged_content:
        return None
    with reading(store) as connection:
        return load_bodies(connection, generation.log_id)


def keep_feedback(store: Store, generation: Generation, category: str, comment: str) -> None:
    values = {
        "generation_id": generation.routed.id,
        "account_id": generation.account_id,
        "category": category,
        "comment": comment,
        "created_ms": store.now_ms(),
    }
    with store.database.writer.begin() as connection:
        connection.execute(sa.insert(generation_feedback).values(values))
