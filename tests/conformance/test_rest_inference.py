"""Inference on the API host (cloudflare.md 1.7): tokens in, stored keys out, by the official SDKs and bare HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from running import Torana
from scripted import Answer, ScriptedUpstream

KEY = "sk-stored-for-openai-0123456789"
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is Cloudflare?"}]
CHAT = {"messages": MESSAGES}


@pytest.fixture(scope="module")
def runner(torana: Torana, admin: httpx.Client) -> str:
    """A token that may run, in a gateway that keeps a key for OpenAI and one for Workers AI."""
    for slug in ("openai", "workers-ai"):
        body = {"provider_slug": slug, "alias": "default", "default_config": True, "secret": KEY}
        made = admin.post("/ai-gateway/gateways/default/provider_configs", json=body)
        assert made.status_code == 200, made.text
    token = str(admin.post("/tokens", json={"name": "runner", "permissions": ["run"]}).json()["result"]["value"])
    torana.follow()
    return token


@pytest.fixture
def rest(torana: Torana, runner: str) -> Iterator[httpx.Client]:
    base = f"{torana.url}/client/v4/accounts/{torana.account_id}/ai"
    headers = {"authorization": f"Bearer {runner}"}
    with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=30) as opened:
        yield opened


def test_the_openai_sdk_needs_a_token_and_no_key(rest: httpx.Client, runner: str, requests: ScriptedUpstream) -> None:
    with openai.OpenAI(api_key=runner, base_url=f"{rest.base_url}v1", max_retries=0) as sdk:
        made = sdk.chat.completions.create(model="openai/gpt-5-mini", messages=MESSAGES)
        assert made.choices[0].message.content
        assert len(list(sdk.chat.completions.create(model="openai/gpt-5-mini", messages=MESSAGES, stream=True))) > 1
    assert {got.path for got in requests.requests} == {"/openai/chat/completions"}
    assert {got.header("authorization") for got in requests.requests} == {b"Bearer " + KEY.encode()}


def test_run_wraps_what_is_asked_and_what_is_answered(
    torana: Torana, rest: httpx.Client, requests: ScriptedUpstream
) -> None:
    answer = rest.post("/run", json={"model": "openai/gpt-5-mini", "input": CHAT})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["success"], told["errors"], told["gatewayMetadata"]) == (True, [], {"keySource": "stored:default"})
    assert told["result"]["choices"][0]["message"]["content"]
    assert requests.requests[0].json(dict) == {"model": "gpt-5-mini", **CHAT}
    row = torana.log(answer.headers["cf-aig-log-id"])
    assert (row["provider"], row["model"], row["status_code"]) == ("openai", "gpt-5-mini", 200)
    assert row["tokens_in"]


def test_a_stream_of_run_is_not_wrapped(rest: httpx.Client, requests: ScriptedUpstream) -> None:
    answer = rest.post("/run", json={"model": "openai/gpt-5-mini", "input": {**CHAT, "stream": True}})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.rstrip().endswith("data: [DONE]")
    assert requests.requests[0].json(dict)["stream"] is True


@pytest.mark.parametrize("path", ["/run/@cf/meta/llama-3.1-8b-instruct", "/run"])
def test_cloudflares_own_models_are_asked_in_their_own_way(
    rest: httpx.Client, requests: ScriptedUpstream, path: str
) -> None:
    requests.script(
        lambda got: b"llama" in got.target,
        Answer(headers=[(b"content-type", b"application/json")], body=b'{"result":{"response":"Hi"},"success":true}'),
    )
    body: dict[str, object] = {"prompt": "Hi"}
    if path == "/run":
        body = {"model": "@cf/meta/llama-3.1-8b-instruct", "input": body}
    answer = rest.post(path, json=body)
    assert answer.json() == {"result": {"response": "Hi"}, "success": True}
    (got,) = requests.requests
    assert got.path.endswith("run/@cf/meta/llama-3.1-8b-instruct")
    assert got.json(dict) == {"prompt": "Hi"}


def test_a_key_that_the_provider_rejects_is_2009(rest: httpx.Client, requests: ScriptedUpstream) -> None:
    refusal = Answer(status=403, reason=b"Forbidden", body=b'{"error":{"message":"Incorrect API key"}}')
    requests.script(lambda got: b"rejected" in got.body, refusal)
    answer = rest.post("/run", json={"model": "openai/rejected", "input": CHAT})
    assert answer.status_code == 401
    assert answer.json()["errors"] == [{"code": 2009, "message": "Incorrect API key"}]


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"authorization": "Bearer undefined"}, {"model": "openai/m", **CHAT}, 401, 10000),
        ({}, {"model": "anthropic/m", **CHAT}, 400, 7000),
        ({}, {"model": "nobody/m", **CHAT}, 400, 2008),
        ({}, {"model": "m", **CHAT}, 400, 2019),
        ({"cf-aig-gateway-id": "missing"}, {"model": "openai/m", **CHAT}, 400, 2001),
    ],
)
def test_errors_have_the_envelope_of_the_api_host(
    rest: httpx.Client, headers: dict[str, str], body: object, status: int, code: int
) -> None:
    answer = rest.post("/v1/chat/completions", json=body, headers=headers)
    told = answer.json()
    assert (answer.status_code, told["success"], told["errors"][0]["code"]) == (status, False, code), answer.text


def test_an_account_that_is_not_known_is_told(torana: Torana) -> None:
    url = f"{torana.url}/client/v4/accounts/{'f' * 32}/ai/v1/chat/completions"
    answer = httpx.post(url, json={"model": "openai/m", **CHAT}, trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, 2001)
