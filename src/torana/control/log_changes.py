"""Changes to logs that are stored: feedback given afterwards, and deletion."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
import zstandard

from torana.control.log_blocks import note_metadata
from torana.control.log_limits import note_deleted
from torana.control.log_pages import choose
from torana.control.logs import LEVEL
from torana.storage.tables import log_bodies, logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from torana.control.log_limits import Owner
    from torana.control.log_pages import Cut, Place

_AT_ONCE = 500
"""Numbers in one statement: SQLite bounds its variables."""


def change_log(connection: Connection, place: Place, log_id: str, values: dict[str, object]) -> bool:
    """Sets columns of one log; False where it is not there."""
    one = (logs.c.account_id == place.account_id, logs.c.gateway_id == place.gateway_id, logs.c.id == log_id)
    if not values:
        return connection.execute(sa.select(logs.c.seq).where(*one)).one_or_none() is not None
    changed = bool(connection.execute(sa.update(logs).where(*one).values(values)).rowcount)
    if changed and "metadata" in values:
        note_metadata(connection, (place.account_id, place.gateway_id), log_id, str(values["metadata"]))
    return changed


def delete_logs(connection: Connection, place: Place, cut: Cut) -> int:
    """The logs of the cut with their bodies; how many there were."""
    numbers = choose(connection, place, cut)
    delete_rows(connection, numbers)
    return len(numbers)


def delete_rows(connection: Connection, numbers: Sequence[int]) -> set[Owner]:
    """Logs by their `seq`, with their bodies, out of the counts too; whose they were."""
    owners: set[Owner] = set()
    for at in range(0, len(numbers), _AT_ONCE):
        some = numbers[at : at + _AT_ONCE]
        going = sa.select(logs.c.id, logs.c.account_id, logs.c.gateway_id, logs.c.bodies_in).where(logs.c.seq.in_(some))
        rows = connection.execute(going).all()
        by_chunk: dict[int, set[str]] = defaultdict(set)
        for row in rows:
            if row.bodies_in is not None:
                by_chunk[row.bodies_in].add(row.id)
        for chunk_id, ids in by_chunk.items():
            _take_out(connection, chunk_id, ids)
        connection.execute(sa.delete(logs).where(logs.c.seq.in_(some)))
        gone = [(row.account_id, row.gateway_id) for row in rows]
        note_deleted(connection, gone)
        owners.update(gone)
    return owners


def _take_out(connection: Connection, chunk_id: int, ids: set[str]) -> None:
    """Packs a chunk again without these; a chunk of which nothing is left goes."""
    one = log_bodies.c.id == chunk_id
    content = connection.execute(sa.select(log_bodies.c.content).where(one)).scalar_one_or_none()
    if content is None:
        return
    held = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(content), type=dict[str, msgspec.Raw])
    kept = {log_id: bodies for log_id, bodies in held.items() if log_id not in ids}
    if kept:
        packed = zstandard.ZstdCompressor(level=LEVEL).compress(msgspec.msgpack.encode(kept))
        connection.execute(sa.update(log_bodies).where(one).values(content=packed))
    else:
        connection.execute(sa.delete(log_bodies).where(one))
