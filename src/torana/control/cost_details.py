"""What is the cost of a log made of?

The log has its sum alone. The parts are reckoned anew, by the prices of now, and told only where they come to that sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import sqlalchemy as sa
from msgspec import Struct

from torana import routed
from torana.catalog.cost import Part, PartName, cost_parts, parse_custom_cost
from torana.control.custom_prices import price_of
from torana.control.custom_providers import find_cost
from torana.control.refusals import NoSuchThing
from torana.exchange import Usage
from torana.storage.cataloguing import CatalogueError
from torana.storage.tables import generations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from torana.catalog.prices import Price, Prices
    from torana.control.log_pages import LogRow
    from torana.control.operations import Store

Missing: TypeAlias = Literal["cached", "unknown", "by_provider", "other_prices"]


class CostPart(Struct, kw_only=True):
    """What the tokens of one kind cost. Kinds are told apart, so no token is in two of them."""

    part: PartName
    units: int
    """Tokens; 1 with `request`."""
    unit_price: float
    """USD for one."""
    cost: float
    """USD. All parts together are the log's `cost`, to 10⁻⁹ USD."""


class Details(Struct, frozen=True):
    parts: list[CostPart]
    missing: Missing | None
    """Why there are none; None = there are."""


def details_of(connection: Connection, store: Store, row: LogRow, prices: Prices) -> Details:
    if row.cached:
        return Details([], "cached")
    if row.cost_nano is None:
        return Details([], "unknown")
    if row.cost_source == "provider":
        return Details([], "by_provider")
    for found in _reckoned(connection, store, row, prices):
        if found is not None and sum(part.nano for part in found) == row.cost_nano:
            return Details([_told(part) for part in found], None)
    return Details([], "other_prices")


def _told(part: Part) -> CostPart:
    return CostPart(part=part.name, units=part.units, unit_price=float(part.unit_usd), cost=part.nano / 1e9)


def _reckoned(connection: Connection, store: Store, row: LogRow, prices: Prices) -> Iterator[list[Part] | None]:
    """By each price that it may have been priced by."""
    usage = _usage(row)
    if row.cost_source == "custom":
        custom = parse_custom_cost(row.custom_cost)
        yield None if custom is None else custom.cost_parts(usage)
        return
    for price in _prices(connection, store, row, prices):
        yield cost_parts(usage or Usage(), price)


def _prices(connection: Connection, store: Store, row: LogRow, prices: Prices) -> Iterator[Price]:
    if row.cost_source == "rule":
        try:
            yield price_of(row.price_version, find_cost(connection, row.account_id, row.price_version).fields)
        except NoSuchThing:
            return
        return
    model = prices.find(row.provider, row.model)
    if model is not None:
        yield model.at(row.created_ms)
    yield from _of_endpoint(connection, store, row)


def _of_endpoint(connection: Connection, store: Store, row: LogRow) -> Iterator[Price]:
    """Of the one that the router chose, where it came through that."""
    query = sa.select(generations.c.content).where(generations.c.log_id == row.id)
    content = connection.execute(query.limit(1)).scalar_one_or_none()
    if content is None:
        return
    told = routed.decode(content)
    try:
        model = store.stock.catalogue().find(told.model)
    except CatalogueError:
        return
    for endpoint in model.endpoints if model is not None else ():
        if endpoint.id == told.endpoint_id:
            yield endpoint.price.at(row.created_ms)


def _usage(row: LogRow) -> Usage | None:
    if row.tokens_in is None:
        return None
    return Usage(
        row.tokens_in,
        row.tokens_out or 0,
        row.cached_tokens_in or 0,
        row.cache_write_tokens_in or 0,
        row.cache_write_1h_tokens_in or 0,
        row.audio_tokens_in or 0,
        row.reasoning_tokens_out or 0,
        row.audio_tokens_out or 0,
    )
