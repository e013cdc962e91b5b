"""All models of a gateway, reached or not, as the management API shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from torana.catalog.prices import Prices
from torana.control.management.routes import BASE
from torana.control.operations import create_gateway
from torana.control.provider_keys import NewKey, create_key
from torana.control.tokens import Wish, create_token
from torana.exchange import Attempt, Usage
from torana.settings import Settings
from torana.storage.pricing import builtin_table
from unit.storage.records import make_record

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from torana.control.operations import Store
    from torana.control.turns import SharedIngester
    from torana.journal import Journal

Ask = Callable[[str], Awaitable[Any]]


def keep(store: Store, account: str, provider: str, gateway: str = "default") -> None:
    create_key(store, account, gateway, NewKey(provider=provider, alias="default", secret="k" * 40))


@pytest.fixture
def ask(client: httpx.AsyncClient, store: Store, account: str) -> Ask:
    """Calls below `…/gateways/`; the answer's result, or its status where it is none."""
    token = create_token(store, account, Wish(name="test", permissions=["read_metadata"])).text

    async def call(path: str) -> Any:
        url = f"http://torana{BASE}/accounts/{account}/ai-gateway/gateways/{path}"
        reply = await client.get(url, headers={"authorization": f"Bearer {token}"})
        return reply.json()["result"] if reply.status_code == 200 else reply.status_code

    return call


async def test_each_gateway_says_which_models_it_reaches(store: Store, account: str, ask: Ask) -> None:
    create_gateway(store, account, "own")
    keep(store, account, "anthropic", gateway="own")
    every = await ask("default/models")
    assert len(every) > 300
    assert [each["id"] for each in every if each["is_reached"]] == ["local/smollm2-135m-instruct"]
    reached = await ask("own/models?is_reached=true")
    assert {each["id"].partition("/")[0] for each in reached} == {"anthropic", "~anthropic", "local"}
    others = await ask("own/models?is_reached=false")
    assert len(reached) + len(others) == len(every)
    assert await ask("nobody/models") == 404


async def test_a_model_tells_what_each_provider_calls_it(store: Store, account: str, ask: Ask) -> None:
    keep(store, account, "google-vertex-ai")
    (found,) = [each for each in await ask("default/models") if each["id"] == "anthropic/claude-opus-4.8"]
    places = {each["provider"]: (each["model"], each["is_reached"]) for each in found["endpoints"]}
    assert places["anthropic"] == ("claude-opus-4-8", False)
    assert places["google-vertex-ai"] == ("anthropic/claude-opus-4-8", True)
    assert (found["input"], found["output"]) == (5.0, 25.0)
    assert found["created_at"].startswith("2026-05-28")


async def test_one_model_is_shown_with_prices_whether_it_is_reached_or_not(ask: Ask) -> None:
    found = await ask("default/models/anthropic/claude-opus-4.8")
    first = found["endpoints"][0]
    rates = (first["price"]["input"], first["price"]["cache_read"], first["price"]["cache_write_1h"])
    assert rates == (5.0, 0.5, 10.0)
    assert first["price"]["reasoning"] is None
    assert found["reasoning"]["supported_efforts"][0] == "max"
    assert not found["is_reached"]
    picture = await ask("default/models/openai/gpt-image-2")
    assert picture["output_modalities"] == ["image"]
    alias = await ask("default/models/~openai/gpt-latest")
    assert alias["alias_of"] == "openai/gpt-6.1-sol"
    assert await ask("default/models/openai/none") == 404


async def test_long_prompts_have_rates_of_their_own(ask: Ask) -> None:
    found = await ask("default/models/google/gemini-2.5-pro")
    tiers = [each["price"]["tiers"] for each in found["endpoints"] if each["price"]["tiers"]]
    assert tiers[0][0]["above"] == 200_000
    assert tiers[0][0]["input"] > found["input"]


async def test_figures_are_of_the_traffic(
    store: Store, account: str, ask: Ask, journal: Journal, ingester: SharedIngester
) -> None:
    ingester.prices = Prices(builtin_table())
    now_ms = store.now_ms()
    for number in range(4):
        status = 500 if number == 3 else 200
        attempt = Attempt("openai", "gpt-4o", status, 0.0, 0.25, 2.25)
        record = make_record(
            number, created_ms=now_ms - number, status=status, is_stream=True, usage=Usage(10, 90), attempts=[attempt]
        )
        record.account_id = account
        assert journal.append(record)
    found = await ask("default/models/openai/gpt-4o")
    # Its usual and its quicker endpoint are one place: what was asked there is counted once.
    assert (found["requests_1d"], found["uptime_1d"]) == (4, 75.0)
    assert found["latency_p50"] == pytest.approx(250, rel=0.06)
    (first, *others) = found["endpoints"]
    assert first["throughput"]["p99"] == pytest.approx(40, rel=0.06)
    assert {each["requests_1d"] for each in others if each["provider"] != "openai"} == {0}


async def test_without_a_list_of_models_it_says_so(store: Store, ask: Ask, tmp_path: Path) -> None:
    store.stock.__init__(Settings(data_dir=str(tmp_path), models=str(tmp_path / "none.yaml")))  # type: ignore[misc]  # as the server is started with it
    assert await ask("default/models") == 503
