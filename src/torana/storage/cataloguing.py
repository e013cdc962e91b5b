"""Reads the catalogue from where its parts lie, and keeps it new."""

from __future__ import annotations

import asyncio
import logging
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from torana.catalog import own_models, synced
from torana.catalog.building import BuildError, build
from torana.catalog.curated import read_builtin
from torana.catalog.own_models import Own, OwnModelsError
from torana.catalog.prices import Prices, PricesError
from torana.catalog.synced import Synced, SyncedError
from torana.storage import pricing

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.catalog.market import Catalogue
    from torana.settings import Settings

SYNCED = "models.json"
"""What `torana models sync` keeps in the data folder."""
MOST_BYTES = 32 << 20

log = logging.getLogger("torana.models")


class CatalogueError(Exception):
    """A part of the catalogue cannot be used; the message names the file."""


def load(settings: Settings) -> Catalogue:
    """Reads and builds all of it: tens of milliseconds, not for an event loop. CatalogueError."""
    try:
        prices = pricing.load(settings)
    except PricesError as error:
        raise CatalogueError(str(error)) from error
    own = _own(settings)
    try:
        return build(read_builtin(), prices, _synced(settings.path(SYNCED)), own)
    except BuildError as error:
        raise CatalogueError(f"`{settings.models}`: {error}") from error


def _own(settings: Settings) -> Own:
    if not settings.models:
        return own_models.NOTHING
    path = Path(settings.models).expanduser()
    try:
        return own_models.parse(_bytes(path), path.suffix.lower())
    except OwnModelsError as error:
        raise CatalogueError(f"`{path}`: {error}") from error


def _synced(path: Path) -> Synced:
    if not path.exists():
        return synced.NOTHING
    try:
        return synced.parse(_bytes(path))
    except SyncedError as error:
        raise CatalogueError(f"`{path}`: {error}; sync it again, or delete it") from error


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CatalogueError(f"`{path}` is larger than a list of models can be")
        return path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"`{path}` cannot be read: {error.strerror}") from error


class Files:
    """What a catalogue is read from, and whether that changed."""

    def __init__(self, settings: Settings) -> None:
        own = [Path(each).expanduser() for each in (settings.models, settings.prices) if each]
        self._paths = [settings.path(SYNCED), settings.path(pricing.REFRESHED), *own]

    def mark(self) -> tuple[object, ...]:
        """Another one once a file is there, gone or replaced."""
        return tuple(_stat(path) for path in self._paths)


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


class Stock:
    """The catalogue for threads: read when it is first asked for, and again when one of its files changes."""

    def __init__(self, settings: Settings | None = None) -> None:
        """None = what comes with the package alone."""
        self.overridden = frozenset(settings.providers if settings is not None else ())
        """Providers whose address the operator gave."""
        self._settings = settings
        self._files = Files(settings) if settings is not None else None
        self._mark: tuple[object, ...] = ()
        self._found: Catalogue | None = None
        self._reading = threading.Lock()

    def catalogue(self) -> Catalogue:
        """What cannot be used is logged, and the former catalogue stays; CatalogueError where there is none."""
        with self._reading:
            mark = self._files.mark() if self._files is not None else ()
            if self._found is not None and mark == self._mark:
                return self._found
            try:
                self._found = load(self._settings) if self._settings is not None else _packaged()
            except CatalogueError as error:
                if self._found is None:
                    raise
                log.error("the former models stay: %s", error)  # noqa: TRY400  # the operator's, not a bug
            self._mark = mark
            return self._found


def _packaged() -> Catalogue:
    return build(read_builtin(), Prices(pricing.builtin_table()))


class Shop:
    """The catalogue as a process has it: read when it is first asked for, and again when one of its files changes."""

    def __init__(self, settings: Settings, read: Callable[[], Catalogue] | None = None) -> None:
        """`read` is called in a thread; None = `load`."""
        self.catalogue: Catalogue | None = None
        """None = nobody has asked for it yet: see `load`."""
        self.error = ""
        """Why the last change was not taken over; empty = it was."""
        self._read = read or partial(load, settings)
        self._files = Files(settings)
        self._marks: tuple[object, ...] = ()
        self._loading: asyncio.Task[Catalogue] | None = None

    async def load(self) -> Catalogue:
        """CatalogueError, to each that waits for it; the next call tries again."""
        if self.catalogue is None:
            loading = self._loading or self._begin()
            try:
                self.catalogue = await asyncio.shield(loading)
            finally:
                if loading.done() and self._loading is loading:
                    self._loading = None
        return self.catalogue

    def _begin(self) -> asyncio.Task[Catalogue]:
        self._marks = self._files.mark()  # before it is read: what changes meanwhile is read again
        self._loading = asyncio.create_task(asyncio.to_thread(self._read))
        return self._loading

    async def look(self) -> None:
        """Now and then. What cannot be used is logged, and the former catalogue stays."""
        if self.catalogue is None or self._loading is not None or self._files.mark() == self._marks:
            return
        loading = self._begin()
        try:
            self.catalogue, self.error = await loading, ""
            log.info("models were read anew: there are %d", len(self.catalogue.models))
        except CatalogueError as error:
            self.error = str(error)
            log.error("the former models stay: %s", error)  # noqa: TRY400  # the operator's, not a bug
        finally:
            self._loading = None
