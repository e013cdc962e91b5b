"""Who asks the router, and on whose account?

A caller shows a key of the router's, an API token of ours with permission to run, or in its place a provider's own
key, known by its shape: then models are asked of that provider, with that key. More of them may come in
`X-Provider-API-Keys`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.errors import Unauthorized
from torana.exchange import Gateway
from torana.keys import Caller, RouterKey
from torana.surfaces.callers import PREFIX
from torana.surfaces.tokens import INLINE, OPENROUTER, inline_keys, provider_of, token_in

if TYPE_CHECKING:
    from torana.directory import Directory
    from torana.message import Headers

DEFAULT_GATEWAY = b"default"
GATEWAY = b"cf-aig-gateway-id"
_TOKEN = b"cf-aig-authorization"
_NOTHING = "No auth credentials found"
_UNKNOWN = "User not found."
"""OpenRouter's own words, as clients know them."""


class Access(Struct, frozen=True):
    """Who asks, and what they may use."""

    gateway: Gateway
    """The workspace: whose stored keys are used, and where logs go."""
    key: RouterKey | None = None
    caller: Caller | None = None
    """For whom stored keys are opened; None = for nobody: only keys that came along are used."""
    own_keys: dict[str, str] = {}
    """Keys at providers that came with the request, by the provider's segment in URLs."""
    secrets: tuple[bytes, ...] = ()
    is_own_only: bool = False
    """Nothing else is used: no stored keys, and no local models."""


def identify(headers: Headers, directory: Directory, slugs: dict[str, str], now_ms: int) -> Access:
    """`slugs` are the providers' segments by OpenRouter's names for them. Unauthorized, CallerError."""
    gateway_id, admission = DEFAULT_GATEWAY, b""
    for name, value in headers:
        if name == GATEWAY:
            gateway_id = value
        elif name == _TOKEN:
            admission = value.rpartition(b" ")[2]
    token, inline = token_in(headers), _inline(headers, slugs)
    secrets = _secrets(token, inline)
    if not token:
        raise Unauthorized(_NOTHING)
    caller: Caller | None
    if token.encode("latin-1").startswith(PREFIX):
        gateway, caller = _by_token(token.encode("latin-1"), gateway_id, directory, now_ms)
        return Access(gateway, caller=caller, own_keys=inline, secrets=secrets)
    key = directory.router_key(token.encode("latin-1"))
    if key is not None:
        return Access(*_by_key(key, directory, now_ms), own_keys=inline, secrets=secrets)
    provider = provider_of(token)
    if provider in ("", OPENROUTER):  # OpenRouter's own tokens are on their way to it: see `front`
        raise Unauthorized(_UNKNOWN)
    gateway, caller = _by_stranger(admission, gateway_id, directory, now_ms)
    return Access(gateway, caller=caller, own_keys={provider: token, **inline}, secrets=secrets)


def own_of(headers: Headers, gateway: Gateway, caller: Caller | None, slugs: dict[str, str]) -> Access:
    """Of who asks OpenRouter through a gateway with keys of the providers that make models. CallerError."""
    token, inline = token_in(headers), _inline(headers, slugs)
    provider = provider_of(token)
    own_keys = inline if provider in ("", OPENROUTER) else {provider: token, **inline}
    return Access(gateway, caller=caller, own_keys=own_keys, secrets=_secrets(token, inline), is_own_only=True)


def _inline(headers: Headers, slugs: dict[str, str]) -> dict[str, str]:
    found = next((value for name, value in headers if name == INLINE), b"{}")
    return {slugs.get(slug, slug): key for slug, key in inline_keys(found).items()}


def _secrets(token: str, inline: dict[str, str]) -> tuple[bytes, ...]:
    return tuple(text.encode("latin-1", "replace") for text in (token, *inline.values()) if text)


def _by_key(key: RouterKey, directory: Directory, now_ms: int) -> tuple[Gateway, RouterKey, Caller]:
    if key.disabled:
        raise Unauthorized("This API key is disabled. Enable it, or use another one")
    if key.expires_ms is not None and key.expires_ms <= now_ms:
        raise Unauthorized("This API key has expired")
    if key.is_management:
        raise Unauthorized("This is a management key, which has no inference; `torana keys create` makes one that has")
    gateway = directory.gateway(key.account_id.encode(), key.gateway_id.encode())
    if gateway is None:
        raise Unauthorized(f"The gateway `{key.gateway_id}` that this API key is for is gone")
    caller = Caller(key.hash[:32], key.account_id, key.name, frozenset({"run"}), frozenset({key.gateway_id}))
    return gateway, key, caller


def _by_token(text: bytes, gateway_id: bytes, directory: Directory, now_ms: int) -> tuple[Gateway, Caller]:
    caller = directory.caller(text)
    if caller is None:
        raise Unauthorized(_UNKNOWN)
    if caller.expires_ms is not None and caller.expires_ms <= now_ms:
        raise Unauthorized("This token has expired")
    gateway = directory.gateway(caller.account_id.encode(), gateway_id)
    may = caller.gateways is None or gateway_id.decode("latin-1") in caller.gateways
    if gateway is None or not may or "run" not in caller.permissions:
        raise Unauthorized("This token may not run inference in that gateway")
    return gateway, caller


def _by_stranger(
    admission: bytes, gateway_id: bytes, directory: Directory, now_ms: int
) -> tuple[Gateway, Caller | None]:
    """Who brings a provider's key needs no key of ours, where the gateway is open to everybody."""
    if admission.startswith(PREFIX):
        return _by_token(admission, gateway_id, directory, now_ms)
    gateway = directory.gateway(directory.first_account, gateway_id)
    if gateway is None:
        raise Unauthorized(_UNKNOWN)
    if gateway.authentication:
        raise Unauthorized("This gateway asks for a token of its own beside a provider's key: `cf-aig-authorization`")
    return gateway, None
