"""What limits may say."""

from __future__ import annotations

import msgspec
import pytest

from torana.control.gateway_settings import GatewaySettings
from torana.limits import RateRule, SpendLimits

COST = {"limit": 1, "limitType": "cost", "window": 60}


@pytest.mark.parametrize("by", ["gateway", "token", "provider", "model", "metadata.team", "metadata.a.b"])
def test_a_rate_limit_goes_by_one_thing(by: str) -> None:
    assert msgspec.convert({"limit": 1, "interval": 60, "by": by}, RateRule).by == by


@pytest.mark.parametrize(
    "given",
    [
        {"limit": 0, "interval": 60},
        {"limit": 1, "interval": 0},
        {"limit": 1},
        {"limit": 1, "interval": 60, "by": "metadata"},
        {"limit": 1, "interval": 60, "by": "metadata."},
        {"limit": 1, "interval": 60, "by": "models"},
        {"limit": 1, "interval": 60, "technique": "leaky"},
        {"limit": 1, "interval": 60, "other": 1},
    ],
)
def test_what_is_no_rate_limit_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, RateRule)


def test_there_are_at_most_20_of_them() -> None:
    rules = [{"limit": 1, "interval": 60}] * 21
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"rate_limits": rules}, GatewaySettings)
    assert len(msgspec.convert({"rate_limits": rules[:20]}, GatewaySettings).rate_limits) == 20


@pytest.mark.parametrize(
    "scope",
    [
        {"model": {"mode": "partition"}},
        {"provider": {"mode": "filter", "values": ["openai"]}},
        {"metadata": {"team": {"mode": "partition"}, "plan": {"mode": "filter", "values": ["free"]}}},
    ],
)
def test_a_spend_limit_filters_and_splits(scope: dict[str, object]) -> None:
    taken = msgspec.convert({"enabled": True, "rules": [COST | scope]}, SpendLimits)
    assert msgspec.to_builtins(taken)["rules"] == [COST | scope]


@pytest.mark.parametrize(
    "rules",
    [
        [COST | {"limit": 0}],
        [COST | {"limitType": "tokens"}],
        [COST | {"model": {"mode": "filter"}}],
        [COST | {"model": {"mode": "partition", "values": []}}],
        [COST | {"id": "a"}, COST | {"id": "a"}],
        [COST] * 21,
    ],
)
def test_what_is_no_spend_limit_is_refused(rules: list[dict[str, object]]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"enabled": True, "rules": rules}, SpendLimits)
