"""What happened? One journal record for each exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from torana import journal
from torana.policies.base import Policy, Ports
from torana.providers import SECRET_HEADERS

if TYPE_CHECKING:
    from torana.exchange import Exchange, Headers
    from torana.snapshot import GatewayConfig

MASK = b"***"


class Record(Policy):
    """Fails open: a journal that cannot take a record counts it as dropped, and the answer goes out."""

    def __init__(self, ports: Ports) -> None:
        self._record = ports.record

    @classmethod
    def made_for(cls, config: GatewayConfig, ports: Ports) -> Self | None:
        # Also where the gateway keeps no logs: a caller may ask for one (cf-aig-collect-log: true).
        return cls(ports)

    def settle(self, x: Exchange) -> None:
        if is_logged(x):
            self._record(make_record(x))


def is_logged(x: Exchange) -> bool:
    wish = x.options.collect_log
    return x.gateway.collect_logs if wish is None else wish


def make_record(x: Exchange) -> journal.Record:
    """The exchange as the log has it. Nothing that a credential header or parameter held is in it."""
    request, target, asked = x.request, x.target, x.asked
    record = journal.Record(
        id=x.id,
        account_id=x.gateway.account_id,
        gateway_id=x.gateway.id,
        event_id=x.options.event_id or x.id,
        created_ms=x.created_ms,
        provider=x.provider,
        model=asked.model or (target.model if target else ""),
        format=target.format.name if target else "",
        method=text(request.method),
        path=x.path,
        status=x.status,
        duration_us=int((x.ended - x.started) * 1e6),
        first_byte_us=int((x.first_byte - x.started) * 1e6) if x.first_byte else 0,
        is_stream=x.is_stream,
        cached=x.cached,
        cancelled=x.cancelled,
        is_broken=x.is_broken,
        step=x.step,
        error=x.error,
        usage=x.usage,
        attempts=x.attempts,
        metadata=x.options.metadata,
        custom_cost=x.options.custom_cost,
        user_agent=find(request.headers, b"user-agent"),
        request_type="",
        request_content_type=find(request.headers, b"content-type"),
        response_content_type=find(x.reply_headers, b"content-type"),
        response_encoding=find(x.reply_headers, b"content-encoding"),
        request_size=x.request_size,
        response_size=x.reply_size,
        is_truncated=x.is_truncated,
        has_bodies=x.options.collect_payload,
    )
    if x.options.collect_payload:
        first = b"%b %b HTTP/1.1\r\n" % (request.method, x.masked_target or request.target)
        record.request_head = first + fields(request.headers)
        record.request_body = x.request_captured or b"".join(x.request_pieces)
        record.response_head = b"HTTP/1.1 %d\r\n" % x.status + fields(x.reply_headers)
        record.response_body = b"".join(x.captured)
    for secret in x.secrets:
        mask_everywhere(record, secret)
    return record


def text(raw: bytes) -> str:
    return raw.decode("latin-1")


def find(headers: Headers, wanted: bytes) -> str:
    """The first value of a field, as text; empty where there is none."""
    for name, value in headers:
        if name == wanted:
            return text(value)
    return ""


def fields(headers: Headers) -> bytes:
    """Header fields as HTTP/1.1 text, credentials masked."""
    return b"".join([b"%b: %b\r\n" % (n, MASK if n in SECRET_HEADERS else v) for n, v in headers])


def mask_everywhere(record: journal.Record, secret: bytes) -> None:
    # An upstream may echo what it was sent (an error that quotes the key, a debugging endpoint).
    if secret in record.request_body:
        record.request_body = record.request_body.replace(secret, MASK)
    if secret in record.response_body:
        record.response_body = record.response_body.replace(secret, MASK)
    if secret in record.request_head:
        record.request_head = record.request_head.replace(secret, MASK)
    if secret in record.response_head:
        record.response_head = record.response_head.replace(secret, MASK)
    plain = text(secret)
    for name in ("path", "model", "metadata", "user_agent", "event_id", "error"):
        if plain in (value := getattr(record, name)):
            setattr(record, name, value.replace(plain, text(MASK)))
