"""The real embedded model, end to end: llama.cpp's server in a child of ours."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from torana.errors import LocalModelMissing
from torana.local import requirements
from torana.local.endpoint import LocalModel
from torana.local.weights import ALIAS, SMOLLM2, Weights, find
from torana.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from torana.leash import LocalEndpoint


def _why_not() -> str:
    if importlib.util.find_spec(SMOLLM2.module) is None:
        return "the weights are missing: run `torana local pull`"
    return requirements.problem()


pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(bool(_why_not()), reason=_why_not() or "it can run"),
    # Loading a model once for all of them is what keeps these quick.
    pytest.mark.asyncio(loop_scope="module"),
]

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalModel]:
    settings = Settings(data_dir=str(tmp_path_factory.mktemp("data")), local_threads=1)
    running = LocalModel(settings, lambda: None, lambda: None)
    yield running
    await running.stop()


def call(at: LocalEndpoint, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(at.url + path, json.dumps(body).encode() if body else None)  # noqa: S310  # http
    for name, value in ({"authorization": f"Bearer {at.key}", "content-type": "application/json"} | headers).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # http, by the line above
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


async def ask(model: LocalModel, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    return await asyncio.to_thread(call, await model.endpoint(), path, body, **headers)


async def test_it_answers_a_chat(model: LocalModel) -> None:
    body = {"model": ALIAS, "messages": QUESTION, "max_tokens": 24, "temperature": 0}
    status, data = await ask(model, "/v1/chat/completions", body)
    answer = json.loads(data)
    assert status == 200
    assert answer["model"] == ALIAS
    assert len(answer["choices"][0]["message"]["content"]) > 10
    assert answer["usage"]["prompt_tokens"] > 0
    assert answer["usage"]["completion_tokens"] > 0


async def test_it_streams_a_chat(model: LocalModel) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}, "max_tokens": 8, "temperature": 0}
    status, data = await ask(model, "/v1/chat/completions", {"model": ALIAS, "messages": QUESTION, **options})
    lines = [line.removeprefix("data: ") for line in data.decode().splitlines() if line.startswith("data: ")]
    assert status == 200
    assert lines[-1] == "[DONE]"
    assert len(lines) > 5
    assert json.loads(lines[-2])["usage"]["completion_tokens"] == 8


async def test_it_speaks_messages(model: LocalModel) -> None:
    body = {"model": ALIAS, "messages": QUESTION, "max_tokens": 8}
    status, data = await ask(model, "/v1/messages", body)
    answer = json.loads(data)
    assert (status, answer["type"], answer["usage"]["output_tokens"]) == (200, "message", 8)
    assert answer["content"][0]["text"]


async def test_it_speaks_responses(model: LocalModel) -> None:
    body = {"model": ALIAS, "input": "What is the capital of France?", "max_output_tokens": 8}
    status, data = await ask(model, "/v1/responses", body)
    answer = json.loads(data)
    assert (status, answer["object"], answer["usage"]["output_tokens"]) == (200, "response", 8)
    assert answer["output"][0]["content"][0]["text"]


async def test_it_is_listed_under_its_name(model: LocalModel) -> None:
    status, data = await ask(model, "/v1/models")
    assert status == 200
    assert [entry["id"] for entry in json.loads(data)["data"]] == [ALIAS]


@pytest.mark.parametrize("key", ["Bearer wrong", "Bearer ", ""])
async def test_a_wrong_key_is_refused(model: LocalModel, key: str) -> None:
    body = {"model": ALIAS, "messages": QUESTION, "max_tokens": 1}
    status, _ = await ask(model, "/v1/chat/completions", body, authorization=key)
    assert status == 401


async def test_it_samples_carefully_where_a_request_does_not_say(model: LocalModel) -> None:
    status, data = await ask(model, "/props")
    sampling = json.loads(data)["default_generation_settings"]["params"]
    assert (status, round(sampling["temperature"], 3), round(sampling["top_p"], 3)) == (200, 0.2, 0.9)


async def test_other_peoples_prompts_are_not_shown(model: LocalModel) -> None:
    assert (await ask(model, "/slots"))[0] == 501


async def test_four_at_once_are_answered(model: LocalModel) -> None:
    body = {"model": ALIAS, "messages": QUESTION, "max_tokens": 8}
    answers = await asyncio.gather(*(ask(model, "/v1/chat/completions", body) for _ in range(4)))
    assert [status for status, _ in answers] == [200] * 4


async def test_killed_it_comes_back_on_the_next_need(model: LocalModel) -> None:
    first = await model.endpoint()
    pid = model.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(5):
        while model.pid == pid:  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.01)
    assert (await ask(model, "/v1/models"))[0] == 200
    assert await model.endpoint() != first


async def test_a_file_of_ones_own_is_served_under_its_own_name_and_asked_by_either(tmp_path: Path) -> None:
    source = find(Settings(data_dir=str(tmp_path)))
    assert isinstance(source, Weights)
    (tmp_path / "My-Own.gguf").symlink_to(source.path)
    settings = Settings(data_dir=str(tmp_path), local_model=str(tmp_path / "My-Own.gguf"))
    own = LocalModel(settings, lambda: None, lambda: None)
    try:
        for name in ("my-own", ALIAS):
            body = {"model": name, "messages": QUESTION, "max_tokens": 1}
            status, data = await ask(own, "/v1/chat/completions", body)
            assert (status, json.loads(data)["model"]) == (200, "my-own")
    finally:
        await own.stop()


async def test_weights_that_cannot_be_loaded_are_explained(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(range(256)))
    broken = LocalModel(
        Settings(data_dir=str(tmp_path), local_model=str(tmp_path / "bad.gguf")), lambda: None, lambda: None
    )
    with pytest.raises(LocalModelMissing, match=r"could not start: exit status 1: .*cannot load `.*bad\.gguf`"):
        await broken.endpoint()


async def test_the_reason_is_told_whatever_the_engine_says_last(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF")
    settings = Settings(data_dir=str(tmp_path), local_model=str(tmp_path / "bad.gguf"))
    said = json.dumps({"url": "", "problem": "cannot load it: why"})
    code = f"import sys; print({said!r}); sys.stderr.write('one\\ntwo\\nthree\\n'); sys.exit(1)"
    broken = LocalModel(settings, lambda: None, lambda: None, (sys.executable, "-c", code))
    with pytest.raises(LocalModelMissing, match=r"exit status 1: two \| three \| cannot load it: why$"):
        await broken.endpoint()


async def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\nfrom torana.local.endpoint import LocalModel\nfrom torana.settings import Settings\n"
        "async def main():\n    model = LocalModel(Settings(data_dir=sys.argv[1]), lambda: None, lambda: None)\n"
        "    await model.endpoint()\n    print(model.pid, flush=True)\n    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 60))
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(5):
        while Path(f"/proc/{pid}").exists():  # noqa: ASYNC110, ASYNC240  # another process: there is no event
            await asyncio.sleep(0.01)
