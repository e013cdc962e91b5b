"""What happened? One journal record for each exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from torana.journal import Head
from torana.policies.base import Policy, Ports

if TYPE_CHECKING:
    from torana.exchange import Exchange, Opening
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
        opening = x.opening
        if not opening.is_logged:
            return
        entry = x.log
        if not opening.options.collect_payload:
            entry.request_body = entry.response_body = b""
            entry.response_headers = []
            entry.has_bodies = False
        if opening.packed is None:
            opening.packed = pack(opening)
        self._record(entry, opening.packed, opening.secrets)  # type: ignore[arg-type]  # nobody else packs it


def pack(opening: Opening) -> Head:
    """Credential headers are masked in it; the journal masks what echoes them."""
    gateway, options, target = opening.gateway, opening.options, opening.target
    return Head(
        gateway.account_id,
        gateway.id,
        options.event_id or opening.request_id,
        opening.provider,
        target.format.name if target is not None else "",
        opening.method,
        opening.path,
        options.metadata,
        options.custom_cost,
        opening.user_agent,
        opening.request_type,
        opening.type,
        opening.masked_headers,
        options.trace_id,
        options.parent_span_id,
        opening.caller.id if opening.caller is not None else "",
        opening.credential,
    )
