"""What the account's guardrails allow: it narrows what a request may reach (4.10)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torana.catalog.market import Endpoint, Model

GROUPS = ("anthropic", "openai", "google", "xai")
"""Authors whose models have a switch of their own for zero data retention; all others share `other`."""
_AUTHORS = {"x-ai": "xai"}
_TRAINING = ("paid_model_training", "free_model_training", "free_model_publication")


class Bounds(Struct, frozen=True, kw_only=True):
    """Several guardrails in one. Each list of what is allowed has to have it; names are in lower case."""

    allowed_models: tuple[tuple[str, ...], ...] = ()
    ignored_models: tuple[str, ...] = ()
    allowed_providers: tuple[tuple[str, ...], ...] = ()
    ignored_providers: tuple[str, ...] = ()
    zdr: frozenset[str] = frozenset()
    """Of `GROUPS` and `other`: their models go only where nothing is kept."""
    paid_training: bool = True
    """Paid endpoints of hosts that may train on what they are sent are allowed."""
    free_training: bool = True
    free_publication: bool = True

    def allows_model(self, model: Model) -> bool:
        """Lists have ids, permanent slugs, or globs of them (`anthropic/*`)."""
        names = (model.id.lower(), model.canonical_slug.lower())
        return all(is_listed(names, allowed) for allowed in self.allowed_models) and not (
            self.ignored_models and is_listed(names, self.ignored_models)
        )

    def wants_zdr(self, model: Model) -> bool:
        author = _AUTHORS.get(model.author, model.author)
        return (author if author in GROUPS else "other") in self.zdr

    def allows_training(self, endpoint: Endpoint, *, is_free: bool) -> bool:
        """Who may publish what it is sent may train on it too: no host says more than that."""
        if not endpoint.host.trains:
            return True
        return self.free_training and self.free_publication if is_free else self.paid_training


def is_listed(names: Iterable[str], patterns: Iterable[str]) -> bool:
    """Whether one of the names is one of the patterns, in which `*` stands for anything."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns for name in names)


def merged(bounds: Iterable[Bounds]) -> Bounds:
    """All of them at once: lists of what is allowed all hold, the others add up, one that forbids is enough."""
    all_of = list(bounds)
    return Bounds(
        allowed_models=tuple(names for each in all_of for names in each.allowed_models),
        ignored_models=tuple(name for each in all_of for name in each.ignored_models),
        allowed_providers=tuple(names for each in all_of for names in each.allowed_providers),
        ignored_providers=tuple(name for each in all_of for name in each.ignored_providers),
        zdr=frozenset[str]().union(*(each.zdr for each in all_of)),
        paid_training=all(each.paid_training for each in all_of),
        free_training=all(each.free_training for each in all_of),
        free_publication=all(each.free_publication for each in all_of),
    )


def read_bounds(guardrail: Mapping[str, object]) -> Bounds:
    """Of a guardrail as the API has it, checked when it was stored; null is as good as absent."""
    zdr = frozenset(group for group in (*GROUPS, "other") if guardrail.get(f"enforce_zdr_{group}") is True)
    paid, free, publication = (guardrail.get(f"enable_{name}") is not False for name in _TRAINING)
    allowed_models, allowed_providers = _list(guardrail, "allowed_models"), _list(guardrail, "allowed_providers")
    return Bounds(
        allowed_models=() if allowed_models is None else (allowed_models,),
        ignored_models=_list(guardrail, "ignored_models") or (),
        allowed_providers=() if allowed_providers is None else (allowed_providers,),
        ignored_providers=_list(guardrail, "ignored_providers") or (),
        zdr=zdr,
        paid_training=paid,
        free_training=free,
        free_publication=publication,
    )


def _list(guardrail: Mapping[str, object], name: str) -> tuple[str, ...] | None:
    value = guardrail.get(name)
    return tuple(str(item).strip().lower() for item in value) if isinstance(value, list) else None
