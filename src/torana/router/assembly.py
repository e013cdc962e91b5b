"""Puts the router of a worker together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.attempts import Attempts, Sender
from torana.catalog.hosts import HOSTS
from torana.delivery import Delivery
from torana.directory import Directory
from torana.errors import Overloaded
from torana.plugins.pipeline import Pipeline
from torana.plugins.response_cache import ResponseCache
from torana.providers import Provider
from torana.purse import Purse
from torana.router.counting import Counting
from torana.router.flow import Flow
from torana.router.parts import Parts
from torana.router.passing import Passing
from torana.router.planning import Market
from torana.router.settling import Settling
from torana.router.shelf import Shelf
from torana.router.trying import Trial
from torana.routing.market.health import Health
from torana.routing.market.sticky import Sticky
from torana.storage.books import Books
from torana.storage.cache import Cache
from torana.storage.cataloguing import CatalogueError, Shop

if TYPE_CHECKING:
    from torana.routing.market.choosing import Strategy


class Around(Struct, frozen=True, kw_only=True):
    """What the router takes from the rest of its worker."""

    directory: Callable[[], Directory]
    """The one in force."""
    providers: Callable[[str], Mapping[bytes, Provider]]
    attempts: Attempts
    delivery: Delivery
    upstream: Sender
    books: Books
    shop: Shop
    cache: Cache | None
    pipeline: Pipeline
    strategy: str
    """The operator's: `weighted` or `adaptive`."""


_SLUGS = {host.slug: host.provider for host in HOSTS.values()}


def shelf(around: Around) -> Shelf:
    return Shelf(around.shop, around.directory, around.providers, _SLUGS)


def router(around: Around) -> Flow:
    health, sticky, purse = Health(), Sticky(), Purse(around.books)
    shop, cache = around.shop, around.cache
    balance: Strategy = "adaptive" if around.strategy == "adaptive" else "weighted"

    async def market() -> Market:
        try:
            return Market(shop.catalogue or await shop.load(), health, sticky, balance)
        except CatalogueError as error:
            raise Overloaded(f"there are no models now: {error}") from error

    return Flow(
        Parts(
            directory=around.directory,
            providers=around.providers,
            market=market,
            reveal=lambda config, id_: around.directory().reveal_byok(config, id_),
            slugs=_SLUGS,
            delivery=around.delivery,
            trial=Trial(around.attempts, around.upstream, around.pipeline),
            passing=Passing(around.attempts),
            counting=Counting(around.attempts),
            pipeline=around.pipeline,
            purse=purse,
            responses=ResponseCache(cache) if cache is not None else None,
            health=health,
            settling=Settling(purse, health, sticky),
        )
    )
