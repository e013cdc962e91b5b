"""Which endpoints are tried for a request, and in which order?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import Struct

from torana.catalog.market import Endpoint
from torana.routing.market.health import UNSTABLE
from torana.routing.market.ordering import ordered
from torana.routing.market.screening import Reason, keep, refusal
from torana.routing.market.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torana.catalog.market import Model
    from torana.routing.market.bounds import Bounds
    from torana.routing.market.health import Health
    from torana.routing.market.needs import Needs
    from torana.routing.market.offers import Offer

Strategy: TypeAlias = Literal["weighted", "adaptive"]
"""What stands in where a request neither sorts nor orders."""


class Choice(Struct, frozen=True, kw_only=True):
    """Who is asked, in this order, each once."""

    endpoints: tuple[Endpoint, ...]
    """Never empty."""
    strategy: str
    """`order`, `sort:price` …, `tier:flex` …, `weighted` or `adaptive`."""
    total: int
    """Endpoints of the models that were asked for, those that were kept out counted in."""
    excluded: tuple[tuple[Endpoint, Reason], ...] = ()
    is_sticky: bool = False
    """The first one is asked for the sake of its prompt cache."""

    def counts(self) -> dict[str, int]:
        """How many were kept out, by the name of the reason."""
        return dict(Counter(reason.name for _, reason in self.excluded))


def choose(  # noqa: PLR0913  # one question with all that it needs
    models: Sequence[Model],
    wishes: Wishes | Sequence[Wishes],
    needs: Needs,
    bounds: Bounds,
    health: Health,
    *,
    reachable: Callable[[Endpoint], bool],
    sticky: str | None = None,
    now_s: float,
    dice: Callable[[], float],
    strategy: Strategy = "weighted",
) -> Choice:
    """Of the endpoints of `models`, which are fallbacks of each other in their order, those that may be asked.

    `wishes` are those of all, or one for each model where their names have suffixes of their own. `reachable` says
    whether there is a key for an endpoint. `sticky` is the id of the endpoint that served the conversation last.
    NoEndpoints says why where there is none.
    """
    asked = _asked(models, wishes)
    excluded: list[tuple[Endpoint, Reason]] = []
    groups: list[tuple[Wishes, list[Offer]]] = []
    for model, own in asked.values():
        if kept := keep(model, own, needs, bounds, reachable=reachable, now_s=now_s, excluded=excluded):
            groups.append((own, _narrowed(kept, own, needs)))
    if not groups:
        raise refusal([model for model, _ in asked.values()], excluded)
    first = groups[0][0]
    if first.partition == "none":
        groups = [(first, [each for _, kept in groups for each in kept])]
    found: list[Offer] = []
    for own, kept in groups:
        wished = (
            own
            if own.sort or own.service_tier or strategy == "weighted"
            else msgspec.structs.replace(own, sort=strategy)
        )
        order = _ordered(kept, wished, needs, health, now_s, dice)
        if not own.order:
            _head(order, sticky, health, now_s, is_first=not found)
        found += order if own.allow_fallbacks or own.order else order[:1]
    return Choice(
        endpoints=tuple([each.endpoint for each in found]),
        strategy=_strategy(first, strategy),
        total=sum([len(model.endpoints) for model, _ in asked.values()]),
        excluded=tuple(excluded),
        is_sticky=found[0].id == sticky and not first.order,
    )


def _asked(models: Sequence[Model], wishes: Wishes | Sequence[Wishes]) -> dict[str, tuple[Model, Wishes]]:
    """Each model once, by its id."""
    each = [wishes] * len(models) if isinstance(wishes, Wishes) else wishes
    found: dict[str, tuple[Model, Wishes]] = {}
    for model, own in zip(models, each, strict=True):
        found.setdefault(model.id, (model, own))
    return found


def _ordered(
    offers: list[Offer], wishes: Wishes, needs: Needs, health: Health, now_s: float, dice: Callable[[], float]
) -> list[Offer]:
    """An account at OpenRouter is asked when no other can, unless the caller says in which order."""
    last = [] if wishes.order else [offer for offer in offers if offer.is_last]
    if not last or len(last) == len(offers):
        return ordered(offers, wishes, needs, health, now_s, dice)
    direct = [offer for offer in offers if not offer.is_last]
    return ordered(direct, wishes, needs, health, now_s, dice) + ordered(last, wishes, needs, health, now_s, dice)


def _strategy(wishes: Wishes, strategy: Strategy) -> str:
    if wishes.order:
        return "order"
    if wishes.sort == "adaptive":
        return wishes.sort
    if wishes.sort:
        return f"sort:{wishes.sort}"
    return f"tier:{wishes.service_tier}" if wishes.service_tier else strategy


def _narrowed(kept: list[Offer], wishes: Wishes, needs: Needs) -> list[Offer]:
    """What is preferred to all else where there is any of it (2.3, 2.10), and ignored where there is none."""
    if wishes.service_tier == "flex":
        kept = [each for each in kept if each.tier == "flex"] or kept
    for name in needs.soft:
        kept = [each for each in kept if name in each.parameters] or kept
    if needs.max_tokens is not None:
        most = needs.max_tokens
        kept = [each for each in kept if (each.endpoint.max_completion_tokens or most) >= most] or kept
    if needs.tokens_in:
        kept = [each for each in kept if _has_room(each.endpoint, needs.tokens_in)] or kept
    return kept


def _has_room(endpoint: Endpoint, tokens_in: int) -> bool:
    return tokens_in <= (endpoint.max_prompt_tokens or endpoint.context_length or tokens_in)


def _head(order: list[Offer], sticky: str | None, health: Health, now_s: float, *, is_first: bool) -> None:
    """Puts the one with the prompt in its cache first, unless it is in trouble; `is_first`: the request begins here.

    Then who stands first has to be admitted by its breaker; where none is, they stay as they are.
    """
    if sticky is not None and health.rank(sticky, now_s) < UNSTABLE:
        order.sort(key=lambda each: each.id != sticky)
    if is_first and not health.admit(order[0].id, now_s):
        place = next((at for at, each in enumerate(order) if health.admit(each.id, now_s)), 0)
        order.insert(0, order.pop(place))
