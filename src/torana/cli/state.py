"""Does a server run here, or did one ever, and what did it say of itself?"""

import getpass
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.settings import Settings

if TYPE_CHECKING:
    from torana.control.operations import Store


class NothingHere(Exception):
    """The data directory has no database: nothing was ever served from it, or its first server is still starting."""


class Pids(Struct):
    supervisor: int
    control: int | None = None
    workers: list[int] = []
    local: int | None = None
    embedding: int | None = None


class State(Struct):
    """`run/state.json`, as the supervisor keeps it."""

    url: str
    account_id: str
    gateway_id: str
    pids: Pids
    versions: dict[str, str] = {}
    started_at: str = ""

    @property
    def gateway_url(self) -> str:
        return f"{self.url}/v1/{self.account_id}/{self.gateway_id}"


def read_state(settings: Settings) -> State | None:
    """None where no server runs, one that was killed included."""
    try:
        state = msgspec.json.decode(settings.path("run", "state.json").read_bytes(), type=State)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None
    return state if _is_alive(state.pids.supervisor) else None


@contextmanager
def opened_store(settings: Settings) -> Iterator["Store"]:
    """The store of the data directory, made where there is none; changed in the name of who calls."""
    from torana.control.audit import Actor  # noqa: PLC0415  # heavy
    from torana.control.operations import open_store  # noqa: PLC0415  # the same

    store = open_store(settings)
    user = _user()
    try:
        yield store.acting(Actor("CLI", user, user))
    finally:
        store.close()


def require_database(settings: Settings) -> None:
    """NothingHere where there is none; looking makes none."""
    from torana.control.operations import DATABASE  # noqa: PLC0415  # heavy

    if settings.path(DATABASE).exists():
        return
    where = settings.data_dir
    if read_state(settings) is not None:
        raise NothingHere(f"the server in `{where}` has no database yet; its own output says why if that lasts")
    raise NothingHere(
        f"there is no Torana in `{where}`: start one with `torana serve --data-dir {shlex.quote(where)}`, "
        "or say with `--data-dir` where it is"
    )


def from_facts(facts: Mapping[str, object]) -> State:
    return msgspec.convert(facts, State)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a number without a name, as containers have
        return f"uid {os.getuid()}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
