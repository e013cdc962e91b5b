"""Operations on the keys that a gateway keeps for providers (cloudflare.md 12.5)."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from torana.control import provider_keys
from torana.control.management.operation import Asked, Info, Many, One, Operation, Site, of
from torana.control.operations import find_gateway
from torana.control.provider_keys import USUAL_PERIOD_S, KeyChange, NewKey, ProviderKey
from torana.control.queries import to_rfc3339
from torana.control.refusals import InvalidInput

Secret = Annotated[str, Meta(min_length=1, max_length=16 << 10)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Requests = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]
Seconds = Annotated[int, Meta(ge=1, le=(1 << 53) - 1)]


class ProviderConfig(Struct, kw_only=True):
    """A key without its secret."""

    id: str
    alias: str
    default_config: bool
    gateway_id: str
    provider_slug: str
    secret_id: str
    secret_preview: str
    """The end of a key; of structured ones what names them."""
    rate_limit: int | None = None
    """Requests in `rate_limit_period` seconds with this key; null = no limit."""
    rate_limit_period: int | None = None
    modified_at: str


class NewProviderConfig(Struct, kw_only=True, forbid_unknown_fields=True):
    provider_slug: Annotated[str, Meta(min_length=1, max_length=128)]
    alias: Name
    default_config: bool
    secret: Secret | None = None
    """The key, or JSON: for `aws-bedrock` `{accessKeyId, secretAccessKey, region, sessionToken?}`, for
    `google-vertex-ai` a service account's with `region` beside it."""
    secret_id: str | None = None
    rate_limit: Requests | None = None
    """Requests in `rate_limit_period` seconds with this key, what is over is refused with 429; 0 = no limit."""
    rate_limit_period: Seconds | None = USUAL_PERIOD_S

    def __repr__(self) -> str:
        return f"NewProviderConfig({self.provider_slug!r}, …)"


class SecretUpdate(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays; Cloudflare's has `secret` alone, and needs it."""

    secret: Secret | UnsetType = UNSET
    default_config: bool | UnsetType = UNSET
    """true: the one that was the provider's default is no longer."""
    rate_limit: Requests | UnsetType | None = UNSET
    rate_limit_period: Seconds | UnsetType = UNSET

    def __repr__(self) -> str:
        return "SecretUpdate(…)"


class ConfigQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20


def list_(site: Site, asked: Asked) -> Many[ProviderConfig]:
    query, path = of(asked.query, ConfigQuery), asked.path
    find_gateway(site.store, path["account_id"], path["gateway_id"])
    found = provider_keys.list_keys(site.store, path["account_id"], path["gateway_id"])
    first = (query.page - 1) * query.per_page
    page = [to_object(key) for key in found[first : first + query.per_page]]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def create(site: Site, asked: Asked) -> One[ProviderConfig]:
    wish, path = of(asked.body, NewProviderConfig), asked.path
    if wish.secret is None:
        raise InvalidInput("send the key itself: there is no secrets store beside this one", "body", "secret")
    new = NewKey(
        provider=wish.provider_slug,
        secret=wish.secret,
        alias=wish.alias,
        is_default=wish.default_config,
        rate_limit=wish.rate_limit,
        rate_limit_period=wish.rate_limit_period or USUAL_PERIOD_S,
    )
    return One(result=to_object(provider_keys.create_key(site.store, path["account_id"], path["gateway_id"], new)))


def update(site: Site, asked: Asked) -> One[ProviderConfig]:
    wish, path = of(asked.body, SecretUpdate), asked.path
    change = KeyChange(
        secret=wish.secret,
        is_default=wish.default_config,
        rate_limit=wish.rate_limit,
        rate_limit_period=wish.rate_limit_period,
    )
    key = provider_keys.change_key(
        site.store, path["account_id"], path["gateway_id"], path["provider_config_id"], change
    )
    return One(result=to_object(key))


def delete(site: Site, asked: Asked) -> One[ProviderConfig]:
    path = asked.path
    key = provider_keys.delete_key(site.store, path["account_id"], path["gateway_id"], path["provider_config_id"])
    return One(result=to_object(key))


def to_object(key: ProviderKey) -> ProviderConfig:
    return ProviderConfig(
        id=key.id,
        alias=key.alias,
        default_config=key.is_default,
        gateway_id=key.gateway_id,
        provider_slug=key.provider,
        secret_id=key.id,
        secret_preview=key.preview,
        rate_limit=key.rate_limit,
        rate_limit_period=key.rate_limit_period,
        modified_at=to_rfc3339(key.modified_ms),
    )


_CONFIGS = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs"
_CONFIG = _CONFIGS + "/{provider_config_id}"
_TAG = "Provider keys"
OPERATIONS = (
    Operation(
        name="list_provider_configs",
        method="GET",
        path=_CONFIGS,
        summary="List the keys that a gateway keeps for providers, oldest first, without their secrets.",
        tag=_TAG,
        permission="read",
        answer=list_,
        query=ConfigQuery,
        result=Many[ProviderConfig],
        refusals=(404,),
    ),
    Operation(
        name="create_provider_config",
        method="POST",
        path=_CONFIGS,
        summary="Keep a provider's key; it is used within a second, for callers with a token.",
        tag=_TAG,
        permission="edit",
        answer=create,
        body=NewProviderConfig,
        result=One[ProviderConfig],
        refusals=(404, 409, 413),
    ),
    Operation(
        name="update_provider_config",
        method="PUT",
        path=_CONFIG,
        summary="Put another secret in a key's place, make it the default, or limit it.",
        tag=_TAG,
        permission="edit",
        answer=update,
        body=SecretUpdate,
        result=One[ProviderConfig],
        refusals=(404, 413),
    ),
    Operation(
        name="delete_provider_config",
        method="DELETE",
        path=_CONFIG,
        summary="Forget a provider's key.",
        tag=_TAG,
        permission="edit",
        answer=delete,
        result=One[ProviderConfig],
        refusals=(404,),
    ),
)
