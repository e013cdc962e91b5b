"""Makes the keys that an account's gateways keep for providers what a file says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.control.custom_providers import HIDDEN
from torana.control.differences import Change, Difference, differences
from torana.control.provider_keys import KeyChange, delete_key, find_key, keep_key, list_keys, reveal_secret
from torana.control.refusals import InvalidInput
from torana.errors import ToranaError

if TYPE_CHECKING:
    from torana.control.config_file import ConfigFile, WantedKey
    from torana.control.operations import Store
    from torana.control.provider_keys import ProviderKey


def apply_keys(store: Store, account_id: str, file: ConfigFile, *, prune: bool) -> list[Change]:
    """Within a change of the caller's. ConfigError, with the line; MasterKeyError."""
    wanted = file.wanted.keys
    if wanted is None:
        return []
    changes: list[Change] = []
    for number, one in enumerate(wanted):
        try:
            changes += _apply(store, account_id, one)
        except ToranaError as error:
            path = error.path[1:] if isinstance(error, InvalidInput) else ()
            raise file.error(error.message, "provider_keys", str(number), *path) from error
    named = {(one.gateway, one.provider, one.alias) for one in wanted}
    for key in list_keys(store, account_id) if prune else ():
        if (key.gateway_id, key.provider, key.alias) not in named:
            delete_key(store, account_id, key.gateway_id, key.id)
            changes.append(Change("delete", "provider_key", _name(key.gateway_id, key.provider, key.alias), []))
    return changes


def _apply(store: Store, account_id: str, new: WantedKey) -> list[Change]:
    scope = (account_id, new.gateway, new.provider, new.alias)
    old = find_key(store, *scope)
    found = differences(_before(old), _after(new))
    # The same secret is no change: sealed anew, it would look like one in the audit log.
    is_same = old is not None and reveal_secret(store, old) == new.secret.strip()
    if not is_same:
        found.append(Difference("secret", None if old is None else HIDDEN, HIDDEN))
    if not found:
        return []
    keep_key(
        store,
        scope,
        KeyChange(
            secret=new.secret,
            is_default=new.is_default,
            rate_limit=new.rate_limit,
            rate_limit_period=new.rate_limit_period,
        ),
    )
    return [Change("create" if old is None else "update", "provider_key", _name(*scope[1:]), found)]


def _before(key: ProviderKey | None) -> dict[str, object]:
    if key is None:
        return {}
    return _shown(key.is_default, key.rate_limit, key.rate_limit_period)


def _after(new: WantedKey) -> dict[str, object]:
    return _shown(new.is_default, new.rate_limit or None, new.rate_limit_period if new.rate_limit else None)


def _shown(is_default: bool, limit: int | None, period: int | None) -> dict[str, object]:  # noqa: FBT001  # a row's columns
    return {"default_config": is_default, "rate_limit": limit, "rate_limit_period": period}


def _name(gateway_id: str, provider: str, alias: str) -> str:
    return f"{gateway_id}: {provider}/{alias}"
