"""What a running server tells about itself, in data_dir/run/state.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from torana.settings import Settings


class Pids(Struct):
    """None = not running at this moment."""

    supervisor: int
    control: int | None = None
    workers: list[int] = []
    local: int | None = None
    embedding: int | None = None


class Versions(Struct):
    torana: str
    python: str


class State(Struct):
    url: str
    account_id: str
    """Empty until the control plane has been ready once."""
    gateway_id: str
    data_dir: str
    pids: Pids
    versions: Versions
    started_at: str
    """RFC 3339, UTC."""


def state_path(settings: Settings) -> Path:
    return settings.path("run", "state.json")


def write_state(settings: Settings, state: State) -> None:
    path = state_path(settings)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)) + b"\n")
    fresh.replace(path)


def remove_state(settings: Settings) -> None:
    state_path(settings).unlink(missing_ok=True)
