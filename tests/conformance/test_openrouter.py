"""OpenRouter through the gateway: its own clients and examples, with nothing but the host changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import openai
import pytest
from openrouter import OpenRouter

from running import Torana
from scripted import ScriptedUpstream

JS = Path(__file__).parents[1] / "js"
TOKEN = "sk-or-v1-0123456789abcdef0123456789abcdef"
QUESTION = {"model": "openai/gpt-3.5-turbo", "messages": [{"role": "user", "content": "What is Cloudflare?"}]}


@pytest.mark.parametrize("path", ["openrouter/v1/chat/completions", "openrouter/chat/completions"])
def test_the_documented_curl_line_works_in_both_path_forms(
    torana: Torana, requests: ScriptedUpstream, path: str
) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not here")
    printed = subprocess.run(
        [
            curl, "-sS", "--noproxy", "*", "-X", "POST", f"{torana.url}/v1/{torana.account_id}/default/{path}",
            "--header", "content-type: application/json",
            "--header", f"Authorization: Bearer {TOKEN}",
            "--data", json.dumps(QUESTION),
        ],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert json.loads(printed.stdout)["choices"][0]["message"]["content"]
    (got,) = requests.requests
    assert got.target == b"/openrouter/v1/chat/completions"
    assert got.body == json.dumps(QUESTION).encode()
    assert got.header("authorization") == f"Bearer {TOKEN}".encode()
    row = torana.logs("--limit", "1")[0]
    assert (row["provider"], row["model"], row["status_code"]) == ("openrouter", QUESTION["model"], 200)
    assert row["success"] is True


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("suffix", ["", "/v1"])
def test_the_python_sdk_of_openai_works(
    torana: Torana, requests: ScriptedUpstream, suffix: str, *, is_stream: bool
) -> None:
    client = openai.OpenAI(api_key=TOKEN, base_url=torana.at("openrouter") + suffix, max_retries=0)
    if is_stream:
        text, usage = "", None
        with client.chat.completions.create(**QUESTION, stream=True) as chunks:  # type: ignore[call-overload]  # as in the docs
            for chunk in chunks:
                text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
                usage = chunk.usage or usage
        assert text
        assert usage is not None
    else:
        answer = client.chat.completions.create(**QUESTION)  # type: ignore[call-overload]  # as in the docs
        assert answer.choices[0].message.content
    assert requests.requests[-1].target == b"/openrouter/v1/chat/completions"
    row = torana.logs("--limit", "1")[0]
    assert row["streamed"] is is_stream
    assert row["tokens_in"]
    assert row["tokens_out"]


def test_the_javascript_sdk_of_openai_works(torana: Torana) -> None:
    node = shutil.which("node")
    if node is None or not (JS / "node_modules" / "openai").is_dir():
        pytest.skip("Node or its packages are not here")
    environ = os.environ | {"BASE_URL": torana.at("openrouter"), "OPENROUTER_TOKEN": TOKEN}
    done = subprocess.run(
        [node, "openrouter.mjs"], cwd=JS, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["whole"]
    assert printed["streamed"]
    assert printed["usage"]["total_tokens"]
    assert printed["failure"] == {"status": 400, "name": "BadRequestError"}


def test_openrouters_own_sdk_works(torana: Torana) -> None:
    with OpenRouter(api_key=TOKEN, server_url=torana.at("openrouter")) as client:
        answer = client.chat.send(model=QUESTION["model"], messages=QUESTION["messages"])
    assert answer.choices[0].message.content


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("GET", "models", "/v1/models"),
        ("GET", "v1/models?category=programming", "/v1/models?category=programming"),
        ("GET", "key", "/v1/key"),
        ("GET", "generation?id=gen-1", "/v1/generation?id=gen-1"),
        ("POST", "responses", "/v1/responses"),
        ("POST", "v1/messages", "/v1/messages"),
        ("POST", "embeddings", "/v1/embeddings"),
        ("PATCH", "keys/abc", "/v1/keys/abc"),
        ("DELETE", "v1/keys/abc", "/v1/keys/abc"),
        ("PUT", "anything/at/all", "/v1/anything/at/all"),
        ("HEAD", "models", "/v1/models"),
        ("OPTIONS", "models", "/v1/models"),
    ],
)
def test_every_other_path_and_method_passes(
    torana: Torana, requests: ScriptedUpstream, method: str, path: str, target: str
) -> None:
    body = b'{"model": "m", "input": "x"}' if method in {"POST", "PUT", "PATCH"} else b""
    reply = httpx.request(
        method,
        f"{torana.at('openrouter')}/{path}",
        content=body,
        headers={"authorization": f"Bearer {TOKEN}", "x-title": "Mine", "content-type": "application/json"},
        trust_env=False,
    )
    assert reply.status_code == 200, reply.text
    (got,) = requests.requests
    assert (got.method, got.target) == (method.encode(), f"/openrouter{target}".encode())
    assert got.body == body
    assert got.header("x-title") == b"Mine"
