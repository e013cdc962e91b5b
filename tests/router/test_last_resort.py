"""An account at OpenRouter as the provider of last resort."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest

from running import Row, Torana
from scripted import Answer, ScriptedUpstream
from scripted_answers import sse

OWN = {
    "models": [
        {
            "id": "acme/thinker",
            "endpoints": [
                {"provider": "openrouter", "model": "acme/thinker", "price": {"input": 1, "output": 1}},
                {"provider": "openai", "model": "thinker", "price": {"input": 9, "output": 9}},
                {"provider": "groq", "model": "thinker", "price": {"input": 5, "output": 5}},
            ],
        }
    ]
}
QUESTION = {"model": "acme/thinker", "messages": [{"role": "user", "content": "Why?"}]}
USAGE = {
    "prompt_tokens": 10,
    "completion_tokens": 5,
    "total_tokens": 15,
    "cost": 0.00042,
    "is_byok": False,
    "cost_details": {"upstream_inference_cost": 0.0004},
}
JSON = [(b"content-type", b"application/json")]
BUSY = Answer(status=503, headers=JSON, body=b'{"error": {"message": "busy"}}')
PLAIN: Row = {
    "id": "gen-1700000000-upstream",
    "provider": "DeepInfra",
    "model": "acme/thinker-0925",
    "object": "chat.completion",
    "created": 1_700_000_000,
}


@pytest.fixture(scope="module")
def up() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        for direct in ("openai", "groq"):
            upstream.script(f"/{direct}/chat/completions", BUSY)
        yield upstream


@pytest.fixture(scope="module")
def served(up: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    folder = tmp_path_factory.mktemp("resort")
    (folder / "own.json").write_text(json.dumps(OWN))
    slugs = ("openai", "groq", "openrouter")
    providers = {slug: f"{up.url}/{slug}" for slug in slugs}
    with Torana(folder / "data", providers, models=folder / "own.json") as running:
        running.environ["STORED"] = "stored-0123456789abcdef"
        for slug in slugs:
            running.run("provider-keys", "set", slug, "--from-env", "STORED")
        running.environ["KEY"] = json.loads(running.run("keys", "create", "--name", "mine", "--json"))["key"]
        running.follow()
        yield running


def headers(served: Torana) -> dict[str, str]:
    return {"authorization": f"Bearer {served.environ['KEY']}", "x-openrouter-metadata": "enabled"}


def test_it_is_asked_last_however_cheap_and_its_answer_is_dressed_once(served: Torana, up: ScriptedUpstream) -> None:
    up.requests.clear()
    message = {"role": "assistant", "content": "Because.", "refusal": None, "reasoning": None}
    choice = {"index": 0, "finish_reason": "stop", "native_finish_reason": "eos", "message": message, "logprobs": None}
    body = msgspec.json.encode({**PLAIN, "choices": [choice], "usage": USAGE})
    up.script("/openrouter/v1/chat/completions", Answer(headers=JSON, body=body))
    told = served.post("/api/v1/chat/completions", QUESTION, headers(served)).json()
    assert [got.path.split("/")[1] for got in up.requests][-1] == "openrouter"
    assert {got.path.split("/")[1] for got in up.requests[:-1]} == {"openai", "groq"}
    assert told["id"] != PLAIN["id"]
    assert (told["provider"], told["model"]) == ("OpenRouter", "acme/thinker")
    (choice,) = told["choices"]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("stop", "eos")
    assert told["usage"]["cost"] == 0.00042
    assert told["usage"]["cost_details"]["upstream_inference_cost"] == 0.00042
    assert told["usage"]["total_tokens"] == 15
    assert [seat["provider"] for seat in told["openrouter_metadata"]["attempts"]][-1] == "OpenRouter"


def test_so_is_a_stream_of_it(served: Torana, up: ScriptedUpstream) -> None:
    chunk = {**PLAIN, "object": "chat.completion.chunk"}
    events: list[Row] = [
        {**chunk, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Because."}}]},
        {**chunk, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}]},
        {**chunk, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}], "usage": USAGE},
    ]
    lines = [b": OPENROUTER PROCESSING\n\n", *(b"data: " + msgspec.json.encode(each) + b"\n\n" for each in events)]
    up.script("/openrouter/v1/chat/completions", sse([*lines, b"data: [DONE]\n\n"]))
    text = served.post("/api/v1/chat/completions", {**QUESTION, "stream": True}, headers(served)).text
    told = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    assert {each["provider"] for each in told} == {"OpenRouter"}
    assert "".join(each["choices"][0]["delta"].get("content") or "" for each in told) == "Because."
    assert [each["usage"]["cost"] for each in told if each.get("usage")] == [0.00042]


def test_who_names_it_first_gets_it_first(served: Torana, up: ScriptedUpstream) -> None:
    up.requests.clear()
    body = {**QUESTION, "provider": {"order": ["openrouter"]}}
    served.post("/api/v1/chat/completions", body, headers(served))
    assert up.requests[0].path == "/openrouter/v1/chat/completions"
