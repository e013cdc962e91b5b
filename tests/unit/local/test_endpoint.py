"""Starting, sharing, losing and stopping the model's process, over stand-ins that load nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from torana.errors import LocalModelMissing
from torana.leash import LocalEndpoint
from torana.local.endpoint import LocalModel
from torana.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")

READS = "import json, os, signal, sys, time\norder = json.loads(sys.stdin.readline())\n"
SERVES = (
    READS + "print(json.dumps({'url': 'http://127.0.0.1:%d' % os.getpid()}), flush=True)\n"
    "print(json.dumps(order), file=sys.stderr, flush=True)\nsys.stdin.read()\n"
)


class Models:
    """A model that counts how often it was lost."""

    def __init__(self, tmp_path: Path) -> None:
        self.gguf = tmp_path / "Tiny.gguf"
        self.gguf.write_bytes(b"GGUF")
        self.settings = Settings(data_dir=str(tmp_path), local_model=str(self.gguf))
        self.gone = 0
        self.changes: list[int | None] = []
        self.model = self.make(SERVES)

    def make(self, code: str, start_timeout_s: float = 5) -> LocalModel:
        def gone() -> None:
            self.gone += 1

        def changed() -> None:
            self.changes.append(self.model.pid)

        command = (sys.executable, "-S", "-E", "-c", code)
        self.model = LocalModel(self.settings, gone, changed, command, start_timeout_s)
        return self.model


@pytest.fixture
async def models(tmp_path: Path) -> AsyncIterator[Models]:
    made = Models(tmp_path)
    yield made
    await made.model.stop()


async def gone(pid: int) -> None:
    async with asyncio.timeout(5):
        while Path(f"/proc/{pid}").exists():  # noqa: ASYNC110, ASYNC240  # another process: there is no event
            await asyncio.sleep(0.01)


async def test_many_at_once_share_one_process(models: Models) -> None:
    found = await asyncio.gather(*(models.model.endpoint() for _ in range(5)))
    assert len(set(found)) == 1
    assert found[0].url == f"http://127.0.0.1:{models.model.pid}"
    assert len(found[0].key) > 30
    assert models.changes == [models.model.pid]


async def test_the_key_is_nowhere_to_be_read_from_outside(models: Models) -> None:
    found = await models.model.endpoint()
    for name in ("cmdline", "environ"):
        assert found.key.encode() not in Path(f"/proc/{models.model.pid}/{name}").read_bytes()  # noqa: ASYNC240  # procfs


async def test_one_that_died_is_reported_and_started_again_on_the_next_need(models: Models) -> None:
    first = await models.model.endpoint()
    assert models.model.pid
    os.kill(models.model.pid, signal.SIGKILL)
    await gone(models.model.pid)
    async with asyncio.timeout(5):
        while models.gone == 0:  # noqa: ASYNC110  # set by a plain callback
            await asyncio.sleep(0.01)
    second = await models.model.endpoint()
    assert second != first
    assert second.key != first.key
    assert models.gone == 1
    assert [bool(pid) for pid in models.changes] == [True, False, True]


async def test_stop_ends_it_and_tells(models: Models) -> None:
    await models.model.endpoint()
    pid = models.model.pid
    assert pid
    await models.model.stop()
    assert not Path(f"/proc/{pid}").exists()  # noqa: ASYNC240  # procfs
    assert models.model.pid is None
    assert models.gone == 1


async def test_it_has_a_leash_of_its_own(models: Models) -> None:
    """Its standard input is held by the supervisor alone; when that is gone, it ends."""
    code = (
        "import asyncio, sys\nfrom torana.local.endpoint import LocalModel\nfrom torana.settings import Settings\n"
        "async def main():\n    model = LocalModel(Settings(data_dir=sys.argv[1], local_model=sys.argv[2]),"
        " lambda: None, lambda: None, (sys.executable, '-S', '-E', '-c', sys.argv[3]))\n"
        "    await model.endpoint()\n    print(model.pid, flush=True)\n    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, models.settings.data_dir, str(models.gguf), SERVES),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    pid = int(await asyncio.wait_for(process.stdout.readline(), 10))
    process.kill()
    await process.wait()
    await gone(pid)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sys.exit('the file is bad')", "exit status 1: the file is bad"),
        ("os.kill(os.getpid(), signal.SIGILL)", "killed by SIGILL"),
        ("print('nonsense', flush=True); os.close(1); sys.exit(4)", "exit status 4"),
    ],
)
async def test_one_that_cannot_start_says_how_it_ended(models: Models, code: str, words: str) -> None:
    model = models.make(READS + code)
    with pytest.raises(LocalModelMissing) as caught:
        await model.endpoint()
    assert caught.value.message == f"the embedded model could not start: {words}"
    assert model.pid is None


async def test_one_that_takes_too_long_is_killed(models: Models, tmp_path: Path) -> None:
    model = models.make(READS + f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)", 0.5)
    with pytest.raises(LocalModelMissing, match=r"not ready within 0\.5 s"):
        await model.endpoint()
    await gone(int((tmp_path / "pid").read_text()))


async def test_a_start_that_nobody_waits_for_any_more_leaves_nothing_behind(models: Models, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    model = models.make(READS + f"open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)")
    need = asyncio.create_task(model.endpoint())
    async with asyncio.timeout(5):
        while not pid_file.exists() or not pid_file.read_text():  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.01)
    need.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await need
    await gone(int(pid_file.read_text()))


async def test_a_failed_start_is_not_tried_again_for_each_caller(models: Models, tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    model = models.make(READS + f"open({str(tries)!r}, 'a').write('x'); sys.exit(1)")
    for _ in range(5):
        with pytest.raises(LocalModelMissing):
            await model.endpoint()
    assert tries.read_text() == "x"


async def test_a_program_that_is_not_there_is_an_error_in_words(models: Models) -> None:
    model = LocalModel(models.settings, lambda: None, lambda: None, ("/no/such/program",))
    with pytest.raises(LocalModelMissing, match="/no/such/program"):
        await model.endpoint()


async def test_what_it_prints_never_blocks_it(models: Models) -> None:
    code = SERVES.replace("sys.stdin.read()", "sys.stderr.write('x' * 1_000_000); open('/dev/null'); sys.stdin.read()")
    model = models.make(
        code.replace("print(json.dumps({'url'", "sys.stderr.write('y' * 500_000)\nprint(json.dumps({'url'")
    )
    assert (await model.endpoint()).url


async def test_a_server_elsewhere_is_answered_as_it_is(models: Models) -> None:
    settings = msgspec.structs.replace(models.settings, providers={"local": "http://127.0.0.1:11434/v1"})
    await models.model.adopt(settings)
    assert await models.model.endpoint() == LocalEndpoint("http://127.0.0.1:11434", "")
    assert models.model.pid is None


async def test_new_settings_stop_only_a_model_that_they_do_not_ask_for(models: Models, tmp_path: Path) -> None:
    await models.model.endpoint()
    pid = models.model.pid
    await models.model.adopt(msgspec.structs.replace(models.settings, workers=3))
    assert models.model.pid == pid
    (tmp_path / "other.gguf").write_bytes(b"GGUF")
    await models.model.adopt(msgspec.structs.replace(models.settings, local_model=str(tmp_path / "other.gguf")))
    assert models.model.pid is None
    assert models.gone == 1
    await models.model.endpoint()
    assert models.model.pid not in (None, pid)


async def test_a_second_need_costs_no_start(models: Models) -> None:
    await models.model.endpoint()
    began = time.perf_counter()
    await models.model.endpoint()
    assert models.changes == [models.model.pid]
    assert time.perf_counter() - began < 5
