"""Puts the router of a worker together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.catalog.hosts import HOSTS
from torana.errors import Overloaded
from torana.plugins.pipeline import Pipeline
from torana.purse import Purse
from torana.router.counting import Counting
from torana.router.flow import Flow
from torana.router.parts import Parts
from torana.router.passing import Passing
from torana.router.planning import Market
from torana.router.settling import Settling
from torana.router.trying import Trial
from torana.routing.market.health import Health
from torana.routing.market.sticky import Sticky
from torana.storage.cataloguing import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torana.attempts import Attempts, Sender
    from torana.delivery import Delivery
    from torana.directory import Directory
    from torana.providers import Provider
    from torana.storage.books import Books
    from torana.storage.cataloguing import Shop


class Around:
    """What the router takes from the rest of its worker."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        providers: Callable[[str], Mapping[bytes, Provider]],
        attempts: Attempts,
        delivery: Delivery,
        upstream: Sender,
    ) -> None:
        self.directory = directory
        self.providers = providers
        self.attempts = attempts
        self.delivery = delivery
        self.upstream = upstream


def router(around: Around, books: Books, shop: Shop) -> Flow:
    health, sticky, purse, pipeline = Health(), Sticky(), Purse(books), Pipeline()

    async def market() -> Market:
        try:
            return Market(shop.catalogue or await shop.load(), health, sticky)
        except CatalogueError as error:
            raise Overloaded(f"there are no models now: {error}") from error

    return Flow(
        Parts(
            directory=around.directory,
            providers=around.providers,
            market=market,
            reveal=lambda config, id_: around.directory().reveal_byok(config, id_),
            slugs={host.slug: host.provider for host in HOSTS.values()},
            delivery=around.delivery,
            trial=Trial(around.attempts, around.upstream, pipeline),
            passing=Passing(around.attempts),
            counting=Counting(around.attempts),
            pipeline=pipeline,
            purse=purse,
            health=health,
            settling=Settling(purse, health, sticky),
        )
    )
