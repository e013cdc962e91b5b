"""The order in which policies look at a request. Read top to bottom.

Answers pass their reviews from bottom to top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from torana.exchange import Gateway, Retries
from torana.policies.base import Policy, Ports
from torana.policies.cache import ExactCache
from torana.policies.rate_limit import RateLimit
from torana.policies.record import Record
from torana.policies.semantic_cache import SemanticCache
from torana.policies.spend_limit import SpendLimit

if TYPE_CHECKING:
    from torana.exchange import Opening, Request
    from torana.keys import StoredKey
    from torana.snapshot import GatewayConfig

ORDER: tuple[type[Policy], ...] = (ExactCache, SemanticCache, RateLimit, SpendLimit, Record)


def compile_gateway(
    config: GatewayConfig, ports: Ports, stored: dict[str, tuple[StoredKey, ...]] | None = None
) -> Gateway:
    """Keeps only the verbs that switched-on policies override, as three flat tuples."""
    on = [policy for kind in ORDER if (policy := kind.made_for(config, ports)) is not None]
    gateway = Gateway(
        account_id=config.account_id,
        id=config.id,
        collect_logs=config.collect_logs,
        authentication=config.authentication,
        byok_only=config.byok_only,
        placeholders=config.placeholder_keys,
        stored=stored or {},
        retries=_retries(config),
    )

    def narrowed(opening: Opening, request: Request) -> Gateway:
        return _with(gateway, [policy for policy in on if not policy.is_idle(opening, request)])

    return replace(_with(gateway, on), narrowed=narrowed)


def _with(gateway: Gateway, policies: list[Policy]) -> Gateway:
    return replace(
        gateway,
        repeat=policies[0].repeat,  # what keeps records is always there
        admit=tuple(p.admit for p in policies if type(p).admit is not Policy.admit),
        admit_routed=tuple(p.admit for p in policies if type(p).is_routed),
        review=tuple(p.review for p in reversed(policies) if type(p).review is not Policy.review),
        settle=tuple(p.settle for p in policies if type(p).settle is not Policy.settle),
    )


def _retries(config: GatewayConfig) -> Retries:
    usual = Retries()
    return Retries(
        config.retry_max_attempts or usual.max_attempts,
        usual.delay_ms if config.retry_delay is None else config.retry_delay,
        config.retry_backoff or usual.backoff,
    )
