"""The snapshot, compiled: what a request finds by look-up alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Gateway
from torana.policies import compile_gateway
from torana.policies.base import Ports
from torana.providers import Provider, custom
from torana.snapshot import GatewayConfig

if TYPE_CHECKING:
    from torana.snapshot import Snapshot


class Directory(Struct):
    """Swapped whole when the snapshot changes; an exchange under way keeps the gateway it began with."""

    version: int
    gateways: dict[tuple[bytes, bytes], Gateway]
    accounts: frozenset[bytes]
    ports: Ports
    providers: dict[str, dict[bytes, Provider]] = {}
    """By account: those of its own, by slug. Accounts without any are not there."""

    def stray(self, account_id: bytes, gateway_id: bytes) -> Gateway:
        """A gateway that is not there, in an account that is: its refusals are logged."""
        config = GatewayConfig(
            account_id=account_id.decode("latin-1"),
            id=gateway_id.decode("latin-1")[:64],
            collect_logs=True,
            created_ms=0,
            modified_ms=0,
        )
        return compile_gateway(config, self.ports)


def compile_directory(snapshot: Snapshot, ports: Ports) -> Directory:
    return Directory(
        version=snapshot.version,
        gateways={(g.account_id.encode(), g.id.encode()): compile_gateway(g, ports) for g in snapshot.gateways},
        accounts=frozenset(a.id.encode() for a in snapshot.accounts),
        ports=ports,
        providers=_custom(snapshot),
    )


def _custom(snapshot: Snapshot) -> dict[str, dict[bytes, Provider]]:
    found: dict[str, dict[bytes, Provider]] = {}
    for one in snapshot.custom_providers:
        provider = custom(one.slug, one.base_url, one.headers)
        found.setdefault(one.account_id, {})[provider.slug.encode()] = provider
    return found
