"""Journal records for tests; fields that do not matter are the same in all."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, cast

import msgspec
import sqlalchemy as sa

from torana.catalog.prices import Prices
from torana.control.analytics.rollups import sum_up
from torana.control.custom_prices import CustomPrices
from torana.control.rows import Rows
from torana.exchange import Attempt
from torana.journal import Record

if TYPE_CHECKING:
    from torana.control.totals import Totals

ACCOUNT = "0123456789abcdef0123456789abcdef"
NOW_MS = 1_795_000_000_000
_ROWS = Rows(Prices(None), CustomPrices(sa.create_engine("sqlite://")))


def log_id(number: int, created_ms: int = 0) -> str:
    """UUIDv7s in the order of their numbers, where no time is given."""
    return str(uuid.UUID(int=((created_ms or NOW_MS + number) << 80) | (7 << 76) | (2 << 62) | number))


_UNITS = {"duration_us": "duration_s", "first_byte_us": "first_byte_s"}


def make_record(number: int = 0, **changed: object) -> Record:
    """Times may be given in the units in which a log shows them, `created_ms` among them."""
    for given, name in _UNITS.items():
        if given in changed:
            changed[name] = cast("int", changed.pop(given)) / 1e6
    record = Record(
        id=log_id(number, cast("int", changed.pop("created_ms", 0))),
        account_id=ACCOUNT,
        gateway_id="default",
        event_id=f"event-{number}",
        provider="openai",
        model="gpt-4o",
        format="openai_chat",
        method="POST",
        path="chat/completions",
        status=200,
        duration_s=0.412,
        first_byte_s=0.4,
        is_stream=False,
        cached=False,
        cancelled=False,
        is_broken=False,
        step=0,
        error="",
        usage=None,
        attempts=[Attempt("openai", "gpt-4o", 200, 0.0, 0.4, 0.412)],
        metadata="",
        custom_cost="",
        user_agent="test",
        request_type="",
        request_content_type="application/json",
        response_content_type=b"application/json",
        response_encoding=b"",
        request_size=2,
        response_size=2,
        is_truncated=False,
        request_headers=[(b"host", b"t")],
        request_body=b"request %d" % number,
        response_headers=[(b"x-request-id", b"r")],
        response_body=b"answer %d" % number,
    )
    return msgspec.structs.replace(record, **changed)


def count(totals: Totals, record: Record, cost_nano: int | None = None) -> None:
    """As the ingester counts it for the metrics."""
    row = _ROWS.log(record, (cost_nano, None, None), None)
    totals.take(sum_up([row])[0])
