"""What may be asked for and who serves it, as the control plane tells it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from openrouter import components

from torana.catalog.prices import Prices
from torana.control.custom_changes import create_provider
from torana.control.custom_providers import ProviderFields
from torana.control.operations import create_gateway
from torana.control.provider_keys import NewKey, create_key
from torana.control.router.keychain import KeyWish
from torana.control.router.keychain import create_key as create_router_key
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

Bearer = Callable[..., dict[str, str]]


def keep(store: Store, account: str, *providers: str, gateway: str = "default") -> None:
    for provider in providers:
        create_key(store, account, gateway, NewKey(provider=provider, alias="default", secret="k" * 40))


async def data(client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> Any:
    reply = await client.get(path, headers=headers)
    assert reply.status_code == 200, reply.text
    assert reply.headers["access-control-allow-origin"] == "*"
    return reply.json()["data"]


def authors(models: list[dict[str, Any]]) -> set[str]:
    return {model["id"].partition("/")[0] for model in models}


async def test_models_are_those_that_stored_keys_reach(client: httpx.AsyncClient, store: Store, account: str) -> None:
    found = [model["id"] for model in await data(client, "models")]
    assert found == ["openrouter/auto", "openrouter/free", "local/smollm2-135m-instruct"]
    keep(store, account, "anthropic")
    assert authors(await data(client, "models")) == {"anthropic", "~anthropic", "local", "openrouter"}
    reply = (await client.get("models?limit=1&model_authors=anthropic")).json()
    assert (len(reply["data"]), reply["links"]["next"].startswith("/api/v1/models?")) == (1, True)
    following = (await client.get(reply["links"]["next"].removeprefix("/api/v1/"))).json()
    assert following["data"][0]["id"] != reply["data"][0]["id"]
    assert components.ModelsListResponse.model_validate(following).total_count == reply["total_count"]


async def test_each_workspace_sees_its_own(
    client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer
) -> None:
    create_gateway(store, account, "own")
    keep(store, account, "anthropic")
    keep(store, account, "mistral", gateway="own")
    headers = {"authorization": f"Bearer {create_router_key(store, account, 'own', KeyWish(name='own')).text}"}
    assert "mistralai" in authors(await data(client, "models", headers))
    assert "anthropic" not in authors(await data(client, "models", headers))
    # A key that is not good is as none: models are for everybody.
    assert "anthropic" in authors(await data(client, "models", {"authorization": "Bearer sk-or-v1-none"}))


async def test_a_provider_of_ones_own_is_reached_where_its_key_is(
    client: httpx.AsyncClient, store: Store, account: str, tmp_path: Path
) -> None:
    text = "models: [{id: rig/one, endpoints: [{provider: custom-rig, model: one}]}]"
    (tmp_path / "own.yaml").write_text(text)
    store.stock.__init__(Settings(data_dir=str(tmp_path), models=str(tmp_path / "own.yaml")))  # type: ignore[misc]  # as the server is started with it
    assert "rig" not in authors(await data(client, "models"))
    fields = ProviderFields(name="Rig", slug="rig", base_url="https://rig.example.com/v1", enable=True)
    create_provider(store, account, fields)
    assert "rig" not in authors(await data(client, "models"))
    keep(store, account, "custom-rig")
    assert "rig" in authors(await data(client, "models"))
    assert "custom-rig" in {host["slug"] for host in await data(client, "providers")}


async def test_a_file_that_cannot_be_used_is_told_of(
    client: httpx.AsyncClient, store: Store, account: str, tmp_path: Path
) -> None:
    store.stock.__init__(Settings(data_dir=str(tmp_path), models=str(tmp_path / "none.yaml")))  # type: ignore[misc]  # likewise
    reply = await client.get("models")
    assert (reply.status_code, "none.yaml" in reply.json()["error"]["message"]) == (503, True)
    (tmp_path / "none.yaml").write_text("hidden: [local/*]")
    assert await data(client, "models") == []
    (tmp_path / "none.yaml").write_text("hidden: 1")
    assert await data(client, "models") == []  # the former ones stay


@pytest.mark.parametrize("query", ["sort=best", "limit=1001", "category=x"])
async def test_what_cannot_be_understood_is_a_400(client: httpx.AsyncClient, account: str, query: str) -> None:
    reply = await client.get(f"models?{query}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, 400)


async def test_news_come_as_rss(client: httpx.AsyncClient, account: str) -> None:
    reply = await client.get("models?use_rss=true")
    assert reply.headers["content-type"].startswith("application/rss+xml")
    assert ET.fromstring(reply.text).findtext("channel/item/guid") == "local/smollm2-135m-instruct"  # noqa: S314  # ours


async def test_models_are_counted(client: httpx.AsyncClient, store: Store, account: str) -> None:
    assert await data(client, "models/count") == {"count": 3}
    keep(store, account, "cohere")
    assert (await data(client, "models/count?output_modalities=rerank"))["count"] > 2
    assert (await data(client, "models/count?output_modalities=all"))["count"] > 5


async def test_one_model_is_found_by_any_of_its_names(client: httpx.AsyncClient, store: Store, account: str) -> None:
    keep(store, account, "openai")
    for slug in ("gpt-4o", "gpt-4o:nitro", "GPT-4o:floor:online", "gpt-4o-20240513"):
        assert (await data(client, f"model/openai/{slug}"))["id"] == "openai/gpt-4o"
    alias = await data(client, "model/~openai/gpt-latest")
    assert (alias["id"], alias["alias_target"]["slug"]) == ("~openai/gpt-latest", "openai/gpt-6.1-sol")
    for slug in ("gpt-4o:free", "gpt-none", "gpt-4o:batch"):
        assert (await client.get(f"model/openai/{slug}")).status_code == 404
    assert (await client.get("model/anthropic/claude-opus-4.8")).status_code == 404  # nobody here serves it


async def test_endpoints_are_those_that_are_reached(client: httpx.AsyncClient, store: Store, account: str) -> None:
    keep(store, account, "openai", "azure-openai")
    found = await data(client, "models/openai/gpt-4o/endpoints")
    assert [each["tag"] for each in found["endpoints"]] == ["openai", "openai/priority", "azure"]
    assert components.ListEndpointsResponse.model_validate(found).id == "openai/gpt-4o"
    assert (await data(client, "models/openai/gpt-4o:free/endpoints"))["endpoints"] == []
    assert (await data(client, "models/anthropic/claude-opus-4.8/endpoints"))["endpoints"] == []
    assert (await client.get("models/openai/none/endpoints")).status_code == 404


async def test_endpoints_say_how_they_fare(
    client: httpx.AsyncClient,
    store: Store,
    account: str,
    bearer: Bearer,
    journal: Journal,
    ingester: SharedIngester,
) -> None:
    keep(store, account, "openai")
    ingester.prices = Prices(builtin_table())
    now_ms = store.now_ms()
    for number in range(4):
        status = 500 if number == 3 else 200
        attempt = Attempt("openai", "gpt-4o", status, 0.0, 0.25, 2.25)
        usage = Usage(10, 90)
        record = make_record(
            number, created_ms=now_ms - number, status=status, is_stream=True, usage=usage, attempts=[attempt]
        )
        record.account_id = account
        assert journal.append(record)
    for headers in (bearer(), None):
        (found, _) = (await data(client, "models/openai/gpt-4o/endpoints", headers))["endpoints"]
        assert (found["uptime_last_5m"], found["uptime_last_1d"]) == (75.0, 75.0)
        if headers is None:
            assert found["latency_last_30m"] is found["throughput_last_30m"] is None
        else:
            assert found["latency_last_30m"]["p50"] == pytest.approx(250, rel=0.06)
            assert found["throughput_last_30m"]["p99"] == pytest.approx(40, rel=0.06)
    listed = await data(client, "models?sort=throughput-high-to-low")
    assert listed[0]["id"] == "openai/gpt-4o"
    assert (await data(client, "model/openrouter/auto"))["architecture"]["tokenizer"] == "Router"
    assert (await data(client, "models?sort=most-popular"))[0]["id"] == "openai/gpt-4o"


async def test_endpoints_that_keep_nothing(client: httpx.AsyncClient, store: Store, account: str) -> None:
    keep(store, account, "openai", "fireworks")
    found = await data(client, "endpoints/zdr")
    assert {each["provider_name"] for each in found} == {"Fireworks", "Local"}


async def test_guardrails_narrow_what_a_key_sees(
    client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer
) -> None:
    keep(store, account, "openai", "anthropic", "fireworks")
    managing, key = bearer(is_management=True), bearer()
    assert (await client.get("models/user")).status_code == 401
    every = await data(client, "models/user", key)
    assert authors(every) >= {"openai", "anthropic", "qwen"}
    rule = {"name": "r", "allowed_providers": ["openai"], "ignored_models": ["openai/gpt-4o"], "is_default": True}
    made = await client.post("guardrails", json=rule, headers=managing)
    assert made.status_code == 201, made.text
    hashes = [each["hash"] for each in (await client.get("keys", headers=managing)).json()["data"]]
    path = f"guardrails/{made.json()['data']['id']}/assignments/keys"
    assigned = await client.post(path, json={"key_hashes": hashes}, headers=managing)
    assert assigned.status_code == 200, assigned.text
    left = [model["id"] for model in await data(client, "models/user", key)]
    assert authors([{"id": id_} for id_ in left]) == {"openai", "~openai", "openrouter"}
    assert "openai/gpt-4o" not in left
    assert "openai/gpt-4o-mini" in left


async def test_hosts_are_listed_with_their_policies(client: httpx.AsyncClient, account: str) -> None:
    found = await data(client, "providers")
    by_slug = {host["slug"]: host for host in found}
    assert {"openai", "anthropic", "google-vertex", "amazon-bedrock", "xai", "openrouter", "local"} <= by_slug.keys()
    assert by_slug["deepseek"]["headquarters"] == "CN"


async def test_kinds_of_models_have_lists_of_their_own(client: httpx.AsyncClient, store: Store, account: str) -> None:
    keep(store, account, "openai")
    embeddings = (await client.get("embeddings/models?limit=2")).json()
    assert (len(embeddings["data"]), embeddings["total_count"] > 2) == (2, True)
    assert all("embeddings" in each["architecture"]["output_modalities"] for each in embeddings["data"])
    pictures = await data(client, "images/models")
    assert "openai/gpt-image-2" in {each["id"] for each in pictures}
    endpoints = (await client.get("images/models/openai/gpt-image-2/endpoints")).json()
    assert components.ImageModelEndpointsResponse.model_validate(endpoints).endpoints[0].provider_slug == "openai"
    assert (await client.get("images/models/openai/gpt-4o/endpoints")).status_code == 404
    assert await data(client, "videos/models") == []


async def test_older_clients_ask_for_parameters(client: httpx.AsyncClient, store: Store, account: str) -> None:
    keep(store, account, "openai")
    found = await data(client, "parameters/openai/gpt-4o?provider=OpenAI")
    assert found["model"] == "openai/gpt-4o"
    assert "tools" in found["supported_parameters"]
    assert (await client.get("parameters/openai/gpt-4o?provider=nobody")).status_code == 400
    assert (await client.get("parameters/openai/none")).status_code == 404
