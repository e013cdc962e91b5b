"""What happened? One journal record for each exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from torana import journal
from torana.journal import MASK
from torana.policies.base import Policy, Ports
from torana.providers import SECRET_HEADERS

if TYPE_CHECKING:
    from torana.exchange import Exchange, Headers
    from torana.snapshot import GatewayConfig


class Record(Policy):
    """Fails open: a journal that cannot take a record counts it as dropped, and the answer goes out."""

    def __init__(self, ports: Ports) -> None:
        self._record = ports.record

    @classmethod
    def made_for(cls, config: GatewayConfig, ports: Ports) -> Self | None:  # noqa: ARG003  # the same for every gateway
        # Also where the gateway keeps no logs: a caller may ask for one (cf-aig-collect-log: true).
        return cls(ports)

    def settle(self, x: Exchange) -> None:
        if is_logged(x):
            self._record(make_record(x), x.secrets)


def is_logged(x: Exchange) -> bool:
    wish = x.options.collect_log
    return x.gateway.collect_logs if wish is None else wish


def make_record(x: Exchange) -> journal.Record:
    """The exchange as the log has it, credential headers masked; the journal masks what echoes them."""
    target, asked, options, started = x.target, x.asked, x.options, x.started
    has_bodies = options.collect_payload
    record = journal.Record(
        x.id,
        x.gateway.account_id,
        x.gateway.id,
        options.event_id or x.id,
        x.created_ms,
        x.provider,
        asked.model or (target.model if target is not None else ""),
        target.format.name if target is not None else "",
        x.request.method.decode("latin-1"),
        x.path,
        x.status,
        int((x.ended - started) * 1e6),
        int((x.first_byte - started) * 1e6) if x.first_byte else 0,
        x.is_stream,
        x.cached,
        x.cancelled,
        x.is_broken,
        x.step,
        x.error,
        x.usage,
        x.attempts,
        options.metadata,
        options.custom_cost,
        x.user_agent.decode("latin-1"),
        "",
        x.request_type.decode("latin-1"),
        x.reply_type.decode("latin-1"),
        x.reply_coding.decode("latin-1"),
        x.request_size,
        x.reply_size,
        x.is_truncated,
    )
    if has_bodies:
        record.request_headers = masked(x.request.headers)
        record.request_body = x.request_captured or b"".join(x.request_pieces)
        record.response_headers = masked(x.reply_headers)
        record.response_body = x.captured[0] if len(x.captured) == 1 else b"".join(x.captured)
    else:
        record.has_bodies = False
    return record


def masked(headers: Headers) -> Headers:
    return [(h[0], MASK) if h[0] in SECRET_HEADERS else h for h in headers]
