"""In place of an OpenRouter token: a key of the provider that makes the model; and OpenRouter's own tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from running import Torana
from scripted import ScriptedUpstream
from scripted_answers import TEXT

OPENAI = "sk-proj-0123456789abcdef0123456789"
ANTHROPIC = "sk-ant-api03-0123456789abcdef0123456789"
GROQ = "gsk_0123456789abcdef0123456789"
THEIRS = "sk-or-v1-" + "0123456789abcdef" * 4
"""OpenRouter's: its last digits are not the ones that a key made here would have."""
QUESTION = {"model": "openai/gpt-3.5-turbo", "messages": [{"role": "user", "content": "What is Cloudflare?"}]}


@pytest.fixture(scope="module")
def up() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def served(up: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    slugs = ("openai", "anthropic", "groq", "openrouter")
    folder = tmp_path_factory.mktemp("tokens")
    with Torana(folder / "data", {slug: f"{up.url}/{slug}" for slug in slugs}) as running:
        yield running


@pytest.fixture
def asked(up: ScriptedUpstream) -> ScriptedUpstream:
    up.requests.clear()
    return up


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def gateway_path(served: Torana, rest: str = "v1/chat/completions") -> str:
    return f"/v1/{served.account_id}/default/openrouter/{rest}"


@pytest.mark.parametrize("rest", ["v1/chat/completions", "chat/completions"])
def test_the_provider_that_makes_the_model_is_asked_with_its_own_key(
    served: Torana, asked: ScriptedUpstream, rest: str
) -> None:
    answer = served.post(gateway_path(served, rest), QUESTION, bearer(OPENAI))
    told = answer.json()
    assert answer.status_code == 200, told
    (got,) = asked.requests
    assert got.path == "/openai/chat/completions"
    assert got.header("authorization") == f"Bearer {OPENAI}".encode()
    assert got.json(dict)["model"] == "gpt-3.5-turbo"
    assert told["id"].startswith("gen-")
    assert (told["provider"], told["model"]) == ("OpenAI", "openai/gpt-3.5-turbo")
    assert told["choices"][0]["message"]["content"] == TEXT
    assert (told["usage"]["cost"], told["usage"]["is_byok"]) == (0, True)
    row = served.logs("--limit", "1")[0]
    assert (row["provider"], row["model"], row["status_code"]) == ("openai", "gpt-3.5-turbo", 200)
    assert OPENAI not in json.dumps(served.log(str(row["id"])))


def test_a_stream_of_it_is_openrouters(served: Torana, asked: ScriptedUpstream) -> None:
    answer = served.post(gateway_path(served), {**QUESTION, "stream": True}, bearer(OPENAI))
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    chunks = [json.loads(line) for line in lines]
    assert {chunk["provider"] for chunk in chunks} == {"OpenAI"}
    assert "".join(each["choices"][0]["delta"].get("content") or "" for each in chunks if each["choices"]) == TEXT
    assert asked.requests[0].path == "/openai/chat/completions"


def test_keys_of_providers_may_come_beside_openrouters_token(served: Torana, asked: ScriptedUpstream) -> None:
    headers = {**bearer(THEIRS), "x-provider-api-keys": json.dumps({"anthropic": ANTHROPIC})}
    body = {**QUESTION, "model": "anthropic/claude-sonnet-4.5"}
    for path in (gateway_path(served), "/api/v1/chat/completions"):
        asked.requests.clear()
        told = served.post(path, body, headers).json()
        assert told["provider"] == "Anthropic", told
        (got,) = asked.requests
        assert got.path == "/anthropic/v1/messages"
        assert got.header("x-api-key") == ANTHROPIC.encode()
        asked.requests.clear()
        assert served.post(path, QUESTION, headers).status_code == 200
        assert asked.requests[0].path == "/openrouter/v1/chat/completions"


@pytest.mark.parametrize("token", [THEIRS, GROQ, "a-token-of-no-known-shape"])
def test_any_other_token_goes_on_untouched(served: Torana, asked: ScriptedUpstream, token: str) -> None:
    text = json.dumps({**QUESTION, "provider": {"sort": "price"}, "unheard_of": 1})
    answer = httpx.post(
        served.url + gateway_path(served),
        content=text,
        headers={**bearer(token), "content-type": "application/json"},
        trust_env=False,
        timeout=30,
    )
    assert answer.status_code == 200
    (got,) = asked.requests
    assert (got.path, got.body) == ("/openrouter/v1/chat/completions", text.encode())
    assert got.header("authorization") == f"Bearer {token}".encode()
    assert answer.json()["id"] == "chatcmpl-1"


def test_the_same_key_serves_below_api(served: Torana, asked: ScriptedUpstream) -> None:
    told = served.post("/api/v1/chat/completions", QUESTION, bearer(OPENAI)).json()
    assert (told["provider"], told["usage"]["is_byok"]) == ("OpenAI", True)
    assert asked.requests[0].header("authorization") == f"Bearer {OPENAI}".encode()


@pytest.mark.parametrize("is_stream", [False, True])
def test_openrouters_own_token_goes_to_openrouter_as_it_is(
    served: Torana, asked: ScriptedUpstream, *, is_stream: bool
) -> None:
    answer = served.post("/api/v1/chat/completions", {**QUESTION, "stream": is_stream}, bearer(THEIRS))
    assert answer.status_code == 200
    assert "chatcmpl-1" in answer.text
    (got,) = asked.requests
    assert got.path == "/openrouter/v1/chat/completions"
    assert got.json(dict) == {**QUESTION, "stream": is_stream}
    row = served.logs("--limit", "1")[0]
    assert (row["provider"], row["model"]) == ("openrouter", "openai/gpt-3.5-turbo")


@pytest.mark.parametrize("path", ["/api/v1/key", "/api/v1/models?category=programming", "/api/v1/generation?id=gen-1"])
def test_whatever_else_is_asked_with_it_goes_there_too(served: Torana, asked: ScriptedUpstream, path: str) -> None:
    answer = httpx.get(served.url + path, headers=bearer(THEIRS), trust_env=False, timeout=30)
    assert answer.status_code == 200
    (got,) = asked.requests
    assert got.target == f"/openrouter{path.removeprefix('/api')}".encode()


def test_a_key_that_was_made_here_leaves_for_nobody(
    served: Torana, asked: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = json.loads(served.run("keys", "create", "--name", "mine", "--json"))["key"]
    served.follow()
    with Torana(tmp_path_factory.mktemp("stranger") / "data") as stranger:
        for provider in ("openrouter", "openai", "groq"):
            path = f"/v1/{stranger.account_id}/default/{provider}/v1/chat/completions"
            answer = stranger.post(path, QUESTION, bearer(made))
            assert answer.status_code == 401
            assert "/api/v1" in answer.text
        assert stranger.post("/api/v1/chat/completions", QUESTION, bearer(made)).status_code == 401
    assert asked.requests == []
