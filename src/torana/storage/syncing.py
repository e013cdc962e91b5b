"""Gets a newer list of models from an OpenRouter-compatible server, and keeps it; or keeps what there was."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.catalog.synced import SyncedError, parse
from torana.storage.cataloguing import MOST_BYTES, SYNCED, CatalogueError, load

if TYPE_CHECKING:
    from pathlib import Path

    from torana.settings import Settings

_PATH = "/models?output_modalities=all"
_TIMEOUT_S = 30.0


class SyncError(Exception):
    """Nothing was changed; the message says why."""


class Found(Struct, frozen=True):
    models: int
    left_out: int
    """Entries that are no models."""


def sync(settings: Settings, base: str) -> Found:
    """`base` is such as `https://openrouter.ai/api/v1`. SyncError, with the former list still in its place."""
    url = base.rstrip("/") + _PATH
    data = _fetch(url)
    try:
        found = parse(data)
    except SyncedError as error:
        raise SyncError(f"`{url}`: {error}") from error
    target = settings.path(SYNCED)
    former = target.read_bytes() if target.exists() else None
    _write(target, data)
    try:
        load(settings)  # the operator's own file may name models that are gone
    except CatalogueError as error:
        _restore(target, former)
        raise SyncError(f"with the list of `{url}` there is no catalogue: {error}") from error
    return Found(len(found.models), found.left_out)


def _restore(target: Path, former: bytes | None) -> None:
    if former is None:
        target.unlink()
    else:
        _write(target, former)


def _write(target: Path, data: bytes) -> None:
    """At once: a server that looks sees the old list or the new one."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        raise SyncError(f"`{target}` cannot be written: {error.strerror}") from error


def _fetch(url: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise SyncError(f"`{url}` cannot be fetched: use http or https")
    asked = urllib.request.Request(url, headers={"accept": "application/json", "user-agent": "torana"})  # noqa: S310  # checked above
    try:
        with urllib.request.urlopen(asked, timeout=_TIMEOUT_S) as answer:  # noqa: S310  # the same
            data: bytes = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        raise SyncError(f"`{url}` answered {error.code} {error.reason}; the models stay as they were") from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise SyncError(f"`{url}` cannot be reached: {reason}; the models stay as they were") from error
    if len(data) > MOST_BYTES:
        raise SyncError(f"`{url}` is larger than a list of models can be; the models stay as they were")
    return data
