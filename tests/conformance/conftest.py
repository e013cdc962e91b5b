"""One real server in front of one scripted upstream, shared by a file's tests."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from running import Torana
from scripted import ScriptedUpstream
from torana.providers import PROVIDERS


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as up:
        yield up


@pytest.fixture(scope="module")
def torana(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    """Every provider but `local` leads to the scripted upstream, under a path that is the provider's own name.

    Users of its API may point it at this machine.
    """
    providers = {slug: f"{upstream.url}/{slug}" for slug in PROVIDERS if slug != "local"}
    with Torana(
        tmp_path_factory.mktemp("torana") / "data", providers, allow_private_upstreams="127.0.0.0/8"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def admin(torana: Torana) -> Iterator[httpx.Client]:
    """The management API under the account, with a token that may edit."""
    made = json.loads(torana.run("tokens", "create", "--name", "admin", "--permission", "edit", "--json"))
    base = f"{torana.url}/client/v4/accounts/{torana.account_id}"
    headers = {"authorization": f"Bearer {made['token']}"}
    with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=30) as opened:
        yield opened


@pytest.fixture
def requests(upstream: ScriptedUpstream) -> ScriptedUpstream:
    """The upstream, with what it was sent before this test forgotten."""
    upstream.requests.clear()
    return upstream
