"""A journal record as the row and the bodies of its log: priced and decoded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from torana.catalog.cost import cost_nano, custom_cost
from torana.control.logs import Bodies
from torana.control.router.taking import routed_of
from torana.formats import FORMATS
from torana.formats.coding import decoder
from torana.message import FIRST_FAILURE
from torana.providers.custom import PREFIX

if TYPE_CHECKING:
    from torana.catalog.prices import Prices
    from torana.control.custom_prices import CustomPrices
    from torana.exchange import Usage
    from torana.journal import Record

_MOST_DECODED = 64 << 20

Row: TypeAlias = tuple[object, ...]
Priced: TypeAlias = tuple[int | None, str | None, str | None]
"""Nano-USD, its source, and the version of the price table, or the id of the rule, where it is from there."""

_log = logging.getLogger("torana.ingest")
_FREE = "local"  # the embedded model, whatever it was asked
_NO_USAGE = (None,) * 8
_UNKNOWN: Priced = (None, None, None)


class Rows:
    """Makes the rows of records."""

    def __init__(self, prices: Prices, custom: CustomPrices) -> None:
        self.prices = prices
        self._custom = custom
        self._attempts = msgspec.json.Encoder().encode

    def bodies(self, record: Record) -> Bodies | None:
        """None where none were kept. Undoes `response_encoding`, in the record too."""
        if not record.has_bodies:
            return None
        body, assembled = record.response_body, b""
        try:
            undo = decoder(record.response_encoding, _MOST_DECODED) if record.response_encoding else None
            if undo is not None:
                body = undo.feed(body)
                record.response_encoding = b""
            format_ = FORMATS.get(record.format) if record.is_stream and body else None
            if format_ is not None:
                assembled = format_.assemble(body) or b""
        except Exception:  # noqa: BLE001  # one bad body would otherwise stop all logs
            _log.exception("the body of log %s is stored as it came", record.id)
        return Bodies(record.request_headers, record.request_body, record.response_headers, body, assembled)

    def price(self, record: Record) -> Priced:
        usage = record.usage
        if record.cached:
            return 0, None, None
        if record.routed and (routed := routed_of(record)) is not None:
            # Its price is that of the endpoint that was chosen, and its money in the books already.
            is_known = bool(routed.upstream_nano) or usage is not None
            return (routed.upstream_nano, "table", self.prices.version) if is_known else _UNKNOWN
        if record.custom_cost:
            # A step or a request that failed has no price, though its caller names one for what is answered.
            cost = custom_cost(record.custom_cost, usage) if record.status < FIRST_FAILURE else None
            return _UNKNOWN if cost is None else (cost, "custom", None)
        if record.provider == _FREE:
            return 0, "table", self.prices.version
        if record.provider.startswith(PREFIX):
            own = self._custom.find(record.account_id, record.provider, record.model)
            if own is not None:
                cost = None if usage is None else cost_nano(usage, own)
                return _UNKNOWN if cost is None else (cost, "rule", own.id)
        if usage is None:
            return _UNKNOWN
        if usage.cost_nano is not None:
            return usage.cost_nano, "provider", None
        model = self.prices.find(record.provider, record.model)
        if model is None:
            return _UNKNOWN
        cost = cost_nano(usage, model.at(record.created_ms) if model.changes else model)
        return _UNKNOWN if cost is None else (cost, "table", self.prices.version)

    def log(self, record: Record, priced: Priced, bodies_in: int | None) -> Row:
        """In the order of the table's columns, less `seq`."""
        r, usage = record, record.usage
        return (
            *(r.id, r.account_id, r.gateway_id, r.event_id or r.id, r.created_ms),
            *(r.provider, r.model, r.format, r.method, r.path, r.status),
            *(r.duration_us, r.first_byte_us, r.is_stream, r.cached, r.cancelled, r.is_broken, r.step, r.error),
            *(_tokens(usage) if usage is not None else _NO_USAGE),
            *priced,
            self._attempts(r.attempts).decode(),
            *(r.metadata, r.custom_cost, r.user_agent, r.request_type),
            *(r.request_content_type, r.response_content_type.decode("latin-1"), r.response_encoding.decode("latin-1")),
            *(r.request_size, r.response_size, r.is_truncated, r.has_bodies, bodies_in),
            *(r.token_id or None, r.credential or None),
            *(r.similarity or None, r.similar_to or None),
        )


def _tokens(usage: Usage) -> Row:
    return (
        usage.tokens_in,
        usage.tokens_out,
        usage.cached_tokens_in,
        usage.cache_write_tokens_in,
        usage.cache_write_1h_tokens_in,
        usage.audio_tokens_in,
        usage.reasoning_tokens_out,
        usage.audio_tokens_out,
    )
