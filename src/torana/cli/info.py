"""`torana info`: what runs here, and where."""

import platform
from pathlib import Path

import typer
from msgspec import Struct
from rich.text import Text

from torana import __version__, snapshot
from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import console, local_time, print_json
from torana.cli.state import Pids, State, read_state
from torana.control import aside
from torana.control.aside import Aside
from torana.settings import Settings, resolve

app = typer.Typer(add_completion=False)


class Info(Struct):
    """`url` and `pids` are None where nothing runs; the ids are where the data directory has no account yet."""

    url: str | None
    account_id: str | None
    gateway_id: str | None
    data_dir: str
    versions: dict[str, str]
    pids: Pids | None
    running: bool
    started_at: str | None = None
    set_aside: Aside = Aside()
    """Segments of the journal that could not be read whole."""


@app.command()
def info(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """Show the URL, the account, the processes and where the data is."""
    settings = resolve({"data_dir": data_dir}, file=config)
    found = gather(settings, read_state(settings))
    if json:
        print_json(found)
    else:
        _print(found)


def gather(settings: Settings, state: State | None) -> Info:
    versions = {"torana": __version__, "python": platform.python_version()}
    kept = aside.look(settings.path("journal"))
    if state is not None:
        return Info(
            url=state.url,
            account_id=state.account_id,
            gateway_id=state.gateway_id,
            data_dir=settings.data_dir,
            versions=state.versions or versions,
            pids=state.pids,
            running=True,
            started_at=state.started_at or None,
            set_aside=kept,
        )
    account_id, gateway_id = _stored_ids(settings)
    return Info(None, account_id, gateway_id, settings.data_dir, versions, None, running=False, set_aside=kept)


def _stored_ids(settings: Settings) -> tuple[str | None, str | None]:
    """Of the first account; looks into the snapshot, so that asking makes no database."""
    try:
        stored = snapshot.read(settings.path("snapshot"))
    except snapshot.SnapshotError:
        return None, None
    account = next(iter(stored.accounts), None)
    if account is None:
        return None, None
    return account.id, next((g.id for g in stored.gateways if g.account_id == account.id), None)


def _print(found: Info) -> None:
    screen = console()
    pids = found.pids
    lines = {
        "status": _status(found),
        "url": found.url or "",
        "account": found.account_id or "(none yet)",
        "gateway": found.gateway_id or "(none yet)",
        "data": found.data_dir,
        "versions": ", ".join(f"{name} {version}" for name, version in found.versions.items()),
        "processes": "" if pids is None else _processes(pids),
        "corrupt": _corrupt(found),
    }
    for name, value in lines.items():
        if value:
            screen.print(Text.assemble((f"{name:<11}", "bold"), value), soft_wrap=True)


def _status(found: Info) -> str:
    if not found.running:
        return "does not run; start it with `torana serve`"
    return f"runs since {local_time(found.started_at)}" if found.started_at else "runs"


def _corrupt(found: Info) -> str:
    """Empty where there is nothing to worry about."""
    kept = found.set_aside
    if not kept.segments:
        return ""
    where = Path(found.data_dir, "journal", "*" + aside.SUFFIX)
    return f"{kept.segments} of the journal's files could not be read whole: {where}, {kept.bytes:,} bytes"


def _processes(pids: Pids) -> str:
    named = [("supervisor", pids.supervisor), ("control", pids.control), *(("worker", pid) for pid in pids.workers)]
    return ", ".join(
        f"{name} {pid}" for name, pid in [*named, ("model", pids.local), ("embedding", pids.embedding)] if pid
    )
