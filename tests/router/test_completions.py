"""Legacy completions through the router, over real sockets."""

from __future__ import annotations

import json

import httpx
import pytest

from router.stage import Router
from scripted import ScriptedUpstream
from scripted_answers import TEXT


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_model_that_converses_is_asked_in_its_own_way(
    router: Router, requests: ScriptedUpstream, *, is_stream: bool
) -> None:
    """OpenAI refuses legacy completions of all models but its oldest."""
    body = {"model": "acme/oracle", "prompt": "What is Cloudflare?", "provider": {"only": ["openai"]}, "max_tokens": 9}
    headers = {"authorization": f"Bearer {router.key}"}
    asked = {**body, "stream": is_stream}
    answer = httpx.post(f"{router.url}/completions", json=asked, headers=headers, timeout=60, trust_env=False)
    assert answer.status_code == 200, answer.text
    (got,) = requests.requests
    assert got.path == "/openai/chat/completions"
    assert json.loads(got.body)["messages"] == [{"role": "user", "content": "What is Cloudflare?"}]
    if is_stream:
        lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
        assert lines[-1] == "[DONE]"
        told = [json.loads(line) for line in lines[:-1]]
        said = "".join(choice["text"] for each in told for choice in each["choices"])
    else:
        told = [answer.json()]
        said = told[0]["choices"][0]["text"]
    assert said == TEXT
    assert {each["object"] for each in told} == {"text_completion"}
    assert {each["id"] for each in told} == {answer.headers["x-generation-id"]}
    assert told[-1]["choices"][0]["finish_reason"] == "stop"
    assert told[-1]["usage"]["cost"] == 0.000022
