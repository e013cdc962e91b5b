"""What the router works with, put together once a worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from torana.delivery import Delivery
from torana.directory import Directory
from torana.plugins.pipeline import Pipeline
from torana.plugins.response_cache import ResponseCache
from torana.providers import Provider
from torana.purse import Purse
from torana.router.counting import Counting
from torana.router.passing import Passing
from torana.router.planning import Market
from torana.router.settling import Settling
from torana.router.trying import Trial
from torana.routing.market.health import Health
from torana.snapshot import RouterConfig


class Parts(Struct, frozen=True, kw_only=True):
    directory: Callable[[], Directory]
    """The one in force."""
    providers: Callable[[str], Mapping[bytes, Provider]]
    """Of an account, by the segment that names them in URLs."""
    market: Callable[[], Awaitable[Market]]
    """CatalogueError where there is none."""
    reveal: Callable[[RouterConfig, str], str]
    """Opens a caller's own key at a provider. KeyUnreadable."""
    slugs: dict[str, str]
    """Providers' segments in URLs by OpenRouter's names for them."""
    delivery: Delivery
    trial: Trial
    passing: Passing
    counting: Counting
    pipeline: Pipeline
    purse: Purse
    responses: ResponseCache | None
    """None where the worker has no room for a cache."""
    health: Health
    settling: Settling
