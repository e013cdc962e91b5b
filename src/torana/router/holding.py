"""What a request may cost is held before anybody is asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from torana.catalog.cost import plain_nano
from torana.purse import Budget, Wanted
from torana.router.offer import Offer
from torana.routing.guarding import budgeted
from torana.surfaces.router.costs import Cost, with_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torana.catalog.market import Endpoint
    from torana.purse import Held, Purse
    from torana.router.asking import Asking


def hold(purse: Purse, asking: Asking, tokens_out: int, guardrails: Sequence[Mapping[str, object]]) -> Held | None:
    """By the dearest of those that may be asked. None where no key pays. PaymentError, Overloaded."""
    key = asking.access.key
    if key is None or asking.entry.is_count:  # which nobody is paid for
        return None
    units = asking.wanted.units if asking.wanted is not None else {}
    now_ms = time.time_ns() // 1_000_000
    nano, prompt_nano = _dearest(asking.choice.endpoints, asking.tokens_in * 2, tokens_out, units, now_ms)
    is_byok = all(isinstance(each, Offer) for each in asking.choice.endpoints)
    limits = [
        Budget(each.guardrail_id, each.limit_nano, each.interval, each.include_byok) for each in budgeted(guardrails)
    ]
    wanted = Wanted(tokens_out, prompt_nano)
    return purse.hold(key, nano, is_byok=is_byok, now_ms=now_ms, budgets=limits, wanted=wanted)


def _dearest(
    endpoints: Iterable[Endpoint], tokens_in: int, tokens_out: int, units: Mapping[str, int], now_ms: int
) -> tuple[int, int]:
    """What the whole may cost, and what the question alone."""
    found = (0, 0)
    for endpoint in endpoints:
        price = endpoint.price.at(now_ms)
        most_out = min(tokens_out, endpoint.max_completion_tokens or tokens_out)
        whole = plain_nano(tokens_in, most_out, price) or 0
        more = with_units(Cost(), units, price, endpoint.others).upstream_nano
        found = max(found, (whole + more, (plain_nano(tokens_in, 0, price) or 0) + more))
    return found
