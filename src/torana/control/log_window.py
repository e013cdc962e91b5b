"""A window of a list of logs as it was at one moment, and what came since.

A moment is told by the log stored last. Ids sort by when a request came, so a long answer's log comes to stand below
others that are shown already; by the order of storing, what a list had then and what came since are told apart exactly:
no log is in both, and none in neither.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import Struct

from torana.control.log_blocks import FIRST, LAST
from torana.control.log_pages import LogRow, Place, choose, chosen, count, pruned_by
from torana.control.queries import Scope, walked
from torana.storage.tables import log_blocks, logs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.log_filters import Condition
    from torana.control.log_pages import Cut

MOST_LOOKED_AT = 20_000
"""Logs of all gateways that one question for what came since looks at."""
COUNTED_S = 0.04
"""So long logs that fit are counted; then their number is a least one."""
STRETCH = 20
"""Blocks of logs that are counted at once."""
_ANCHOR = re.compile(r"(\d{1,19})-([0-9a-f]{8})")
_LOG_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_EMPTY = "0"
"""The anchor of a store without a log."""
_COLUMNS = [
    column
    for column in logs.columns
    if column.name
    not in {
        *("account_id", "gateway_id", "format", "custom_cost", "request_content_type", "response_content_type"),
        *("response_encoding", "cache_write_1h_tokens_in", "audio_tokens_in", "audio_tokens_out", "bodies_in"),
    }
]


class Anchor(Struct, frozen=True):
    """The log stored last at a moment; 0 where there was none."""

    seq: int
    text: str


class Since(Struct, frozen=True):
    """What was stored since, oldest first."""

    rows: Sequence[LogRow]
    anchor: Anchor
    """What has been looked at now."""
    has_more: bool


def newest_anchor(connection: Connection, most: int | None = None) -> Anchor:
    """Of now, or of the last log up to the place `most`."""
    newest = sa.select(logs.c.seq, logs.c.id).order_by(logs.c.seq.desc()).limit(1)
    row = connection.execute(newest if most is None else newest.where(logs.c.seq <= most)).one_or_none()
    return Anchor(0, _EMPTY) if row is None else Anchor(row.seq, f"{row.seq}-{row.id[-8:]}")


def read_anchor(connection: Connection, place: Place, text: str) -> Anchor | None:
    """`text` as `Anchor` has it, or a log's id. None where its log is gone, and what came since cannot be told.

    ValueError for what is neither.
    """
    if text == _EMPTY:
        return Anchor(0, _EMPTY)
    if _LOG_ID.fullmatch(text):
        one = (logs.c.account_id == place.account_id, logs.c.gateway_id == place.gateway_id, logs.c.id == text)
        seq = connection.execute(sa.select(logs.c.seq).where(*one)).scalar_one_or_none()
        return None if seq is None else Anchor(seq, text)
    if not (found := _ANCHOR.fullmatch(text)):
        raise ValueError(f"`{text}` is neither an `anchor_id` of an answer nor the id of a log")
    seq = int(found[1])
    id_ = connection.execute(sa.select(logs.c.id).where(logs.c.seq == seq)).scalar_one_or_none()
    # A place is given again only once all from it on is deleted. An old log may be gone for its age alone.
    is_good = id_.endswith(found[2]) if id_ is not None else newest_anchor(connection).seq > seq
    return Anchor(seq, text) if is_good else None


def find_window(connection: Connection, place: Place, cut: Cut) -> Sequence[LogRow]:
    """Rows with the columns that a list needs, and no others."""
    numbers = choose(connection, place, cut)
    by_number = {row.seq: row for row in connection.execute(sa.select(*_COLUMNS).where(logs.c.seq.in_(numbers)))}
    return [by_number[number] for number in numbers]


def stored_until(connection: Connection, anchor: Anchor) -> list[Condition]:
    """Of the logs of that moment; nothing where none came since."""
    return [] if newest_anchor(connection).seq <= anchor.seq else [logs.c.seq <= anchor.seq]


def count_shortly(
    connection: Connection,
    place: Place,
    cut: Cut,
    found: int,
    seconds: float = COUNTED_S,
    stretch: int = STRETCH,
) -> tuple[int, bool]:
    """How many logs there are, and whether exactly so many; `found` = in the window.

    The newest are counted first, stretch by stretch: what is known when the time is over is the least there is.
    """
    is_at_end = found < cut.count and (found or not cut.first)
    if not cut.wanted or is_at_end:
        return count(connection, place, cut, found)
    deadline, total, below = time.monotonic() + seconds, 0, LAST
    pruned = pruned_by(connection, place, cut.filters)
    every = chosen(place, cut, pruned).order_by(None).limit(None).offset(None).with_only_columns(sa.func.count())
    while below != FIRST:
        above, below = below, _stretch_below(connection, place, below, stretch)
        # Where blocks lead to the logs, their own bounds do: with others beside them each would be walked whole.
        by = log_blocks.c.first_id if pruned else logs.c.id
        total += connection.execute(every.where(by >= below, by < above)).scalar_one()
        if time.monotonic() >= deadline:
            break
    return max(total, cut.first + found if found else 0), below == FIRST


def _stretch_below(connection: Connection, place: Place, log_id: str, blocks: int) -> str:
    """Where the logs begin of so many blocks before this one."""
    row = log_blocks.c
    own = (row.account_id == place.account_id, row.gateway_id == place.gateway_id, row.first_id < log_id)
    before = sa.select(row.first_id).where(*own).order_by(row.first_id.desc()).offset(blocks - 1).limit(1)
    return connection.execute(before).scalar_one_or_none() or FIRST


def find_since(connection: Connection, place: Place, cut: Cut, anchor: Anchor, most: int = MOST_LOOKED_AT) -> Since:
    """At most as many logs as the cut has, of at most `most` that are looked at."""
    newest = newest_anchor(connection)
    if newest.seq <= anchor.seq:
        return Since([], anchor, has_more=False)
    after = sa.select(logs.c.seq).where(logs.c.seq > anchor.seq).order_by(logs.c.seq)
    last = connection.execute(after.offset(most - 1).limit(1)).scalar_one_or_none() or newest.seq
    own = walked(Scope(place.account_id, place.gateway_id))
    query = sa.select(*_COLUMNS).where(*own, logs.c.seq > anchor.seq, logs.c.seq <= last, *cut.wanted)
    rows = connection.execute(query.order_by(logs.c.seq).limit(cut.count)).all()
    if len(rows) == cut.count:
        last = rows[-1].seq
    return Since(rows, newest_anchor(connection, last), has_more=last < newest.seq)
