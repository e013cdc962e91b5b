"""Which settings of a gateway does Torana act on? The others cannot be switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.control.logpush.lines import read_key
from torana.control.otel.targets import problem_of
from torana.control.refusals import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.control.gateway_settings import Dlp, GatewaySettings, Guardrails

ENFORCED = frozenset(
    {
        "authentication",
        "byok_only",
        "placeholder_keys",
        "collect_logs",
        "cache_ttl",
        "cache_streams",
        "cache_single_flight",
        "retry_max_attempts",
        "retry_delay",
        "retry_backoff",
        "rate_limiting_interval",
        "rate_limiting_limit",
        "rate_limiting_technique",
        "rate_limits",
        "spend_limits",
        "semantic_cache",
    }
)
"""A policy that comes to `policies/` adds its fields here, and nothing else in this file changes."""

BEHIND = frozenset(
    {
        "otel",
        "cache_invalidate_on_update",
        "log_management",
        "log_management_strategy",
        "logpush",
        "logpush_public_key",
        "store_id",
    }
)
"""The control plane acts on these, beside requests or once they are over; workers are not told.

`store_id` names a secrets store, of which there is but one: any name is right.
"""

OFF: dict[str, tuple[object, ...]] = {
    "workers_ai_billing_mode": ("postpaid",),
    "zdr": (False,),
    "stripe": (None,),
    "log_classification": (False,),
}
"""The values with which a field does nothing."""


def _no_dlp(dlp: Dlp | None) -> bool:
    return dlp is None or not dlp.enabled


def _no_guardrails(guardrails: Guardrails | None) -> bool:
    return guardrails is None or guardrails.are_empty


SWITCHES: dict[str, Callable[..., bool]] = {
    "dlp": _no_dlp,
    "guardrails": _no_guardrails,
}
"""Whether a field with a switch of its own is off; what else it says is kept, as it does nothing."""


def check_enforced(settings: GatewaySettings) -> None:
    """InvalidInput for the first field that is on and that nothing would act on, or could."""
    if settings.logpush_public_key is not None:
        try:
            read_key(settings.logpush_public_key)
        except ValueError as error:
            raise InvalidInput(str(error), "body", "logpush_public_key") from error
    for number, one in enumerate(settings.otel or []):
        field, words = problem_of(one)
        if field:
            raise InvalidInput(words, "body", "otel", str(number), field)
    for name in settings.__struct_fields__:
        if name not in ENFORCED | BEHIND and is_on(name, getattr(settings, name)):
            raise InvalidInput(
                f"`{name}` cannot be switched on: Torana does not enforce it yet; {_off(name)}",
                "body",
                name,
            )


def is_on(name: str, value: object) -> bool:
    if name in OFF:
        return value not in OFF[name]
    return name in SWITCHES and not SWITCHES[name](value)


def _off(name: str) -> str:
    if name in SWITCHES:
        return "leave it out, or send null"
    return "leave it out, or send " + " or ".join(msgspec.json.encode(value).decode() for value in OFF[name])
