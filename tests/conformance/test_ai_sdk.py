"""Cloudflare's provider for the AI SDK, and other clients of the universal endpoint and `compat`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import openai
import pytest

from running import Torana
from scripted import Answer, Received, ScriptedUpstream

JS = Path(__file__).parents[1] / "js"
QUESTION = {"model": "groq/llama-3.1-8b-instant", "messages": [{"role": "user", "content": "What is Cloudflare?"}]}
KEY = "gsk-0123456789abcdef"


def is_down(got: Received) -> bool:
    return b'"model":"down"' in got.body


@pytest.mark.node
def test_cloudflares_provider_for_the_ai_sdk_works(torana: Torana, requests: ScriptedUpstream) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not here")
    if not (JS / "node_modules" / "ai-gateway-provider").is_dir():
        pytest.skip("its package is not here: run `npm ci` in tests/js")
    requests.script(is_down, Answer(status=503, headers=[(b"content-type", b"application/json")], body=b'{"error":{}}'))
    environ = os.environ | {"BASE_URL": torana.url, "ACCOUNT_ID": torana.account_id}
    done = subprocess.run(
        [node, "ai-gateway-provider.mjs"], cwd=JS, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    for name in ("chat", "responses", "messages", "unified", "fallback"):
        assert printed[name]["whole"] == printed[name]["streamed"] == "Cloudflare is a network.", name
        assert printed[name]["usage"]["outputTokens"] == 5
        assert printed[name]["step"] == ("1" if name == "fallback" else "0")
    assert printed["allDown"]["status"] == 503
    assert printed["noGateway"]["name"] == "AiGatewayDoesNotExist"
    assert {got.path for got in requests.requests} == {
        "/openai/v1/chat/completions",
        "/openai/v1/responses",
        "/anthropic/v1/messages",
        "/groq/chat/completions",
    }
    keys = {got.path: got.header("authorization") or got.header("x-api-key") for got in requests.requests}
    assert keys["/groq/chat/completions"] == b"Bearer sk-js-unified-0123456789"
    assert keys["/openai/v1/responses"] == b"Bearer sk-js-openai-0123456789"
    assert keys["/anthropic/v1/messages"] == b"sk-ant-js-0123456789"
    assert not [n for got in requests.requests for n, _ in got.headers if n.lower().startswith(b"cf-aig-")]
    rows = torana.logs("--limit", "30")
    failed = [row for row in rows if row["metadata"] == '{"team":"js"}' and row["step"] == 0]
    answered = [row for row in rows if row["metadata"] == '{"team":"js"}' and row["step"] == 1]
    assert [row["status_code"] for row in failed] == [503, 503]
    assert {row["provider"] for row in answered} == {"anthropic"}
    assert {row["event_id"] for row in answered} == {row["id"] for row in failed}
    assert len(torana.log(str(failed[0]["id"]))["attempts"]) == 2  # type: ignore[arg-type]  # a list


@pytest.mark.parametrize("is_stream", [False, True])
def test_the_openai_sdk_works_on_compat(torana: Torana, requests: ScriptedUpstream, *, is_stream: bool) -> None:
    client = openai.OpenAI(api_key=KEY, base_url=torana.at("compat"), max_retries=0)
    if is_stream:
        text = ""
        with client.chat.completions.create(**QUESTION, stream=True) as chunks:  # type: ignore[call-overload]  # as in the docs
            for chunk in chunks:
                text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    else:
        text = client.chat.completions.create(**QUESTION).choices[0].message.content  # type: ignore[call-overload]  # the same
    assert text == "Cloudflare is a network."
    (got,) = requests.requests
    assert (got.path, got.header("authorization")) == ("/groq/chat/completions", f"Bearer {KEY}".encode())
    assert json.loads(got.body)["model"] == "llama-3.1-8b-instant"
    row = torana.logs("--limit", "1")[0]
    assert (row["provider"], row["model"], row["streamed"]) == ("groq", "llama-3.1-8b-instant", is_stream)
    assert row["cost"]


def test_the_openai_sdk_finds_more_than_chat_on_compat(torana: Torana, requests: ScriptedUpstream) -> None:
    client = openai.OpenAI(api_key=KEY, base_url=torana.at("compat"), max_retries=0)
    assert client.responses.create(model="openai/gpt-4o-mini", input="hi").output_text == "Cloudflare is a network."
    made = client.embeddings.create(model="mistral/mistral-embed", input="hi", encoding_format="float")
    assert made.data[0].embedding == [0.25, -0.5, 0.75]
    assert [got.path for got in requests.requests] == ["/openai/responses", "/mistral/v1/embeddings"]
    assert "openai/gpt-4o-mini" in {model.id for model in client.models.list()}
    assert len(requests.requests) == 2


@pytest.mark.parametrize(("model", "code"), [("gpt-4o-mini", 2019), ("nobody/gpt-4o-mini", 2008), ("dynamic/x", 2008)])
def test_the_openai_sdk_is_told_what_is_wrong_with_a_model(torana: Torana, model: str, code: int) -> None:
    client = openai.OpenAI(api_key=KEY, base_url=torana.at("compat"), max_retries=0)
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])
    assert refused.value.response.json()["internalCode"] == code


def test_other_providers_are_asked_in_their_own_formats(torana: Torana, requests: ScriptedUpstream) -> None:
    client = openai.OpenAI(api_key=KEY, base_url=torana.at("compat"), max_retries=0)
    paths = {
        "anthropic/claude-haiku-4-5": "/anthropic/v1/messages",
        "google-ai-studio/gemini-2.5-flash": "/google-ai-studio/v1beta/models/gemini-2.5-flash:generateContent",
        "@cf/meta/llama-3.1-8b-instruct": "/workers-ai/v1/chat/completions",
        "perplexity/sonar": "/perplexity-ai/chat/completions",
    }
    for model, path in paths.items():
        answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])
        assert answer.choices[0].message.content == "Cloudflare is a network."
        assert requests.requests[-1].path == path


def test_a_step_that_is_slow_gives_way_to_the_next(torana: Torana, requests: ScriptedUpstream) -> None:
    requests.script("/openai/chat/completions", Answer(never=True))
    query = {"model": "m", "messages": [], "stream": True}
    steps = [
        {"provider": "openai", "endpoint": "chat/completions", "config": {"requestTimeout": 150}, "query": query},
        {"provider": "groq", "endpoint": "chat/completions", "headers": {"cf-aig-event-id": "mine"}, "query": query},
    ]
    reply = torana.post(f"/v1/{torana.account_id}/default/", steps)
    assert (reply.status_code, reply.headers["cf-aig-step"]) == (200, "1")
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.text.endswith("data: [DONE]\n\n")
    assert json.loads(requests.requests[-1].body) == query
    second, first = torana.logs("--limit", "2")
    assert (first["provider"], first["status_code"], first["error"]) == (
        "openai",
        504,
        f"`{requests.origin.host}:{requests.origin.port}` did not begin its answer within 0.15 s",
    )
    assert (second["provider"], second["streamed"], second["event_id"]) == ("groq", True, "mine")
