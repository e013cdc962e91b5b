"""Which providers can a caller be served by?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.surfaces.credentials import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torana.exchange import Gateway
    from torana.providers import Provider
    from torana.snapshot import ByokConfig


LOCAL = frozenset({"local"})
"""Whom everybody can be served by."""


def reached(gateway: Gateway, providers: Mapping[bytes, Provider]) -> frozenset[str]:
    """Slugs of those that the gateway has a key for, or that need none."""
    return frozenset(slug for each in providers if has_key(gateway, providers[each], slug := each.decode("latin-1")))


def has_key(gateway: Gateway, provider: Provider, slug: str) -> bool:
    """A custom provider may have its key in its own headers; one at an address of the operator's may need none."""
    stored = gateway.stored.get(slug, ())
    if any(key.is_default or key.alias == DEFAULT for key in stored):
        return True
    return provider.is_local or bool(provider.adds) or (slug == "ollama" and provider.is_overridden)


def usable(byok: Iterable[ByokConfig], key_hash: str) -> frozenset[str]:
    """Providers of the workspace's own keys that this key of the router's may use."""
    return frozenset(one.provider for one in byok if one.allowed_keys is None or key_hash in one.allowed_keys)
