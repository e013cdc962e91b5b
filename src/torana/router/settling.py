"""What a routed request leaves behind: what it cost, and how its endpoint did."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from torana import routed
from torana.catalog.estimate import likely_in
from torana.exchange import Usage
from torana.message import FIRST_FAILURE
from torana.router.offer import Offer, id_of
from torana.routing.market.health import Seen
from torana.routing.market.sticky import is_worth
from torana.surfaces.router.costs import Cost, cost
from torana.surfaces.router.dressing import Ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.catalog.market import Endpoint
    from torana.exchange import Exchange
    from torana.purse import Purse
    from torana.router.asking import Asking
    from torana.routing.market.health import Health
    from torana.routing.market.sticky import Sticky

_CHARACTERS_A_TOKEN = 4


def pricing(endpoint: Endpoint) -> Callable[[Usage], Cost]:
    """What an answer of this endpoint costs, at the moment in which it is asked."""
    price = endpoint.price.at(time.time_ns() // 1_000_000)
    is_byok = isinstance(endpoint, Offer)

    def priced(usage: Usage) -> Cost:
        return cost(usage, price, is_byok=is_byok)

    return priced


def estimating(asking: Asking) -> Callable[[int], Usage]:
    """What was probably used, where the provider does not say or was cut off."""

    def estimated(characters: int) -> Usage:
        return Usage(likely_in(asking.tokens_in), -(-characters // _CHARACTERS_A_TOKEN))

    return estimated


class Settling:
    """One a worker."""

    def __init__(self, purse: Purse, health: Health, sticky: Sticky) -> None:
        self._purse = purse
        self._health = health
        self._sticky = sticky

    def settle(self, x: Exchange, asking: Asking | None) -> None:
        """Before the record is written. What was held is given back in any case."""
        if asking is None or asking.entry.is_count:
            return
        charged = byok = 0
        try:
            ending = self._ending(x, asking)
            if ending is not None and asking.endpoint is not None:
                x.log.usage = x.log.usage or ending.usage
                charged = ending.cost.charged_nano
                byok = ending.cost.upstream_nano if ending.cost.is_byok else 0
                self._note(x, asking, asking.endpoint, ending)
                self._learn(x, asking, asking.endpoint, ending)
            if asking.kept is not None:
                asking.kept.keep(x, asking.id)
        finally:
            if asking.held is not None:
                self._purse.settle(asking.held, charged, byok)
                asking.held = None
            if x.log.attempts or asking.routed.source_id:
                x.log.routed = routed.encode(asking.routed)

    def _ending(self, x: Exchange, asking: Asking) -> Ending | None:
        """None where nothing was answered, and nothing is owed."""
        if asking.ending is not None:
            return asking.ending
        if asking.ended is not None:
            return asking.ended.ending
        if x.log.cancelled and x.log.attempts and asking.dress is not None:
            # Who leaves before an answer has been asked for one all the same.
            usage = Usage(likely_in(asking.tokens_in), 0)
            return Ending(usage, asking.dress.price(usage), is_estimated=True)
        return None

    def _note(self, x: Exchange, asking: Asking, endpoint: Endpoint, ending: Ending) -> None:
        told = asking.routed
        told.model, told.endpoint_id, told.provider_name = endpoint.model, id_of(endpoint), endpoint.host.name
        told.permaslug = next((m.canonical_slug for m in asking.plan.models if m.id == endpoint.model), endpoint.model)
        told.upstream_id = ending.upstream_id
        told.cost_nano, told.upstream_nano = ending.cost.charged_nano, ending.cost.upstream_nano
        told.is_byok = ending.cost.is_byok
        told.finish_reason, told.native_finish_reason = ending.finish_reason, ending.native_finish_reason
        told.media_out = ending.images
        told.cache_discount_nano = _saved(endpoint, ending.usage)
        if told.answered:
            told.answered[-1].id, told.answered[-1].model_permaslug = ending.upstream_id, told.permaslug
        if ending.error is not None and not x.log.error:
            x.log.is_broken, x.log.error = True, str(ending.error.get("message"))

    def _learn(self, x: Exchange, asking: Asking, endpoint: Endpoint, ending: Ending) -> None:
        log, now_s = x.log, time.time()
        total_s = time.perf_counter() - x.started - asking.attempt_s
        first_s = log.first_byte_s - asking.attempt_s if log.first_byte_s > asking.attempt_s else total_s
        tokens = ending.usage.tokens_out
        seen = Seen(
            status=200,
            is_cut=log.is_broken and not log.cancelled,
            latency_s=first_s if log.is_stream else None,  # a whole answer says nothing of its first token
            tokens_per_s=tokens / total_s if tokens and total_s > 0 and not log.cancelled else None,
            has_sound_calls=asking.has_sound_calls,
        )
        self._health.observe(endpoint.id, seen, now_s)
        conversation = asking.conversation
        if conversation is None or log.status >= FIRST_FAILURE or log.is_broken or log.cancelled:
            return
        cached = ending.usage.cached_tokens_in + ending.usage.cache_write_tokens_in
        if is_worth(endpoint, conversation, cached, now_s):
            self._sticky.keep(conversation, id_of(endpoint), now_s)


def _saved(endpoint: Endpoint, usage: Usage) -> int:
    """By the prompt cache: what its tokens would have cost besides."""
    price = endpoint.price
    if not usage.cached_tokens_in or price.input is None or price.cache_read is None:
        return 0
    return usage.cached_tokens_in * (price.input - price.cache_read) // 1_000_000
