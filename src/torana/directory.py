"""The snapshot, ready for use: what a request finds by look-up alone."""

from __future__ import annotations

import hashlib
import logging
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from torana.errors import KeyUnreadable
from torana.keys import Caller, RouterKey, StoredKey
from torana.policies import compile_gateway
from torana.policies.base import Ports
from torana.providers import Provider, custom
from torana.sealing import Vault, byok_context_of, context_of, headers_context_of
from torana.snapshot import GatewayConfig, KeysConfig, RouterConfig, TokenConfig, encode, index

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.exchange import Gateway
    from torana.policies.base import Ports
    from torana.providers.provider import Placed
    from torana.sealing import MasterKeys
    from torana.snapshot import CustomProviderConfig, Indexed, Snapshot

log = logging.getLogger("torana.directory")

_decode_headers = msgspec.json.Decoder(dict[str, str]).decode
_decode_gateway = msgspec.json.Decoder(GatewayConfig).decode
_decode_keys = msgspec.json.Decoder(KeysConfig).decode
_decode_token = msgspec.json.Decoder(TokenConfig).decode
_decode_router_key = msgspec.json.Decoder(RouterKey).decode
_decode_router = msgspec.json.Decoder(RouterConfig).decode


class Directory:
    """Swapped whole when the snapshot changes; an exchange under way keeps the gateway it began with.

    Of thousands of gateways and tokens few are asked for: each is made ready when it first is.
    """

    def __init__(self, found: Indexed, ports: Ports, masters: MasterKeys | None = None) -> None:
        self.version = found.head.version
        self.accounts = frozenset(account.id.encode() for account in found.head.accounts)
        self.first_account = found.head.accounts[0].id.encode() if found.head.accounts else b""
        """Where those are served who name none."""
        self._found = found
        self._ports = ports
        self._vault = Vault(masters, found.head.data_keys)
        self.providers = _custom(found.head, self._vault)
        """By account: those of its own, by slug. Accounts without any are not there."""
        self.ready: dict[bytes, Gateway] = {}
        """Gateways that were asked for, by account and id with a slash between."""
        self._callers: dict[bytes, Caller] = {}
        self._router_keys: dict[bytes, RouterKey] = {}
        self._routers: dict[str, RouterConfig] = {}
        self._credits = {account.id: account.credits_nano for account in found.head.accounts}

    def gateway(self, account_id: bytes, gateway_id: bytes) -> Gateway | None:
        """None where it is not there."""
        key = account_id + b"/" + gateway_id
        gateway = self.ready.get(key)
        if gateway is None and (text := self._found.gateways.get(key)) is not None:
            try:
                config = _decode_gateway(text)
                stored = self._stored(config)
            except msgspec.DecodeError:
                log.exception("the snapshot's line for gateway `%s` cannot be used", key.decode("latin-1"))
                return None
            gateway = self.ready[key] = compile_gateway(config, self._ports, stored)
        return gateway

    def _stored(self, config: GatewayConfig) -> dict[str, tuple[StoredKey, ...]]:
        text = self._found.keys.get(config.key.encode())
        found: dict[str, tuple[StoredKey, ...]] = {}
        for one in _decode_keys(text).keys if text is not None else ():
            context = context_of(config.account_id, config.id, one.provider, one.alias)
            key = StoredKey(
                one.alias, one.is_default, partial(self._vault.reveal, one.data_key_id, one.sealed, context)
            )
            found[one.provider] = (*found.get(one.provider, ()), key)
        return found

    def stray(self, account_id: bytes, gateway_id: bytes) -> Gateway:
        """A gateway that is not there, in an account that is: its refusals are logged."""
        config = GatewayConfig(
            account_id=account_id.decode("latin-1"),
            id=gateway_id.decode("latin-1")[:64],
            collect_logs=True,
            created_ms=0,
            modified_ms=0,
        )
        return compile_gateway(config, self._ports)

    def caller(self, text: bytes) -> Caller | None:
        """Whose token this is, expired ones too; None for any other text.

        It is found by its digest, so the time that takes tells nothing of the tokens that there are.
        """
        digest = hashlib.sha256(text).hexdigest().encode()
        caller = self._callers.get(digest)
        if caller is None and (line := self._found.tokens.get(digest)) is not None:
            try:
                config = _decode_token(line)
            except msgspec.DecodeError:
                log.exception("the snapshot's line for a token cannot be used")
                return None
            caller = self._callers[digest] = _caller(config)
        return caller

    def router_key(self, text: bytes) -> RouterKey | None:
        """The router's key with this text, disabled and expired ones too; None for any other text."""
        digest = hashlib.sha256(text).hexdigest().encode()
        found = self._router_keys.get(digest)
        if found is None and (line := self._found.router_keys.get(digest)) is not None:
            try:
                config = _decode_router_key(line)
            except msgspec.DecodeError:
                log.exception("the snapshot's line for a key of the router cannot be used")
                return None
            found = replace(config, credits_nano=self._credits.get(config.account_id))
            self._router_keys[digest] = found
        return found

    def router(self, gateway_key: str) -> RouterConfig:
        """What was configured for the router in a workspace; `gateway_key` is `{account_id}/{gateway_id}`."""
        found = self._routers.get(gateway_key)
        if found is None:
            found, line = RouterConfig(gateway_key), self._found.routers.get(gateway_key.encode())
            if line is not None:
                try:
                    found = _decode_router(line)
                except msgspec.DecodeError:
                    log.exception("the snapshot's line for the router of `%s` cannot be used", gateway_key)
            self._routers[gateway_key] = found
        return found

    def reveal_byok(self, config: RouterConfig, id_: str) -> str:
        """A caller's own key at a provider; KeyUnreadable where it cannot be opened."""
        one = next(each for each in config.byok if each.id == id_)
        return self._vault.reveal(one.data_key_id, one.sealed, byok_context_of(config.key.partition("/")[0], id_))


def compile_directory(snapshot: Snapshot, ports: Ports, masters: MasterKeys | None = None) -> Directory:
    return Directory(index(encode(snapshot)), ports, masters)


def _caller(config: TokenConfig) -> Caller:
    return Caller(
        id=config.id,
        account_id=config.account_id,
        name=config.name,
        permissions=frozenset(config.permissions),
        gateways=None if config.gateways is None else frozenset(config.gateways),
        expires_ms=config.expires_ms,
    )


def _custom(snapshot: Snapshot, vault: Vault) -> dict[str, dict[bytes, Provider]]:
    found: dict[str, dict[bytes, Provider]] = {}
    for one in snapshot.custom_providers:
        try:
            provider = custom(one.slug, one.base_url, [*one.headers, *_opened(one, vault)], one.prices)
        except KeyUnreadable as error:
            log.error("custom provider `%s` cannot be used: %s", one.slug, error.message)  # noqa: TRY400  # the operator's
            # Without its secrets a request must not go there at all.
            provider = replace(custom(one.slug, one.base_url), place=_unplaceable)
        found.setdefault(one.account_id, {})[provider.slug.encode()] = provider
    return found


def _opened(one: CustomProviderConfig, vault: Vault) -> Iterable[tuple[str, str]]:
    """KeyUnreadable."""
    if not one.sealed_headers:
        return ()
    context = headers_context_of(one.account_id, one.id)
    return _decode_headers(vault.reveal(one.data_key_id, one.sealed_headers, context)).items()


def _unplaceable(provider: Provider, path: bytes) -> Placed:  # noqa: ARG001  # the shape of `Provider.place`
    raise KeyUnreadable(f"the headers of `{provider.slug}` cannot be opened; the server's log says why")
