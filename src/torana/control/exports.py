"""Logs as a file, for other tools: JSON Lines or Parquet, piece by piece.

Each batch is a question of its own that goes on behind the last id, so an export of a million logs holds neither the
memory nor a view of the database that writers would have to wait for.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
import sqlalchemy as sa

from torana.control import parquet
from torana.control.envelope import Log
from torana.control.logs import Bodies, Chunk
from torana.control.queries import to_log
from torana.storage.tables import log_bodies, logs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine, Row

Format: TypeAlias = Literal["jsonl", "parquet"]
CONTENT_TYPES: dict[Format, str] = {
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_ROWS = 1_000
_PIECE_BYTES = 64 << 10
_CHUNKS = 8
"""Chunks of bodies held unpacked: logs that ended together lie in few of them."""


class Exported(Log, kw_only=True):
    """A log with what was given to it afterwards, and, where asked for, its bodies."""

    feedback: float | None
    score: float | None
    request: str | None = None
    """null = not asked for, or not kept."""
    request_is_base64: bool = False
    """Where the body is no UTF-8."""
    response: str | None = None
    """As it went, streams too."""
    response_is_base64: bool = False
    assembled: str | None = None
    """A streamed answer as one JSON message."""


def export(
    reader: Engine, wanted: Sequence[sa.ColumnElement[bool]], format_: Format, *, bodies: bool
) -> Iterator[bytes]:
    """The pieces of the file, oldest log first; InvalidInput, at once, where Parquet is not installed."""
    found = rows(reader, wanted, bodies=bodies)
    return parquet.write(found) if format_ == "parquet" else _lines(found)


def rows(reader: Engine, wanted: Sequence[sa.ColumnElement[bool]], *, bodies: bool) -> Iterator[Exported]:
    last = ""
    while True:
        page = sa.select(logs).where(*wanted, logs.c.id > last).order_by(logs.c.id).limit(_ROWS)
        with reader.connect() as connection:
            found = connection.execute(page).all()
        held = _Held(reader) if bodies else None
        for row in found:
            yield _exported(row, None if held is None else held.bodies(row))
        if len(found) < _ROWS:
            return
        last = found[-1].id


class _Held:
    """The bodies of a page's logs, chunk by chunk."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader
        self._chunks: OrderedDict[int, Chunk] = OrderedDict()

    def bodies(self, row: Row[tuple[object, ...]]) -> Bodies | None:
        if row.bodies_in is None:
            return None
        chunk = self._chunks.get(row.bodies_in)
        if chunk is None:
            one = sa.select(log_bodies.c.content).where(log_bodies.c.id == row.bodies_in)
            with self._reader.connect() as connection:
                content = connection.execute(one).scalar_one_or_none()
            chunk = self._chunks[row.bodies_in] = Chunk(content)
            if len(self._chunks) > _CHUNKS:
                self._chunks.popitem(last=False)
        return chunk.find(row.id)


def _exported(row: Row[tuple[object, ...]], bodies: Bodies | None) -> Exported:
    one = Exported(**msgspec.structs.asdict(to_log(row)), feedback=row.feedback, score=row.score)
    if bodies is not None:
        one.request, one.request_is_base64 = _text(bodies.request_body)
        one.response, one.response_is_base64 = _text(bodies.response_body)
        one.assembled = bodies.assembled.decode("utf-8", "replace") or None
    return one


def _text(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def _lines(found: Iterator[Exported]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode_into
    piece, line = bytearray(), bytearray()
    for one in found:
        encode(one, line)
        piece += line
        piece += b"\n"
        if len(piece) >= _PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
