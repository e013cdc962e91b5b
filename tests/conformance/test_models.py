"""The catalogue of a running server: who reaches what, lists that are not sent twice, and figures of real traffic."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from openrouter import OpenRouter

from running import START_S, Torana
from scripted import Answer, ScriptedUpstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = """
models:
  - id: openai/gpt-3.5-turbo
    endpoints: [{provider: groq, model: openai/gpt-oss-20b}]
aliases:
  house/default: openai/gpt-oss-20b
hidden: ["anthropic/*", "~anthropic/*"]
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "own.yaml"
    path.write_text(OWN)
    return path


@pytest.fixture(scope="module")
def torana(upstream: ScriptedUpstream, own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    providers = {"groq": f"{upstream.url}/groq", "anthropic": f"{upstream.url}/anthropic"}
    with Torana(tmp_path_factory.mktemp("models") / "data", providers, models=own, TEST_KEY="k" * 40) as running:
        for provider in providers:
            running.run("provider-keys", "set", provider, "--from-env", "TORANA_TEST_KEY")
        running.follow()
        yield running


@pytest.fixture(scope="module")
def key(torana: Torana) -> str:
    made = json.loads(torana.run("keys", "create", "--name", "test", "--json"))
    torana.follow()
    return str(made["key"])


def get(torana: Torana, path: str, key: str = "", **headers: str) -> httpx.Response:
    shown = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.get(f"{torana.url}/api/v1/{path}", headers=shown | headers, trust_env=False, timeout=START_S)


def ids(reply: httpx.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [model["id"] for model in reply.json()["data"]]


def test_the_list_holds_what_stored_keys_reach_and_the_operators_file_says(torana: Torana, key: str) -> None:
    for shown in ("", key):
        found = ids(get(torana, "models", shown))
        assert {"openai/gpt-3.5-turbo", "openai/gpt-oss-20b", "house/default", "local/smollm2-135m-instruct"} <= set(
            found
        )
        assert not [id_ for id_ in found if "anthropic" in id_]
        assert "openai/gpt-4o" not in found
    # The same from the control plane, which knows the traffic.
    assert set(ids(get(torana, "models?sort=most-popular"))) == set(ids(get(torana, "models")))


def test_a_list_that_is_known_is_not_sent_again(torana: Torana) -> None:
    first = get(torana, "models", **{"accept-encoding": "identity"})
    etag = first.headers["etag"]
    again = get(torana, "models", **{"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert get(torana, "models?q=oss").headers["etag"] != etag


def test_it_comes_squeezed_and_head_has_no_body(torana: Torana) -> None:
    plain = get(torana, "models", **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    parts = urlsplit(torana.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=START_S)
    connection.request("GET", "/api/v1/models", headers={"accept-encoding": "gzip"})
    reply = connection.getresponse()
    assert reply.getheader("content-encoding") == "gzip"
    assert gzip.decompress(reply.read()) == plain.content
    connection.request("HEAD", "/api/v1/models")
    reply = connection.getresponse()
    assert (reply.status, reply.read(), reply.getheader("content-length")) == (200, b"", str(len(plain.content)))
    connection.request("GET", "/healthz")  # the connection is still in step
    assert connection.getresponse().read() == b'{"status":"ok"}'
    connection.close()


def test_filters_and_pages(torana: Torana) -> None:
    assert ids(get(torana, "models?q=gpt-oss-20b&providers=Groq"))[0] == "openai/gpt-oss-20b"
    assert ids(get(torana, "models?output_modalities=speech")) == ["canopylabs/orpheus-v1-english"]
    page = get(torana, "models?limit=2").json()
    assert page["total_count"] > len(page["data"]) == 2
    following = httpx.get(torana.url + page["links"]["next"], trust_env=False, timeout=START_S).json()
    assert following["data"][0]["id"] not in {model["id"] for model in page["data"]}
    refused = get(torana, "models?sort=best")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 400)


def test_endpoints_have_figures_of_real_traffic(torana: Torana, upstream: ScriptedUpstream, key: str) -> None:
    place = f"{torana.at('groq')}/chat/completions"
    body = {"model": "openai/gpt-oss-20b", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    sent = {"authorization": "Bearer gsk_0123456789"}
    for _ in range(3):
        assert httpx.post(place, json=body, headers=sent, trust_env=False, timeout=START_S).status_code == 200
    upstream.script("/groq/chat/completions", Answer(status=500, body=b"{}"))
    assert httpx.post(place, json=body, headers=sent, trust_env=False, timeout=START_S).status_code == 500
    path = "models/openai/gpt-oss-20b/endpoints"
    deadline = time.monotonic() + START_S
    while True:
        (endpoint,) = get(torana, path, key).json()["data"]["endpoints"]
        if endpoint["uptime_last_5m"] == 75.0:
            break
        assert time.monotonic() < deadline, endpoint
        time.sleep(0.1)
    assert (endpoint["tag"], endpoint["uptime_last_30m"], endpoint["uptime_last_1d"]) == ("groq", 75.0, 75.0)
    assert endpoint["latency_last_30m"]["p50"] > 0
    assert endpoint["throughput_last_30m"]["p99"] > 0
    (unknown,) = get(torana, path).json()["data"]["endpoints"]
    assert (unknown["uptime_last_5m"], unknown["latency_last_30m"]) == (75.0, None)


def test_a_change_of_the_operators_file_is_taken_over(torana: Torana, own: Path) -> None:
    own.write_text(OWN.replace("house/default", "house/other"))
    deadline = time.monotonic() + START_S
    while "house/other" not in ids(get(torana, "models")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert get(torana, "model/house/other").json()["data"]["alias_target"]["slug"] == "openai/gpt-oss-20b"
    own.write_text(OWN)


def test_the_official_client_reads_the_catalogue(torana: Torana, key: str) -> None:
    with (
        httpx.Client(trust_env=False, timeout=START_S) as plain,
        OpenRouter(api_key=key, server_url=f"{torana.url}/api/v1", client=plain) as client,
    ):
        page = client.models.list()
        assert page is not None
        assert "openai/gpt-oss-20b" in {model.id for model in page.result.data}
        assert client.models.count().data.count > 3
        found = client.endpoints.list(author="openai", slug="gpt-oss-20b")
        assert [endpoint.tag for endpoint in found.data.endpoints] == ["groq"]
        assert {host.slug for host in client.providers.list().data} >= {"groq", "openai"}
        assert client.models.list_for_user(security={"bearer": key}) is not None
