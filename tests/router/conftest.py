"""One real server before one scripted upstream, with models, stored keys and a caller's keys, for a file's tests."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest

from managing import Api
from router import market
from router.stage import Router, new_key
from running import Torana
from scripted import ScriptedUpstream
from torana.keys import router_key_text
from torana.providers import PROVIDERS


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as up:
        up.script(lambda got: got.method == b"POST", market.answer)
        yield up


@pytest.fixture(scope="module")
def torana(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    """Every provider but `local` leads to the scripted upstream, under a path that is the provider's own name."""
    folder = tmp_path_factory.mktemp("router")
    models = folder / "models.json"
    models.write_text(json.dumps(market.OWN))
    providers = {slug: f"{upstream.url}/{slug}" for slug in PROVIDERS if slug != "local"}
    with Torana(folder / "data", providers, models=models, allow_private_upstreams="127.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="module")
def router(torana: Torana) -> Router:
    api = Api(torana)
    for provider, secret in market.STORED.items():
        body = {"provider_slug": provider, "alias": "default", "default_config": True, "secret": secret}
        made = api("POST", "/gateways/default/provider_configs", body)
        assert made.status_code == 200, made.text
    torana.run("credits", "add", "100")
    found = Router(
        torana,
        key=new_key(torana),
        manager=new_key(torana, "--management"),
        poor=new_key(torana, "--limit", "0"),
        stranger=router_key_text(secrets.token_hex(28)),
    )
    torana.follow()
    return found


@pytest.fixture
def requests(upstream: ScriptedUpstream) -> ScriptedUpstream:
    """The upstream, with what it was sent before this test forgotten."""
    upstream.requests.clear()
    return upstream
