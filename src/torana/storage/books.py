"""What limits are kept with: counters and prices, each opened when a limit first asks for it."""

from __future__ import annotations

import asyncio
import logging
from functools import cached_property
from typing import TYPE_CHECKING

from torana.storage.counters import Uncounted

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.catalog.prices import Prices
    from torana.storage.counters import Counters

log = logging.getLogger("torana.limits")


class Books:
    """A process without limits opens neither."""

    def __init__(self, open_counters: Callable[[], Counters], load_prices: Callable[[], Prices]) -> None:
        """`load_prices` may take a while: it is called in a thread."""
        self._open_counters = open_counters
        self._load_prices = load_prices
        self._loading: asyncio.Task[Prices] | None = None
        self.prices: Prices | None = None
        """None = nobody has asked for them yet: see `load`."""

    @cached_property
    def counters(self) -> Counters:
        """Uncounted where they cannot be opened; then they are tried again."""
        try:
            return self._open_counters()
        except OSError as error:
            log.error("limits cannot be kept: `%s`: %s", error.filename, error.strerror)  # noqa: TRY400  # no bug
            raise Uncounted("the counters cannot be opened") from error

    def look(self) -> None:
        """Now and then."""
        if "counters" in self.__dict__:
            self.counters.look()

    def close(self) -> None:
        if "counters" in self.__dict__:
            self.counters.close()

    async def load(self) -> Prices:
        """Whatever the loading raises, each that waits for it is told."""
        if self.prices is None:
            if self._loading is None:
                self._loading = asyncio.create_task(asyncio.to_thread(self._load_prices))
            loading = self._loading
            try:
                self.prices = await asyncio.shield(loading)
            finally:
                if loading.done():
                    self._loading = None
        return self.prices
