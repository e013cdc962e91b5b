"""The control plane's process: ingests the journal, answers on its socket."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import uvicorn
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from torana import sealing
from torana.catalog.prices import PricesError
from torana.control.analytics.retention import keep
from torana.control.app import Control, Facts, create_app
from torana.control.evaluating import Evaluator
from torana.control.learning import learn
from torana.control.logpush.pusher import Pusher
from torana.control.logpush.targets import open_sender
from torana.control.metrics import Metrics
from torana.control.operations import ensure_default, open_store
from torana.control.otel.configured import Configured
from torana.control.otel.export import Exporter
from torana.control.rotation import seal_rest
from torana.control.router.reconciling import Reconciler
from torana.control.signing_in.door import Door
from torana.control.signing_in.oidc.config import read_config
from torana.control.signing_in.oidc.fetching import Fetch
from torana.control.signing_in.oidc.provider import Provider
from torana.control.signing_in.pruning import keep_pruned
from torana.control.stored_responses import expire
from torana.control.turns import open_ingester
from torana.leash import Leash
from torana.priority import be_patient
from torana.sealing import MasterKeyError
from torana.settings import SettingsError, control_socket, resolve
from torana.storage.mapped_counters import COUNTERS
from torana.storage.sql import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

    from torana.control.ingest import Ingester
    from torana.settings import Settings

GATEWAY = "default"
_BACKLOG = 128
_LAST_REQUESTS_S = 2
_PASS_S = 1.0
_NICE = 10
# A batch of logs is ten thousand objects, hardly any in cycles: to look at them each 700 costs 6 % of storing them.
_GC_THRESHOLDS = (50_000, 50, 100)

log = logging.getLogger("torana.control")


class _State(Struct):
    url: str = ""


def find_url(settings: Settings) -> str:
    """The server's own, once the supervisor has written it down."""
    try:
        return msgspec.json.decode(settings.path("run", "state.json").read_bytes(), type=_State).url
    except (OSError, msgspec.DecodeError):
        return ""


def open_door(settings: Settings) -> Door:
    """OSError where the secret of OpenID Connect's client cannot be read."""
    config = read_config(settings)
    outside = None if config is None else Provider(config, Fetch(settings.upstream_ca))
    return Door(outside, settings.public_url)


def listen(path: Path) -> socket.socket:
    """A socket for this user alone, in place of a former process's; OSError where it cannot be made."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stat = path.parent.lstat()
    if path.parent.parent == Path(tempfile.gettempdir()) and (stat.st_uid != os.getuid() or stat.st_mode & 0o077):
        raise PermissionError(1, "this folder must be the user's alone", str(path.parent))
    listening = socket.socket(socket.AF_UNIX)
    # Made under another name and then moved: nobody meets a socket that everybody may open, or none at all.
    draft = path.with_name(f"{path.name[:4]}{os.getpid()}")
    draft.unlink(missing_ok=True)
    listening.bind(str(draft))
    draft.chmod(0o600)
    listening.listen(_BACKLOG)
    draft.replace(path)
    return listening


async def control(settings: Settings, leash: Leash) -> None:
    """Serves until the leash says to drain, and ingests until the workers' last records are stored."""
    learn()
    drained = asyncio.Event()
    leash.on_drain = drained.set
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, drained.set)
    store = open_store(settings)
    try:
        account = ensure_default(store)
        seal_rest(store)
        ingester = open_ingester(settings, store)
        pusher = Pusher(store, open_sender(settings))
        exporter = Exporter(Configured(store, settings, os.environ), settings.upstream_ca, reach=store.reach)
        ingester.sink = exporter
        metrics = Metrics(ingester, settings.path("journal"), settings.path("run", "statistics"), pusher, exporter)
        facts = Facts(account.id, GATEWAY, lambda: find_url(settings), open_door(settings), settings)
        face = create_app(Control(store, ingester.bring_in, metrics, facts))
        server = _server(face)
        serving = asyncio.create_task(server.serve(sockets=[listen(control_socket(settings))]))
        evaluating = asyncio.create_task(Evaluator(store, partial(ingester.run_once, _PASS_S)).run(drained))
        keeping = asyncio.create_task(keep(store, settings.analytics_days, drained))
        expiring = asyncio.create_task(expire(store, drained))
        pruning = asyncio.create_task(keep_pruned(store, drained))
        reconciler = Reconciler(store, ingester, settings.path(COUNTERS))
        reconciling = asyncio.create_task(reconciler.run(drained))
        exported = asyncio.Event()
        exporting = asyncio.create_task(exporter.run(exported))
        leash.ready(account_id=account.id, gateway_id=GATEWAY)
        pushing = asyncio.create_task(pusher.run(drained))
        await ingester.run(drained)
        await evaluating
        await _finish(ingester)
        await pushing
        await keeping
        await expiring
        await pruning
        await reconciling
        exported.set()
        await exporting
        server.should_exit = True
        await serving
    finally:
        store.close()


async def _finish(ingester: Ingester) -> None:
    """The workers have ended before: what they left is stored whole, if the store can take it."""
    try:
        while await asyncio.to_thread(ingester.run_once, _PASS_S):
            pass
    except (SQLAlchemyError, OSError) as error:
        log.error("logs stay in the journal for the next start: %s", error)  # noqa: TRY400  # no bug: no traceback
    finally:
        ingester.close()


class _Server(uvicorn.Server):
    """Leaves the signals alone: they are the supervisor's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(face: Starlette) -> _Server:
    config = uvicorn.Config(
        face,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_LAST_REQUESTS_S,
    )
    return _Server(config)


def main() -> int:
    """`python -m torana.control --leash FD`: started by the supervisor, never by hand."""
    parser = argparse.ArgumentParser(description="Torana's control plane; `torana serve` starts it.")
    parser.add_argument("--leash", type=int, required=True)
    asked = parser.parse_args()
    # Ctrl-C in a terminal reaches the whole group: the supervisor alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*_GC_THRESHOLDS)
    # Where cores are few it must not take turns with a worker: what is logged can wait, who is asked cannot.
    os.nice(_NICE)
    be_patient()
    try:
        settings = resolve()
        _set_up_logging(settings.log_level.upper())
        sealing.load(settings)
        asyncio.run(_hold(settings, asked.leash))
    except (SettingsError, StoreError, PricesError, MasterKeyError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201  # the supervisor shows it
        return 1
    return 0


def _set_up_logging(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s torana[control] %(message)s")
    if level != "DEBUG":
        for chatty in ("alembic", "uvicorn"):
            logging.getLogger(chatty).setLevel(logging.WARNING)


async def _hold(settings: Settings, leash_fd: int) -> None:
    await control(settings, await Leash.hold(leash_fd))


if __name__ == "__main__":
    sys.exit(main())
