"""Which endpoints are tried for a request, and in which order?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import Struct

from torana.catalog.market import Endpoint
from torana.routing.market.health import UNSTABLE
from torana.routing.market.offers import by_price
from torana.routing.market.ordering import ordered
from torana.routing.market.screening import Left, Reason, refusal, screen
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
    groups: list[tuple[Wishes, Sequence[Offer]]] = []
    excluded: tuple[tuple[Endpoint, Reason], ...] = ()
    has_last = False
    for model, own in asked:
        left = screen(model, own, needs, bounds, reachable=reachable, now_s=now_s)
        excluded += left.excluded
        has_last = has_last or left.has_last
        if left.offers:
            groups.append((own, _narrowed(left, own, needs)))
    if not groups:
        raise refusal([model for model, _ in asked], excluded)
    first = groups[0][0]
    if len(groups) > 1 and first.partition == "none":
        groups = [(first, by_price([offer for _, kept in groups for offer in kept], now_s))]
    found: list[Offer] = []
    for own, kept in groups:
        wished = own if strategy == "weighted" else _by(strategy, own)
        arranged = _last_apart if has_last and not own.order else ordered
        order = arranged(kept, wished, needs, health, now_s, dice)
        if not own.order:
            _head(order, sticky, health, now_s, is_first=not found)
        found += order if own.allow_fallbacks or own.order else order[:1]
    return Choice(
        endpoints=tuple([each.endpoint for each in found]),
        strategy=_strategy(first, strategy),
        total=sum([len(model.endpoints) for model, _ in asked]),
        excluded=excluded,
        is_sticky=found[0].id == sticky and not first.order,
    )


def _asked(models: Sequence[Model], wishes: Wishes | Sequence[Wishes]) -> list[tuple[Model, Wishes]]:
    """Each model once, by its id."""
    each = [wishes] * len(models) if isinstance(wishes, Wishes) else wishes
    if len(models) == 1:
        return [(models[0], each[0])]
    found: dict[str, tuple[Model, Wishes]] = {}
    for model, own in zip(models, each, strict=True):
        found.setdefault(model.id, (model, own))
    return list(found.values())


def _by(strategy: Strategy, wishes: Wishes) -> Wishes:
    """The operator's strategy, where the request does not wish for an order of its own."""
    return wishes if wishes.sort or wishes.service_tier else msgspec.structs.replace(wishes, sort=strategy)


def _last_apart(
    offers: Sequence[Offer], wishes: Wishes, needs: Needs, health: Health, now_s: float, dice: Callable[[], float]
) -> list[Offer]:
    """An account at OpenRouter is asked when no other can, unless the caller says in which order."""
    groups = [[offer for offer in offers if offer.is_last is is_last] for is_last in (False, True)]
    return [each for group in groups if group for each in ordered(group, wishes, needs, health, now_s, dice)]


def _strategy(wishes: Wishes, strategy: Strategy) -> str:
    if wishes.order:
        return "order"
    if wishes.sort == "adaptive":
        return wishes.sort
    if wishes.sort:
        return f"sort:{wishes.sort}"
    return f"tier:{wishes.service_tier}" if wishes.service_tier else strategy


def _narrowed(left: Left, wishes: Wishes, needs: Needs) -> Sequence[Offer]:
    """What is preferred to all else where there is any of it (2.3, 2.10), and ignored where there is none."""
    kept: Sequence[Offer] = left.offers
    if wishes.service_tier == "flex":
        kept = [each for each in kept if each.tier == "flex"] or kept
    if not left.parameters.issuperset(needs.soft):
        for name in needs.soft:
            kept = [each for each in kept if name in each.parameters] or kept
    if needs.max_tokens is not None and needs.max_tokens > left.most_tokens:
        most = needs.max_tokens
        kept = [each for each in kept if (each.endpoint.max_completion_tokens or most) >= most] or kept
    if needs.tokens_in > left.most_prompt:
        kept = [each for each in kept if each.most_prompt >= needs.tokens_in] or kept
    return kept


def _head(order: list[Offer], sticky: str | None, health: Health, now_s: float, *, is_first: bool) -> None:
    """Puts the one with the prompt in its cache first, unless it is in trouble; `is_first`: the request begins here.

    Then who stands first has to be admitted by its breaker; where none is, they stay as they are.
    """
    if sticky is not None and health.rank(sticky, now_s) < UNSTABLE:
        order.sort(key=lambda each: each.id != sticky)
    if is_first and not health.admit(order[0].id, now_s):
        place = next((at for at, each in enumerate(order) if health.admit(each.id, now_s)), 0)
        order.insert(0, order.pop(place))
