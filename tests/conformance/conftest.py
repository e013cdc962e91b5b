"""One real server in front of one scripted upstream, shared by a file's tests."""

from __future__ import annotations

from collections.abc import Iterator

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
    """Every provider but `local` leads to the scripted upstream, under a path that is the provider's own name."""
    providers = {slug: f"{upstream.url}/{slug}" for slug in PROVIDERS if slug != "local"}
    with Torana(tmp_path_factory.mktemp("torana") / "data", providers) as running:
        yield running


@pytest.fixture
def requests(upstream: ScriptedUpstream) -> ScriptedUpstream:
    """The upstream, with what it was sent before this test forgotten."""
    upstream.requests.clear()
    return upstream
