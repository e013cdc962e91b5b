"""Which figures occur in a block of logs? Bits, for what least and most do not tell.

Each figure of a block that is full has a bitmap of its own, in which each value sets the bit that a hash says. Where
the bit of a value is not set no log has it; where it is, one may: with a thousand costs of which no two are the same,
one block in nine is looked at in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa

from torana.storage.sql import replace
from torana.storage.tables import log_block_figures, log_blocks, logs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from torana.control.log_filters import Condition

FIGURES = ("cost_nano", "duration_us", "tokens_in", "tokens_out", "tokens")
Figures: TypeAlias = "Sequence[set[int]]"
"""The values that logs have, in that order."""

_LENGTH = 13
"""The bits are two to the power of it."""
_BYTES = 1 << (_LENGTH - 3)
_ODD = 0x9E37_79B9_7F4A_7C15
_WORD = (1 << 64) - 1
_REST = 64 - _LENGTH
_MASKS = tuple(1 << bit for bit in range(8))
_COLUMNS = (logs.c.cost_nano, logs.c.duration_us, logs.c.tokens_in, logs.c.tokens_out)
_TOKENS = logs.c.tokens_in + logs.c.tokens_out


class Bitmaps:
    """Written by the ingester, as blocks are filled."""

    def __init__(self, engine: Engine) -> None:
        self._replace = replace(engine, log_block_figures)

    def close(self, connection: Connection, block_id: int, bits: Sequence[bytearray] | None) -> None:
        """The block is full; where its bits are not known they are found in its logs, which are stored."""
        if bits is None:
            bits = new_bits()
            set_bits(bits, _stored(connection, block_id))
        rows = [(name, block_id, bytes(one)) for name, one in zip(FIGURES, bits, strict=True)]
        connection.exec_driver_sql(self._replace, rows)

    def add(self, connection: Connection, late: Mapping[int, Sequence[Figures]]) -> None:
        """What comes to blocks that were full before; those that have no bitmaps may hold anything already."""
        if not late:
            return
        bits = log_block_figures.c
        there = sa.select(bits.name, bits.block_id, bits.bits).where(bits.name.in_(FIGURES), bits.block_id.in_(late))
        found: dict[int, dict[str, bytearray]] = {}
        for name, block_id, former in connection.execute(there):
            found.setdefault(block_id, {})[name] = bytearray(former)
        rows = []
        for block_id, named in found.items():
            for figures in late[block_id]:
                set_bits([named[name] for name in FIGURES], figures)
            rows += [(name, block_id, bytes(bits)) for name, bits in named.items()]
        if rows:
            connection.exec_driver_sql(self._replace, rows)


def _stored(connection: Connection, block_id: int) -> Figures:
    block, log = log_blocks.c, logs.c
    within = sa.and_(
        *(log.account_id == block.account_id, log.gateway_id == block.gateway_id),
        *(log.id >= block.first_id, log.id < block.end_id),
    )
    query = sa.select(*_COLUMNS, _TOKENS).select_from(sa.join(log_blocks, logs, within)).where(block.id == block_id)
    return [{*column} - {None} for column in zip(*connection.execute(query).all(), strict=True)]


def drop_bitmaps(connection: Connection, block_ids: Sequence[int]) -> None:
    bits = log_block_figures.c
    connection.execute(sa.delete(log_block_figures).where(bits.name.in_(FIGURES), bits.block_id.in_(block_ids)))


def may_have(name: str, value: int) -> Condition:
    """Of a row of `log_blocks`: no bitmap says that no log of it has this figure."""
    at = _place_of(value)
    bits, mask = log_block_figures.c, 1 << (at & 7)
    # All databases compare bytes, and none has a word for one bit that the others know.
    is_set = sa.func.substr(bits.bits, (at >> 3) + 1, 1).in_([bytes([byte]) for byte in range(256) if byte & mask])
    lacking = sa.select(sa.literal(1)).where(bits.name == name, bits.block_id == log_blocks.c.id, sa.not_(is_set))
    return sa.not_(sa.exists(lacking))


def new_bits() -> list[bytearray]:
    """Of a block without logs."""
    return [bytearray(_BYTES) for _ in FIGURES]


def set_bits(bitmaps: Sequence[bytearray], figures: Figures) -> None:
    for bits, values in zip(bitmaps, figures, strict=True):
        for value in values:
            at = ((value * _ODD) & _WORD) >> _REST  # as `_place_of`, which would cost as much again to call
            bits[at >> 3] |= _MASKS[at & 7]


def _place_of(value: int) -> int:
    return ((value * _ODD) & _WORD) >> _REST
