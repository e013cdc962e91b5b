"""Where limits stand, as read beside the workers."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torana.control.limits import MOST_VALUES, limits_of
from torana.policies.rate_limit import rate_limits
from torana.policies.spend_limit import spend_limits
from torana.snapshot import GatewayConfig
from torana.storage.mapped_counters import COUNTERS, MappedCounters

DAY = 86_400
GIVEN = {
    "account_id": "0" * 32,
    "id": "default",
    "rate_limiting_limit": 5,
    "rate_limiting_interval": DAY,
    "rate_limits": [{"limit": 2, "interval": DAY, "technique": "sliding", "by": "model"}],
    "spend_limits": {
        "enabled": True,
        "rules": [{"id": "m", "limit": 1.5, "limitType": "cost", "window": DAY, "model": {"mode": "partition"}}],
    },
}
CONFIG = msgspec.convert(GIVEN, GatewayConfig)


def test_without_limits_or_counts_nothing_is_used_and_nothing_made(tmp_path: Path) -> None:
    assert limits_of(tmp_path, GatewayConfig("0" * 32, "default")) == []
    states = limits_of(tmp_path, CONFIG)
    assert [(each.kind, each.id, each.by, each.limit, each.remaining) for each in states] == [
        ("rate", "gateway", [], 5, 5),
        ("rate", "model", ["model"], 2, 2),
        ("spend", "m", ["model"], 1.5, 1.5),
    ]
    assert [(each.used, each.held, each.eases_at, each.values) for each in states] == [(0, 0, None, [])] * 3
    assert list(tmp_path.iterdir()) == []


async def test_each_limit_shows_its_fullest_values(tmp_path: Path) -> None:
    whole, by_model = (each.rule for each in rate_limits(CONFIG))
    [spend] = spend_limits(CONFIG)
    with MappedCounters(tmp_path / COUNTERS, 0) as counters:
        counters.take([whole.counter()], 3)
        counters.take([by_model.counter("a")], 1)
        counters.take([by_model.counter("b")], 2)
        counters.hold([spend.rule.counter("a")], 250_000_000)
        counters.settle([spend.rule.counter("a")], 0, 500_000_000)
        for n in range(MOST_VALUES + 5):
            counters.take([spend.rule.counter(f"m{n}")], 1)
        first, second, third = limits_of(tmp_path, CONFIG)
    assert (first.used, first.held, first.remaining, first.window, first.technique) == (3, 0, 2, DAY, "fixed")
    assert first.eases_at is not None
    assert first.eases_at.endswith("T00:00:00.000Z")
    assert [(each.value, each.used, each.remaining) for each in second.values] == [("b", 2, 0), ("a", 1, 1)]
    assert (third.used, third.held, third.remaining) == (0.5, 0.25, 0.75)
    assert third.values[0].value == "a"
    assert (len(third.values), third.value_count) == (MOST_VALUES, MOST_VALUES + 6)
