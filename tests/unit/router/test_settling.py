"""What a request held is given back, whatever goes wrong on the way."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from torana.routed import Routed, decode
from torana.router.settling import Settling
from torana.routing.market.health import Health
from torana.routing.market.sticky import Sticky

if TYPE_CHECKING:
    from torana.exchange import Exchange
    from torana.purse import Purse
    from torana.router.asking import Asking


class Settled:
    """A purse that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, int, int]] = []

    def settle(self, held: object, cost_nano: int, byok_nano: int = 0) -> None:
        self.told.append((held, cost_nano, byok_nano))


def test_a_bug_on_the_way_keeps_neither_the_money_nor_the_record() -> None:
    purse, log = Settled(), SimpleNamespace(attempts=[1], usage=None, routed=b"", cancelled=False)
    cost = SimpleNamespace(charged_nano=7, upstream_nano=7, is_byok=False)
    ending = SimpleNamespace(cost=cost, usage=None)  # of which nothing more can be told
    asking = SimpleNamespace(
        entry=SimpleNamespace(is_count=False),
        ending=ending,
        endpoint=SimpleNamespace(model="m"),
        kept=None,
        held="held",
        routed=Routed("gen-1"),
        plan=SimpleNamespace(models=[]),
    )
    settling = Settling(cast("Purse", purse), Health(), Sticky())
    with pytest.raises(AttributeError):
        settling.settle(cast("Exchange", SimpleNamespace(log=log)), cast("Asking", asking))
    assert purse.told == [("held", 7, 0)]
    assert asking.held is None
    assert decode(log.routed).id == "gen-1"
