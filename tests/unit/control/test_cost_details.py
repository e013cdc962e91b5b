"""What the cost of a log is made of: to the nano-USD, or why that cannot be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from torana import routed
from torana.catalog.prices import ModelPrice, Prices, ProviderPrices, Table
from torana.control.cost_details import Details, Missing, details_of
from torana.control.custom_changes import create_cost, create_provider, update_cost
from torana.control.custom_providers import CostFields, ProviderFields
from torana.control.ingest import Ingester
from torana.control.log_filters import LogFilter
from torana.control.log_pages import Cut, Place, find_page
from torana.control.operations import ensure_default, open_store
from torana.exchange import Usage
from torana.journal import Journal
from torana.routed import Routed
from torana.settings import Settings
from torana.storage.tables import logs
from unit.storage.records import log_id, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.control.operations import Store

USD = 1_000_000_000
USAGE = Usage(1_000, 100, cached_tokens_in=400, reasoning_tokens_out=30)
PRICE = ModelPrice(id="gpt-4o", input=2 * USD + 1_000_000, output=10 * USD, cache_read=USD, request=5)


def prices_of(price: ModelPrice, version: str = "1") -> Prices:
    return Prices(Table(version, {"openai": ProviderPrices([price])}))


PRICES = prices_of(PRICE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    ensure_default(opened)
    yield opened
    opened.close()


@pytest.fixture
def account(store: Store) -> str:
    return ensure_default(store).id


def details(store: Store, account: str, now: Prices = PRICES, **record: object) -> Details:
    """Of a log that was priced by PRICES, asked for when those of `now` are in force."""
    journal = Journal(store.folder / "journal", "w", 1 << 30)
    journal.open()
    assert journal.append(make_record(1, account_id=account, **{"usage": USAGE} | record))
    journal.close()
    ingester = Ingester(store.database.writer, store.folder / "journal", PRICES, store.folder / "ingest.lock")
    assert ingester.run_once() == 1
    ingester.close()
    one = Cut([logs.c.id == log_id(1)], [LogFilter("id", "eq", [log_id(1)])])
    with store.database.reader.connect() as connection:
        [row] = find_page(connection, Place(account, "default"), one)
        found = details_of(connection, store, row, now)
        if found.parts:
            assert round(sum(part.cost for part in found.parts) * 1e9) == row.cost_nano
    return found


def parts(found: Details) -> dict[str, tuple[int, float]]:
    assert found.missing is None
    return {part.part: (part.units, part.cost) for part in found.parts}


def test_the_table_prices_each_kind_of_tokens(store: Store, account: str) -> None:
    found = details(store, account)
    assert parts(found) == {
        "input": (600, 0.0012006),
        "output": (70, 0.0007),
        "cached_input": (400, 0.0004),
        "reasoning": (30, 0.0003),
        "request": (1, 5e-9),
    }
    assert found.parts[2].unit_price == 1e-6


def test_another_version_of_the_table_will_do_where_the_price_is_the_same(store: Store, account: str) -> None:
    assert len(parts(details(store, account, now=prices_of(PRICE, "2")))) == 5


@pytest.mark.parametrize("now", [prices_of(ModelPrice(id="gpt-4o", input=USD, output=USD)), Prices(None)])
def test_prices_that_come_to_another_sum_are_not_told(store: Store, account: str, now: Prices) -> None:
    assert details(store, account, now=now) == Details([], "other_prices")


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        ({"cached": True}, "cached"),
        ({"usage": None}, "unknown"),
        ({"model": "nothing"}, "unknown"),
        ({"usage": Usage(5, 5, cost_nano=7)}, "by_provider"),
    ],
)
def test_where_there_is_nothing_to_take_apart_it_says_why(
    store: Store, account: str, record: dict[str, Any], missing: Missing
) -> None:
    assert details(store, account, **record) == Details([], missing)


def test_a_callers_own_rates_are_taken_apart(store: Store, account: str) -> None:
    text = '{"per_token_in": 0.000001, "per_token_out": 0.000002}'
    assert parts(details(store, account, custom_cost=text)) == {
        "input": (600, 0.0006),
        "cached_input": (400, 0.0004),
        "output": (100, 0.0002),
    }


def test_the_embedded_model_costs_nothing_part_by_part(store: Store, account: str) -> None:
    found = details(store, account, provider="local", model="anything")
    assert [cost for _, cost in parts(found).values()] == [0, 0, 0, 0]


def test_a_rule_of_the_accounts_own_is_found_by_its_id_until_it_changes(store: Store, account: str) -> None:
    fields = ProviderFields(name="Mine", slug="mine", base_url="https://mine.example.com", enable=True)
    provider = create_provider(store, account, fields)
    rule = create_cost(store, account, provider.id, CostFields(model="m", cost_in=1e-6, cost_out=2e-6))
    found = details(store, account, provider="custom-mine", model="m")
    assert parts(found)["output"] == (70, 0.00014)
    update_cost(store, account, rule.id, {"cost_in": 3e-6})
    one = Cut([logs.c.id == log_id(1)], [])
    with store.database.reader.connect() as connection:
        [row] = find_page(connection, Place(account, "default"), one)
        assert details_of(connection, store, row, PRICES) == Details([], "other_prices")


def test_what_came_through_the_router_is_priced_by_its_endpoint(store: Store, account: str) -> None:
    model = next(one for one in store.stock.catalogue().models if one.endpoints and one.endpoints[0].price.input)
    endpoint = model.endpoints[0]
    price = endpoint.price.at(make_record(1).created_ms)
    assert price.input is not None
    assert price.output is not None
    nano = (1_000 * price.input + 100 * price.output + 500_000) // 1_000_000 + price.request
    said = Routed("gen-1", model=model.id, endpoint_id=endpoint.id, upstream_nano=nano, cost_nano=nano)
    usage = Usage(1_000, 100)
    found = parts(details(store, account, usage=usage, routed=routed.encode(said), provider="elsewhere"))
    assert {name: units for name, (units, _) in found.items() if name != "request"} == {"input": 1_000, "output": 100}
