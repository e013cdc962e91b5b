"""What the account's guardrails allow: it narrows what a request may reach (4.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.routing.market.patterns import NOTHING, Patterns, patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torana.catalog.market import Model

GROUPS = ("anthropic", "openai", "google", "xai")
"""Authors whose models have a switch of their own for zero data retention; all others share `other`."""
_AUTHORS = {"x-ai": "xai"}


class Bounds(Struct, frozen=True, kw_only=True):
    """Several guardrails in one. Of lists of what is allowed, each has to have it; names are in lower case."""

    allowed_models: tuple[Patterns, ...] = ()
    ignored_models: Patterns = NOTHING
    allowed_providers: tuple[frozenset[str], ...] = ()
    ignored_providers: frozenset[str] = frozenset()
    zdr: frozenset[str] = frozenset()
    """Of `GROUPS` and `other`: their models go only where nothing is kept."""
    paid_training: bool = True
    """Paid endpoints of hosts that may train on what they are sent are allowed."""
    free_training: bool = True
    """The same of free ones. Who may publish what it is sent may train on it: hosts say no more than that."""

    def allows_model(self, model: Model) -> bool:
        """By id or permanent slug."""
        names = (model.id.lower(), model.canonical_slug.lower())
        allowed = all(any(map(listed.has, names)) for listed in self.allowed_models)
        return allowed and not (self.ignored_models and any(map(self.ignored_models.has, names)))

    def wants_zdr(self, model: Model) -> bool:
        author = _AUTHORS.get(model.author, model.author)
        return (author if author in GROUPS else "other") in self.zdr


def merged(bounds: Iterable[Bounds]) -> Bounds:
    """All of them at once: lists of what is allowed all hold, the others add up, one that forbids is enough."""
    every = list(bounds)
    ignored = [each.ignored_models for each in every]
    return Bounds(
        allowed_models=tuple(names for each in every for names in each.allowed_models),
        ignored_models=Patterns(
            frozenset[str]().union(*(each.exact for each in ignored)),
            tuple(prefix for each in ignored for prefix in each.prefixes),
            tuple(glob for each in ignored for glob in each.globs),
        ),
        allowed_providers=tuple(names for each in every for names in each.allowed_providers),
        ignored_providers=frozenset[str]().union(*(each.ignored_providers for each in every)),
        zdr=frozenset[str]().union(*(each.zdr for each in every)),
        paid_training=all(each.paid_training for each in every),
        free_training=all(each.free_training for each in every),
    )


def read_bounds(guardrail: Mapping[str, object]) -> Bounds:
    """Of a guardrail as the API has it, checked when it was stored; null is as good as absent."""
    models, providers = _list(guardrail, "allowed_models"), _list(guardrail, "allowed_providers")
    return Bounds(
        allowed_models=() if models is None else (patterns(models),),
        ignored_models=patterns(_list(guardrail, "ignored_models") or ()),
        allowed_providers=() if providers is None else (frozenset(providers),),
        ignored_providers=frozenset(_list(guardrail, "ignored_providers") or ()),
        zdr=frozenset(group for group in (*GROUPS, "other") if guardrail.get(f"enforce_zdr_{group}") is True),
        paid_training=guardrail.get("enable_paid_model_training") is not False,
        free_training=guardrail.get("enable_free_model_training") is not False
        and guardrail.get("enable_free_model_publication") is not False,
    )


def _list(guardrail: Mapping[str, object], name: str) -> list[str] | None:
    value = guardrail.get(name)
    return [str(item).strip().lower() for item in value] if isinstance(value, list) else None
