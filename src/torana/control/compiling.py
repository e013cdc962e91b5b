"""What workers are told of a gateway: of all that can be set, what policies act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.control.purges import Marks
from torana.snapshot import GatewayConfig, SemanticRule

if TYPE_CHECKING:
    from torana.control.gateway_settings import GatewaySettings, SemanticCache

_NO_MARKS = Marks()


def compiled(
    name: tuple[str, str], settings: GatewaySettings, times_ms: tuple[int, int], marks: Marks = _NO_MARKS
) -> GatewayConfig:
    """`name` is account and gateway id, `times_ms` when it was made and changed."""
    account_id, gateway_id = name
    created_ms, modified_ms = times_ms
    return GatewayConfig(
        account_id,
        gateway_id,
        collect_logs=settings.collect_logs,
        retry_max_attempts=settings.retry_max_attempts,
        retry_delay=settings.retry_delay,
        retry_backoff=settings.retry_backoff,
        created_ms=created_ms,
        modified_ms=modified_ms,
        cache_ttl=settings.cache_ttl or 0,
        cache_streams=settings.cache_streams,
        cache_single_flight=settings.cache_single_flight,
        cache_mark=marks.whole,
        cache_key_marks=marks.keys,
        authentication=settings.authentication,
        byok_only=settings.byok_only,
        placeholder_keys=settings.placeholder_keys,
        rate_limiting_limit=settings.rate_limiting_limit or 0,
        rate_limiting_interval=settings.rate_limiting_interval or 0,
        rate_limiting_technique=settings.rate_limiting_technique or "fixed",
        rate_limits=settings.rate_limits,
        spend_limits=settings.spend_limits,
        semantic_cache=_semantic(settings.semantic_cache),
    )


def _semantic(wish: SemanticCache | None) -> SemanticRule | None:
    return SemanticRule(wish.mode, wish.threshold) if wish is not None and wish.enabled else None
