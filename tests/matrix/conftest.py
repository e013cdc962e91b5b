"""One real server, one upstream that plays all providers, and a client of each SDK, for all tests of the matrix."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import httpx
import pytest
import trustme

from matrix.asking import KEY, Client
from matrix.clients import CLIENTS
from matrix.playing import Cell, Play, skip_what_is_not_there
from matrix.stage import Stage
from matrix.table import Seen, write, written
from matrix.upstreams import UPSTREAMS
from running import Torana
from scripted import ScriptedUpstream
from torana.providers import PROVIDERS

SEEN = pytest.StashKey[Seen]()


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with ScriptedUpstream() as scripted:
        yield Stage(scripted)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def torana(stage: Stage, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    """It serves TLS, without which AWS's SDK shows nobody its key. Images may be fetched from this machine."""
    providers = {
        upstream.slug: f"{stage.scripted.url}/{upstream.slug}" for upstream in UPSTREAMS if upstream.slug in PROVIDERS
    }
    folder = tmp_path_factory.mktemp("matrix")
    cert = authority.issue_cert("127.0.0.1")
    cert.private_key_pem.write_to_path(folder / "key.pem")
    cert.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    settings = {"tls_cert": folder / "cert.pem", "tls_key": folder / "key.pem"}
    with Torana(folder / "data", providers, allow_private_upstreams="127.0.0.0/8", **settings) as running:
        yield running


@pytest.fixture(scope="session")
def clients(
    torana: Torana, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Client]]:
    """By their formats' names."""
    bundle = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("AWS_BEARER_TOKEN_BEDROCK", KEY)
        environ.setenv("AWS_CA_BUNDLE", str(bundle))
        environ.setenv("SSL_CERT_FILE", str(bundle))
        made: list[Client] = [kind(torana.at("compat")) for kind in CLIENTS]
        yield {client.format: client for client in made}
        for client in made:
            client.close()


@pytest.fixture(scope="session")
def seen(request: pytest.FixtureRequest) -> Seen:
    """What came of each cell that was played."""
    return request.session.stash.setdefault(SEEN, {})


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the tables, where that is asked for."""
    seen = session.stash.get(SEEN, {})
    if os.environ.get("WRITE_FORMATS_TABLE"):
        for feature in {cell.feature for cell in seen}:
            write(feature, written(feature, seen))


@pytest.fixture(scope="session")
def logs(torana: Torana, clients: dict[str, Client]) -> Iterator[httpx.Client]:  # whose authority it knows
    """The management API of the gateway's logs."""
    made = json.loads(torana.run("tokens", "create", "--name", "matrix", "--permission", "edit", "--json"))
    base = f"{torana.url}/client/v4/accounts/{torana.account_id}/ai-gateway/gateways/default"
    headers = {"authorization": f"Bearer {made['token']}"}
    with httpx.Client(base_url=base, headers=headers, timeout=20) as opened:
        yield opened


@pytest.fixture
def play(cell: Cell, clients: dict[str, Client], stage: Stage, seen: Seen, logs: httpx.Client) -> Play:
    """The cell's client before the cell's provider."""
    skip_what_is_not_there(cell)
    return Play(cell, clients[cell.client.format], stage, seen, logs)
