"""With which of the callers' own keys a provider is asked, and in which order (openrouter.md 4.6).

First the keys that come before the operator's, then the operator's unless a key forbids them, then the fallbacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.catalog.market import Model


class OwnKey(Protocol):
    """A key at a provider that a caller keeps here: `snapshot.ByokConfig`."""

    @property
    def provider(self) -> str: ...
    @property
    def is_fallback(self) -> bool: ...
    @property
    def is_byok_only(self) -> bool: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def sort_order(self) -> int: ...
    @property
    def allowed_models(self) -> list[str] | None: ...
    @property
    def allowed_keys(self) -> list[str] | None: ...


K = TypeVar("K", bound=OwnKey)


class Ranked(Struct, Generic[K], frozen=True):
    prioritised: tuple[K, ...]
    """To be asked before the operator's."""
    fallback: tuple[K, ...]
    """To be asked after them."""
    is_only: bool
    """The operator's keys are not to be used at this provider."""


def rank(byok: Sequence[K], model: Model, provider: str, key_hash: str) -> Ranked[K]:
    """`provider` as in the gateway's URLs; `key_hash` of the router's key that the request came with.

    A key that other callers alone may use says nothing here, not even that the operator's are not to be used.
    """
    names = _names(model)
    own = [one for one in byok if one.provider == provider and _may_use(one, key_hash)]
    usable = sorted((one for one in own if _serves(one, names)), key=lambda one: one.sort_order)
    return Ranked(
        prioritised=tuple(one for one in usable if not one.is_fallback),
        fallback=tuple(one for one in usable if one.is_fallback),
        # `is_byok_only` is of the whole provider, `is_required` of the models that the key is for.
        is_only=any(one.is_byok_only for one in own) or any(one.is_required for one in usable),
    )


def _may_use(one: OwnKey, key_hash: str) -> bool:
    return one.allowed_keys is None or key_hash in one.allowed_keys


def _serves(one: OwnKey, names: set[str]) -> bool:
    return one.allowed_models is None or any(name.lower() in names for name in one.allowed_models)


def _names(model: Model) -> set[str]:
    """With and without the variant: who allows a model allows `:free` of it too."""
    whole = {model.id.lower(), model.canonical_slug.lower()}
    return whole | {name.partition(":")[0] for name in whole}
