"""Which settings of a gateway does Torana act on? The others cannot be switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.control.refusals import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.control.gateway_settings import Dlp, GatewaySettings, Guardrails, SpendLimits

ENFORCED = frozenset({"authentication", "byok_only", "collect_logs", "placeholder_keys"})
"""A policy that comes to `policies/` adds its fields here, and nothing else in this file changes."""

INERT = frozenset({"cache_invalidate_on_update", "rate_limiting_technique", "store_id"})
"""They say how a cache or a limit works, and have no value that means off: with those off, any is honoured.

So is the name of a secrets store, as there is but one.
"""

OFF: dict[str, tuple[object, ...]] = {
    "cache_ttl": (None, 0),
    "rate_limiting_interval": (None, 0),
    "rate_limiting_limit": (None, 0),
    "log_management": (None,),
    "log_management_strategy": (None,),
    "logpush": (False,),
    "logpush_public_key": (None,),
    "retry_max_attempts": (None,),
    "retry_delay": (None,),
    "retry_backoff": (None,),
    "workers_ai_billing_mode": ("postpaid",),
    "zdr": (False,),
    "otel": (None, []),
    "stripe": (None,),
    "log_classification": (False,),
}
"""The values with which a field does nothing."""


def _no_dlp(dlp: Dlp | None) -> bool:
    return dlp is None or not dlp.enabled


def _no_guardrails(guardrails: Guardrails | None) -> bool:
    return guardrails is None or guardrails.are_empty


def _no_spend_limits(limits: SpendLimits | None) -> bool:
    return limits is None or not limits.enabled


SWITCHES: dict[str, Callable[..., bool]] = {
    "dlp": _no_dlp,
    "guardrails": _no_guardrails,
    "spend_limits": _no_spend_limits,
}
"""Whether a field with a switch of its own is off; what else it says is kept, as it does nothing."""


def check_enforced(settings: GatewaySettings) -> None:
    """InvalidInput for the first field that is on and that nothing would act on."""
    for name in settings.__struct_fields__:
        if name not in ENFORCED and is_on(name, getattr(settings, name)):
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
