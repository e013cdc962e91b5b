"""Rows of an export as a Parquet file, group by group; needs the extra `parquet`."""

from __future__ import annotations

import io
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec

from torana.control.refusals import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from torana.control.exports import Exported

_BATCH_ROWS = 500
_BATCH_BYTES = 2 << 20
_GROUP_BATCHES = 40
_GROUP_BYTES = 16 << 20
"""A group is held in memory until it is written."""

_TEXTS = (
    *("account_id", "gateway_id", "event_id", "provider", "model", "model_type", "method", "path", "format"),
    *("request_type", "request_content_type", "response_content_type", "error", "cost_source", "price_version"),
    *("metadata", "user_agent", "token_id", "credential", "similar_to", "request", "response", "assembled"),
)
_FLAGS = (
    *("success", "cached", "streamed", "cancelled", "broken", "custom_cost", "authentication", "byok"),
    *("request_is_base64", "response_is_base64"),
)
_NUMBERS = ("status_code", "duration", "tokens_in", "tokens_out", "step", "request_size", "response_size")
_FIGURES = ("cost", "feedback", "score", "similarity")
_USAGE = (
    *("input_tokens", "output_tokens", "total_tokens", "output_reasoning_tokens", "input_cached_tokens"),
    "input_cache_write_tokens",
)


def write(found: Iterator[Exported]) -> Iterator[bytes]:
    """InvalidInput, before anything is read, where the library is not installed."""
    if find_spec("pyarrow") is None:
        raise InvalidInput(
            "Parquet needs a library that is not installed: `pip install 'torana[parquet]'`", "query", "format"
        )
    return _write(found)


def _write(found: Iterator[Exported]) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415  # an extra, and heavy
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415  # the same

    schema, out = _schema(), _Pieces()
    with ParquetWriter(out, schema, compression="zstd") as writer:
        held: list[pa.RecordBatch] = []
        for some in _batches(found):
            held.append(pa.RecordBatch.from_pylist([_plain(one) for one in some], schema))
            if len(held) >= _GROUP_BATCHES or sum(batch.nbytes for batch in held) >= _GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(held, schema))
                held.clear()
                yield out.take()
        if held:
            writer.write_table(pa.Table.from_batches(held, schema))
    yield out.take()


def _batches(found: Iterator[Exported]) -> Iterator[list[Exported]]:
    """Rows stand in memory twice while they become columns, so few at a time, and fewer with bodies."""
    some: list[Exported] = []
    size = 0
    for one in found:
        some.append(one)
        size += len(one.request or "") + len(one.response or "") + len(one.assembled or "")
        if len(some) >= _BATCH_ROWS or size >= _BATCH_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def columns() -> list[str]:
    return list(_schema().names)


def _schema() -> pa.Schema:
    """The names of an export's lines; `created_at` is a moment."""
    import pyarrow as pa  # noqa: PLC0415  # an extra, and heavy

    attempt = {"provider": pa.string(), "model": pa.string(), "status": pa.int64(), "started_s": pa.float64()}
    attempt |= {"first_byte_s": pa.float64(), "ended_s": pa.float64(), "error": pa.string()}
    fields = {"id": pa.string(), "created_at": pa.timestamp("ms", tz="UTC")}
    fields |= dict.fromkeys(_TEXTS, pa.string()) | dict.fromkeys(_FLAGS, pa.bool_())
    fields |= dict.fromkeys(_NUMBERS, pa.int64()) | dict.fromkeys(_FIGURES, pa.float64())
    fields["timings"] = pa.struct({"total": pa.float64(), "latency": pa.float64()})
    fields["usage_metadata"] = pa.struct(dict.fromkeys(_USAGE, pa.int64()))
    fields["attempts"] = pa.list_(pa.struct(attempt))
    return pa.schema(list(fields.items()))


def _plain(one: Exported) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(one)
    plain["created_at"] = datetime.fromisoformat(one.created_at)
    return plain


class _Pieces(io.RawIOBase):
    """A file that is taken away as it is written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]  # a buffer of Arrow's, gone after the call
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
