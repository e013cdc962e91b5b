"""What workers are told of a gateway: of all that can be set, what policies act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.snapshot import GatewayConfig

if TYPE_CHECKING:
    from torana.control.gateway_settings import GatewaySettings


def compiled(name: tuple[str, str], settings: GatewaySettings, times_ms: tuple[int, int]) -> GatewayConfig:
    """`name` is account and gateway id, `times_ms` when it was made and changed."""
    account_id, gateway_id = name
    created_ms, modified_ms = times_ms
    return GatewayConfig(
        account_id,
        gateway_id,
        collect_logs=settings.collect_logs,
        created_ms=created_ms,
        modified_ms=modified_ms,
        authentication=settings.authentication,
        byok_only=settings.byok_only,
        placeholder_keys=settings.placeholder_keys,
    )
