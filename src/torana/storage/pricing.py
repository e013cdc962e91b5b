"""Reads the price tables from where they lie, and refreshes them."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from torana.catalog.prices import Prices, PricesError, Table, parse, parse_override

if TYPE_CHECKING:
    from torana.settings import Settings

REFRESHED = "prices.json"
_MOST_BYTES = 32 << 20
_TIMEOUT_S = 30.0


def load(settings: Settings) -> Prices:
    """The refreshed table, else the built-in one, under the operator's own; PricesError where one cannot be used."""
    refreshed = settings.path(REFRESHED)
    builtin = _read(refreshed) if refreshed.exists() else builtin_table()
    return load_from(builtin, Path(settings.prices).expanduser() if settings.prices else None)


def load_from(builtin: Table | None, override: Path | None = None) -> Prices:
    if override is None:
        return Prices(builtin)
    data = _bytes(override)
    try:
        # The version names the file's content: what a row cost can be traced to it.
        return Prices(builtin, parse_override(data, "own-" + hashlib.sha256(data).hexdigest()[:8]))
    except PricesError as error:
        raise PricesError(f"`{override}`: {error}") from error


def builtin_table() -> Table:
    return parse(files("torana.catalog").joinpath("prices.json").read_bytes())


def refresh(source: str, target: Path) -> Table:
    """Replaces the table at `target` by the one at a URL or path; PricesError, and nothing changed, where it is bad."""
    data = _fetch(source) if "://" in source else _bytes(Path(source).expanduser())
    try:
        table = parse(data)
    except PricesError as error:
        raise PricesError(f"`{source}`: {error}") from error
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        raise PricesError(f"`{target}` cannot be written: {error.strerror}") from error
    return table


def _read(path: Path) -> Table:
    try:
        return parse(_bytes(path))
    except PricesError as error:
        raise PricesError(f"`{path}`: {error}; refresh it again, or delete it to use the built-in table") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PricesError(f"`{path}` cannot be read: {error.strerror}") from error


def _fetch(url: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise PricesError(f"`{url}` cannot be fetched: use http or https, or a path")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310  # the scheme was checked above
            data: bytes = answer.read(_MOST_BYTES + 1)
    except OSError as error:
        raise PricesError(f"`{url}` cannot be fetched: {error}") from error
    if len(data) > _MOST_BYTES:
        raise PricesError(f"`{url}` is larger than a price table can be")
    return data
