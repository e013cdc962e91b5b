"""The supervisor: who runs, in which order they come and go, and what signals mean."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import platform
import signal
import sys
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana import __version__, snapshot
from torana.errors import LocalModelMissing
from torana.leash import LocalAnswer, ToChild
from torana.local import endpoint
from torana.local.embedding import weights as embedding
from torana.local.endpoint import LocalModel
from torana.settings import SettingsError
from torana.statistics import Statistics
from torana.supervisor import inputs
from torana.supervisor.child import Child
from torana.supervisor.claim import CannotStart, claim, raise_file_limit, url_of
from torana.supervisor.post import Post
from torana.supervisor.state import Pids, State, Versions, remove_state, write_state

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from torana.leash import FromChild, Model
    from torana.settings import Settings

    Banner = Callable[[Mapping[str, object]], None]
    Reload = Callable[[], Settings]

log = logging.getLogger("torana.supervisor")

GRACE_S = 2.0
"""What a child may need beyond the drain timeout, which it keeps by itself."""


class Commands(Struct, frozen=True):
    """What to run; each is given its `--leash FD` and what else it needs."""

    control: tuple[str, ...] = (sys.executable, "-m", "torana.control")
    worker: tuple[str, ...] = (sys.executable, "-m", "torana.worker")
    model: tuple[str, ...] = endpoint.COMMAND
    embedding: tuple[str, ...] = (sys.executable, "-m", "torana.local.embedding.server")


def run(
    settings: Settings,
    *,
    banner: Banner | None = None,
    reload: Reload | None = None,
    commands: Commands | None = None,
) -> int:
    """Serves until a signal, and gives the exit code. `banner` gets the state once all is up; SIGHUP calls `reload`."""
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s torana[supervisor] %(message)s",
    )
    raise_file_limit()
    try:
        inputs.check(settings)
        with claim(settings) as listener:
            return asyncio.run(Supervisor(settings, listener, banner, reload, commands or Commands()).serve())
    except CannotStart as error:
        log.error("%s", error)  # noqa: TRY400  # the operator's to mend, not a bug: no traceback
        return 1


class Supervisor:
    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        banner: Banner | None,
        reload: Reload | None,
        commands: Commands,
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._banner = banner
        self._reload = reload
        self._commands = commands
        self._models: dict[Model, LocalModel] = {
            "local": LocalModel(settings, self._chat_gone, self._changed, commands.model),
            "embedding": LocalModel(
                settings, self._embedding_gone, self._changed, commands.embedding, engine=embedding.ENGINE
            ),
        }
        self._statistics: Statistics | None = None
        self._control: Post | None = None
        self._workers: dict[int, Post] = {}
        self._leaving: dict[int, Post] = {}
        """Workers that drain after a reload; like the others, by the index that only they have."""
        self._questions: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._hang_up = asyncio.Event()
        self._is_up = False
        self._is_killed = False
        self._has_terminal = _has_terminal()
        self._started_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    async def serve(self) -> int:
        """Everything that was started has ended when this returns or raises CannotStart."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        living = asyncio.create_task(self._live())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._is_up = False
            self._stop.set()
            living.cancel()
            await asyncio.wait({living, stopping})
            await self._shut_down()
        if not living.cancelled() and (error := living.exception()) is not None:
            raise error
        return 1 if self._is_killed else 0

    async def _live(self) -> None:
        await self._come_up()
        while True:
            await self._hang_up.wait()
            self._hang_up.clear()
            await self._take_new_settings()

    async def _come_up(self) -> None:
        self._make_room(2 * self._settings.workers)
        control = self._control = self._open_control(self._settings)
        # A worker needs a snapshot and nothing else: with one on the disk it does not wait for the control plane.
        if not _has_snapshot(self._settings) and not await control.settled():
            raise CannotStart(f"the control plane could not start: {control.failure}")
        self._workers = self._open_workers(self._settings)
        for post in self._workers.values():
            if not await post.settled():
                raise CannotStart(f"{post.name} could not start: {post.failure}")
        if not await control.settled():
            log.error("serving from the last configuration: the control plane could not start, %s", control.failure)
        self._is_up = True
        self._changed()
        log.info("listening on %s", self._state().url)
        if self._banner is not None:
            self._banner(msgspec.to_builtins(self._state()))

    def _make_room(self, workers: int) -> None:
        """Twice as many blocks as workers: after a reload the old ones still count while the new ones do already."""
        try:
            self._statistics = Statistics.create(self._settings.path("run", "statistics"), workers)
        except OSError as error:
            raise CannotStart(f"cannot write to `{self._settings.path('run')}`: {error.strerror}") from error

    def _open_control(self, settings: Settings) -> Post:
        environ = _environ(settings)

        async def start(ready: Callable[[], None]) -> Child:
            return await Child.start(self._commands.control, environ, (), self._ears(ready))

        return _opened(Post("control plane", start, self._changed))

    def _open_workers(self, settings: Settings) -> dict[int, Post]:
        taken = self._workers.keys() | self._leaving.keys()
        free = [index for index in range(len(taken) + settings.workers) if index not in taken]
        return {index: self._open_worker(index, settings) for index in free[: settings.workers]}

    def _open_worker(self, index: int, settings: Settings) -> Post:
        environ = _environ(settings)
        fd = self._listener.fileno()
        command = (*self._commands.worker, "--index", str(index), "--socket", str(fd))

        async def start(ready: Callable[[], None]) -> Child:
            return await Child.start(command, environ, (fd,), self._ears(ready))

        def changed() -> None:
            if self._statistics is not None and post.child is None and index < self._statistics.workers:
                # One that was killed could not take its gauges back.
                self._statistics.block(index).end()
            self._changed()

        post = Post(f"worker {index}", start, changed)
        return _opened(post)

    def _ears(self, ready: Callable[[], None]) -> Callable[[Child, FromChild], None]:
        def heard(child: Child, message: FromChild) -> None:
            if message.ready is not None:
                ready()
            if message.need:
                question = asyncio.create_task(self._answer(child, message.need))
                self._questions.add(question)
                question.add_done_callback(self._questions.discard)

        return heard

    async def _answer(self, child: Child, model: Model) -> None:
        try:
            found = await self._models[model].endpoint()
        except LocalModelMissing as error:
            answer = LocalAnswer(error=error.message)
        else:
            answer = LocalAnswer(found.url, found.key)
        child.send(ToChild(local=answer) if model == "local" else ToChild(embedding=answer))

    def _chat_gone(self) -> None:
        for post in self._posts():
            post.send(ToChild(local=None))

    def _embedding_gone(self) -> None:
        for post in self._posts():
            post.send(ToChild(embedding=None))

    def _changed(self) -> None:
        if not self._is_up:
            return
        try:
            write_state(self._settings, self._state())
        except OSError as error:
            log.warning("cannot write `run/state.json`: %s", error.strerror)

    def _state(self) -> State:
        control = self._control
        facts = control.facts if control else {}
        account_id, gateway_id = str(facts.get("account_id", "")), str(facts.get("gateway_id", ""))
        if not account_id:
            account_id, gateway_id = _first_gateway(self._settings)
        pids = Pids(
            supervisor=os.getpid(),
            control=control.child.pid if control and control.child else None,
            workers=[post.child.pid for post in self._workers.values() if post.child],
            local=self._models["local"].pid,
            embedding=self._models["embedding"].pid,
        )
        return State(
            url=url_of(self._settings, self._listener),
            account_id=account_id,
            gateway_id=gateway_id,
            data_dir=self._settings.data_dir,
            pids=pids,
            versions=Versions(__version__, platform.python_version()),
            started_at=self._started_at,
        )

    def _interrupt(self) -> None:
        if not self._stop.is_set():
            self._stop.set()
            return
        log.warning("interrupted again: killing what still runs")
        self._is_killed = True
        for post in self._posts():
            post.kill()

    def _hung_up(self) -> None:
        """A terminal that was closed wants its programs gone; anybody else who sends SIGHUP wants a reload."""
        if self._has_terminal and not _has_terminal():
            self._stop.set()
        else:
            self._hang_up.set()

    async def _take_new_settings(self) -> None:
        if self._reload is None:
            log.warning("not reloaded: the settings were given by a caller that cannot read them again")
            return
        try:
            settings = _in_place(self._settings, self._reload())
        except (SettingsError, OSError) as error:
            log.error("not reloaded: %s", error)  # noqa: TRY400  # the operator's to mend
            return
        former = self._workers
        if not self._has_room(settings) or not await self._replace_workers(settings):
            return
        self._settings = settings
        await asyncio.gather(self._replace_control(settings), *(self._see_off(index) for index in former))
        for model in self._models.values():
            await model.adopt(settings)
        self._changed()
        log.info("reloaded: %d new workers", len(self._workers))

    def _has_room(self, settings: Settings) -> bool:
        needed = len(self._workers) + settings.workers
        if self._statistics is None or needed > self._statistics.workers:
            try:
                self._make_room(needed)
            except CannotStart as error:
                log.error("not reloaded: %s", error)  # noqa: TRY400  # the operator's to mend
                return False
        return True

    async def _replace_workers(self, settings: Settings) -> bool:
        """New ones beside the old ones on the same socket; False where they do not come up, and the old ones stay."""
        fresh = self._open_workers(settings)
        self._leaving |= fresh
        for post in fresh.values():
            if not await post.settled():
                log.error("not reloaded: %s could not start: %s", post.name, post.failure)
                for other in fresh.values():
                    other.kill()
                await asyncio.gather(*(self._see_off(index) for index in fresh))
                return False
        self._leaving = self._workers
        self._workers = fresh
        return True

    async def _replace_control(self, settings: Settings) -> None:
        """One after the other: they share a socket and a lock."""
        if self._control is not None:
            await self._control.drain(self._settings.drain_timeout + GRACE_S)
        self._control = self._open_control(settings)
        await self._control.settled()

    async def _see_off(self, index: int) -> None:
        await self._leaving[index].drain(self._settings.drain_timeout + GRACE_S)
        del self._leaving[index]

    async def _shut_down(self) -> None:
        """Workers first, then the model they may be using, and the control plane last: it stores what they logged."""
        limit_s = self._settings.drain_timeout + GRACE_S
        workers = [*self._workers.values(), *self._leaving.values()]
        await asyncio.gather(*(post.drain(limit_s) for post in workers))
        for question in self._questions:
            question.cancel()
        for model in self._models.values():
            await model.stop()
        if self._control is not None:
            await self._control.drain(limit_s)
        with contextlib.suppress(OSError):
            remove_state(self._settings)
        log.info("stopped")

    def _posts(self) -> list[Post]:
        return [*self._workers.values(), *self._leaving.values(), *([self._control] if self._control else [])]


def _opened(post: Post) -> Post:
    post.open()
    return post


def _environ(settings: Settings) -> dict[str, str]:
    """All settings as variables, and an empty file: one that is being edited must not keep a child from starting."""
    return os.environ | settings.to_environ() | {"TORANA_CONFIG": str(_empty_file(settings))}


def _empty_file(settings: Settings) -> Path:
    path = settings.path("run", "empty.toml")
    path.touch()
    return path


def _in_place(former: Settings, settings: Settings) -> Settings:
    """What holds the socket and the lock stays where it is."""
    fixed = {name: getattr(former, name) for name in ("host", "port", "data_dir")}
    changed = [name for name, value in fixed.items() if getattr(settings, name) != value]
    if changed:
        log.warning("`%s` takes effect at the next start only", "`, `".join(changed))
    return msgspec.structs.replace(settings, **fixed)


def _has_snapshot(settings: Settings) -> bool:
    """A damaged one is none: the control plane writes it anew."""
    try:
        snapshot.read(settings.path("snapshot"))
    except snapshot.SnapshotError:
        return False
    return True


def _first_gateway(settings: Settings) -> tuple[str, str]:
    """From the snapshot, for as long as the control plane has not told."""
    try:
        known = snapshot.read(settings.path("snapshot"))
    except snapshot.SnapshotError:
        return "", ""
    return (known.gateways[0].account_id, known.gateways[0].id) if known.gateways else ("", "")


def _has_terminal() -> bool:
    try:
        os.tcgetpgrp(0)
    except OSError:
        return False
    return True
