"""An authenticated gateway: who has a token is served, wherever its client puts it, and nobody else is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import anthropic
import httpx
import openai
import pytest
from google import genai

from running import Torana
from scripted import ScriptedUpstream

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
SETTINGS = {
    "cache_invalidate_on_update": False,
    "cache_ttl": 0,
    "collect_logs": True,
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
    "authentication": True,
}


def token(torana: Torana, admin: httpx.Client, **wish: object) -> dict[str, str]:
    """By the API; workers know it."""
    made = admin.post("/tokens", json={"name": "test", "permissions": ["run"]} | wish)
    found: dict[str, str] = made.json()["result"]
    torana.follow()
    return found


@pytest.fixture(scope="module")
def locked(torana: Torana, admin: httpx.Client) -> str:
    """A gateway that asks for tokens."""
    made = admin.post("/ai-gateway/gateways", json={"id": "locked", **SETTINGS})
    assert made.json()["result"]["authentication"] is True
    torana.follow()
    return "locked"


@pytest.fixture(scope="module")
def runner(torana: Torana, admin: httpx.Client, locked: str) -> str:
    """A token for calls."""
    return token(torana, admin)["value"]


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """One connection, so that heads are repeated on it."""
    with httpx.Client(trust_env=False, limits=httpx.Limits(max_connections=1)) as opened:
        yield opened


def chat(torana: Torana, client: httpx.Client, headers: dict[str, str], gateway: str = "locked") -> httpx.Response:
    return client.post(torana.at("openai", gateway) + "/chat/completions", json=CHAT, headers=headers)


def test_who_has_no_token_is_told_so_in_the_documented_shape(
    torana: Torana, client: httpx.Client, locked: str, requests: ScriptedUpstream
) -> None:
    reply = chat(torana, client, {"authorization": "Bearer sk-0123456789"})
    body = reply.json()
    assert reply.status_code == 401
    assert (body["success"], body["result"], body["messages"], body["name"]) == (False, [], [], "AiGatewayError")
    assert (body["httpCode"], body["internalCode"], body["error"][0]["code"]) == (401, 2009, 2009)
    assert body["message"].startswith("Unauthorized: ")
    assert "torana tokens create" in body["message"]
    assert not requests.requests
    row = torana.log(reply.headers["cf-aig-log-id"])
    assert (row["status_code"], row["authentication"], row["request"]) == (401, False, "")
    assert "sk-0123" not in json.dumps(row)


def test_a_token_opens_the_gateway_and_goes_no_further(
    torana: Torana, admin: httpx.Client, client: httpx.Client, runner: str, requests: ScriptedUpstream
) -> None:
    headers = {"cf-aig-authorization": f"Bearer {runner}", "authorization": "Bearer sk-of-the-provider"}
    for _ in range(3):
        reply = chat(torana, client, headers)
        assert reply.status_code == 200
    assert [got.header("authorization") for got in requests.requests] == [b"Bearer sk-of-the-provider"] * 3
    assert not [name for got in requests.requests for name, _ in got.headers if name.startswith(b"cf-aig")]
    row = torana.log(reply.headers["cf-aig-log-id"])
    assert row["authentication"] is True
    assert row["token_id"] in {one["id"] for one in admin.get("/tokens").json()["result"]}
    wanted = {"filters": '[{"key": "authentication", "operator": "eq", "value": [true]}]'}
    listed = admin.get("/ai-gateway/gateways/locked/logs", params=wanted).json()["result"]
    assert row["id"] in {one["id"] for one in listed if one["authentication"]}
    assert runner.removeprefix("torana_") not in json.dumps(row)


def test_sdks_that_know_one_key_send_the_token_as_the_providers(
    torana: Torana, runner: str, requests: ScriptedUpstream
) -> None:
    """The stored key comes in its place; without one the provider gets none (cloudflare.md 1.2)."""
    base = torana.at("openai", "locked")
    openai.OpenAI(api_key=runner, base_url=base, max_retries=0).chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hi"}]
    )
    anthropic.Anthropic(
        api_key=runner,
        base_url=torana.at("anthropic", "locked"),
        max_retries=0,
        default_headers={"cf-aig-authorization": f"Bearer {runner}"},
    ).messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
    google = genai.Client(api_key=runner, http_options={"base_url": torana.at("google-ai-studio", "locked")})
    google.models.count_tokens(model="m", contents="hi")
    assert len(requests.requests) == 3
    for got in requests.requests:
        assert runner.encode() not in got.target + b"\n".join(value for _, value in got.headers)


def test_a_token_in_the_query_is_taken_out_of_it(
    torana: Torana, client: httpx.Client, runner: str, requests: ScriptedUpstream
) -> None:
    url = torana.at("google-ai-studio", "locked") + f"/v1beta/models?key={runner}&pageSize=5"
    assert client.get(url).status_code == 200
    assert requests.requests[0].target.endswith(b"/models?pageSize=5")


def test_a_revoked_token_is_refused_within_a_second_on_the_same_connection(
    torana: Torana, admin: httpx.Client, client: httpx.Client, locked: str, requests: ScriptedUpstream
) -> None:
    made = token(torana, admin)
    headers = {"authorization": f"Bearer {made['value']}"}
    assert chat(torana, client, headers).status_code == 200
    assert admin.delete(f"/tokens/{made['id']}").status_code == 200
    torana.follow()
    reply = chat(torana, client, headers)
    assert reply.status_code == 401
    assert "revoked" in reply.json()["message"]
    requests.requests.clear()
    assert chat(torana, client, headers, "default").status_code == 200
    assert requests.requests[0].header("authorization") is None


def test_a_token_expires_on_a_connection_that_is_kept(
    torana: Torana, admin: httpx.Client, client: httpx.Client, locked: str
) -> None:
    until = datetime.now(UTC) + timedelta(seconds=4)
    headers = {"authorization": f"Bearer {token(torana, admin, expires_on=until.isoformat())['value']}"}
    assert chat(torana, client, headers).status_code == 200
    time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 0.1)
    reply = chat(torana, client, headers)
    assert (reply.status_code, "expired" in reply.json()["message"]) == (401, True)


@pytest.mark.parametrize(
    ("wish", "words"),
    [({"permissions": ["read"]}, "`run`"), ({"gateways": ["other"]}, "not for the gateway")],
)
def test_a_token_for_something_else_is_told_so(
    torana: Torana, admin: httpx.Client, client: httpx.Client, locked: str, wish: dict[str, object], words: str
) -> None:
    reply = chat(torana, client, {"cf-aig-authorization": token(torana, admin, **wish)["value"]})
    assert (reply.status_code, words in reply.json()["message"]) == (401, True)


def test_garbage_does_no_harm_where_no_token_is_asked_for(
    torana: Torana, client: httpx.Client, requests: ScriptedUpstream
) -> None:
    assert chat(torana, client, {"cf-aig-authorization": "Bearer undefined"}, "default").status_code == 200
