"""What is not enforced cannot be switched on; every setting is in one of the tables."""

from __future__ import annotations

import msgspec
import pytest

from torana.control.enforced import BEHIND, ENFORCED, OFF, SWITCHES, check_enforced
from torana.control.gateway_settings import GatewaySettings
from torana.control.refusals import InvalidInput
from torana.snapshot import GatewayConfig

ON: dict[str, object] = {
    "authentication": True,
    "byok_only": True,
    "workers_ai_billing_mode": "unified",
    "zdr": True,
    "store_id": "s",
    "stripe": {"authorization": "a", "usage_events": []},
    "log_classification": True,
    "dlp": {"enabled": True, "policies": []},
    "guardrails": {"prompt": {"P1": "FLAG"}, "response": {}},
}
STILL_OFF: list[dict[str, object]] = [
    {},
    {
        "cache_ttl": None,
        "cache_streams": True,
        "rate_limiting_interval": None,
        "rate_limiting_limit": None,
        "rate_limiting_technique": None,
    },
    {"cache_invalidate_on_update": True, "rate_limiting_technique": "sliding", "collect_logs": False},
    {"log_management": 10_000, "log_management_strategy": "DELETE_OLDEST"},
    {"otel": []},
    {"guardrails": {"prompt": {}, "response": {}}},
    {"dlp": {"enabled": False, "action": "BLOCK", "profiles": ["p"]}},
    {"spend_limits": {"enabled": False, "rules": [{"limit": 1, "limitType": "cost", "window": 60}]}},
]


def settings(given: dict[str, object]) -> GatewaySettings:
    return msgspec.convert(given, GatewaySettings)


def test_every_setting_is_enforced_or_off() -> None:
    tables: list[set[str]] = [set(ENFORCED), set(BEHIND), set(OFF), set(SWITCHES)]
    assert set().union(*tables) == set(GatewaySettings.__struct_fields__)
    assert sum(map(len, tables)) == len(GatewaySettings.__struct_fields__)


def test_what_is_enforced_reaches_the_workers() -> None:
    assert set(GatewayConfig.__struct_fields__) >= ENFORCED


def test_the_defaults_are_off() -> None:
    check_enforced(GatewaySettings())


@pytest.mark.parametrize("name", [*OFF, *SWITCHES])
def test_what_is_not_enforced_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"`{name}` cannot be switched on") as refused:
        check_enforced(settings({name: ON[name]}))
    assert refused.value.path == ("body", name)


@pytest.mark.parametrize("given", STILL_OFF)
def test_what_does_nothing_is_taken_and_given_back_as_it_came(given: dict[str, object]) -> None:
    taken = settings(given)
    check_enforced(taken)
    shown = msgspec.to_builtins(taken)
    for name, value in given.items():
        assert shown[name] == value


@pytest.mark.parametrize(
    "given",
    [
        {"cache_ttl": -1},
        {"cache_ttl": "60"},
        {"cache_ttl": 1.5},
        {"rate_limiting_technique": "other"},
        {"log_management": 9_999},
        {"logpush_public_key": "short"},
        {"retry_max_attempts": 6},
        {"retry_delay": 60_001},
        {"dlp": {"enabled": False}},
        {"dlp": {"enabled": False, "action": "BLOCK", "profiles": [], "policies": []}},
        {"guardrails": {"prompt": {"S14": "BLOCK"}, "response": {}}},
        {"spend_limits": {"rules": [{"limit": 0, "limitType": "cost", "window": 60}]}},
        {"spend_limits": {"rules": [{"limit": 1, "limitType": "cost", "window": 60}] * 21}},
        {"otel": [{"url": "https://a"}]},
    ],
)
def test_what_is_out_of_its_documented_bounds_is_no_setting(given: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        settings(given)
