"""Operations on gateways, and the URL to call one at."""

from __future__ import annotations

import urllib.parse
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from torana.control.custom_providers import list_providers
from torana.control.gateway_settings import GatewaySettings, NotNegative
from torana.control.log_filters import Text
from torana.control.management.operation import Asked, Info, Many, One, Operation, Site, of
from torana.control.operations import (
    GatewayRecord,
    create_gateway,
    delete_gateway,
    find_gateway,
    list_gateway_records,
    update_gateway,
)
from torana.control.queries import to_rfc3339
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.providers import PROVIDERS
from torana.providers.custom import PREFIX

_DEFAULT = "default"


class GatewayObject(GatewaySettings, kw_only=True):
    """A gateway with everything that can be set; what was never set is at its default."""

    id: str
    account_id: str
    account_tag: str
    created_at: str
    modified_at: str
    is_default: bool


class NewGateway(GatewaySettings, kw_only=True, forbid_unknown_fields=True):
    """The settings that Cloudflare requires are required here too."""

    id: str
    cache_invalidate_on_update: bool
    cache_ttl: NotNegative | None
    collect_logs: bool
    rate_limiting_interval: NotNegative | None
    rate_limiting_limit: NotNegative | None


class GatewayUpdate(GatewaySettings, kw_only=True, forbid_unknown_fields=True):
    """Replaces all settings: what is left out goes back to its default.

    Read-only fields may be there, as whoever sends back what it got has them; they change nothing.
    """

    cache_invalidate_on_update: bool
    cache_ttl: NotNegative | None
    collect_logs: bool
    rate_limiting_interval: NotNegative | None
    rate_limiting_limit: NotNegative | None
    id: str | UnsetType = UNSET
    account_id: str | UnsetType = UNSET
    account_tag: str | UnsetType = UNSET
    internal_id: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    modified_at: str | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


class GatewayQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20
    search: Text | None = None
    """Part of an id."""


def list_(site: Site, asked: Asked) -> Many[GatewayObject]:
    query = of(asked.query, GatewayQuery)
    found = [
        record
        for record in list_gateway_records(site.store, asked.path["account_id"])
        if asked.token.reaches(record.config.id) and (query.search or "").lower() in record.config.id
    ]
    first = (query.page - 1) * query.per_page
    page = [to_object(record) for record in found[first : first + query.per_page]]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def create(site: Site, asked: Asked) -> One[GatewayObject]:
    wish = of(asked.body, NewGateway)
    if not asked.token.reaches(wish.id):
        raise InvalidInput(f"this token is for other gateways than `{wish.id}`", "body", "id")
    account_id = asked.path["account_id"]
    create_gateway(site.store, account_id, wish.id, to_settings(wish))
    return One(result=to_object(find_gateway(site.store, account_id, wish.id)))


def get(site: Site, asked: Asked) -> One[GatewayObject]:
    return One(result=to_object(find_gateway(site.store, asked.path["account_id"], asked.path["gateway_id"])))


def update(site: Site, asked: Asked) -> One[GatewayObject]:
    wish = of(asked.body, GatewayUpdate)
    gateway_id = asked.path["gateway_id"]
    if wish.id is not UNSET and wish.id != gateway_id:
        raise InvalidInput("a gateway keeps its id: make another one", "body", "id")
    return One(result=to_object(update_gateway(site.store, asked.path["account_id"], gateway_id, to_settings(wish))))


def delete(site: Site, asked: Asked) -> One[GatewayObject]:
    return One(result=to_object(delete_gateway(site.store, asked.path["account_id"], asked.path["gateway_id"])))


def get_url(site: Site, asked: Asked) -> One[str]:
    """Where a client of this provider is to be pointed."""
    path = asked.path
    config = find_gateway(site.store, path["account_id"], path["gateway_id"]).config
    if path["provider"] not in PROVIDERS and path["provider"] not in _custom(site, path["account_id"]):
        raise NoSuchThing(f"there is no provider `{path['provider']}`")
    provider = urllib.parse.quote(path["provider"], safe="")
    return One(result=f"{site.url}/v1/{config.account_id}/{config.id}/{provider}")


def _custom(site: Site, account_id: str) -> set[str]:
    with site.store.database.reader.connect() as connection:
        return {PREFIX + one.fields.slug for one in list_providers(connection, account_id) if one.fields.enable}


def to_settings(wish: GatewaySettings) -> GatewaySettings:
    return GatewaySettings(**{name: getattr(wish, name) for name in GatewaySettings.__struct_fields__})


def to_object(record: GatewayRecord) -> GatewayObject:
    config = record.config
    return GatewayObject(
        **{name: getattr(record.settings, name) for name in GatewaySettings.__struct_fields__},
        id=config.id,
        account_id=config.account_id,
        account_tag=config.account_id,
        created_at=to_rfc3339(config.created_ms),
        modified_at=to_rfc3339(config.modified_ms),
        is_default=config.id == _DEFAULT,
    )


_GATEWAYS = "/accounts/{account_id}/ai-gateway/gateways"
_GATEWAY = _GATEWAYS + "/{gateway_id}"
OPERATIONS = (
    Operation(
        name="list_gateways",
        method="GET",
        path=_GATEWAYS,
        summary="List gateways, oldest first.",
        tag="Gateways",
        permission="read",
        answer=list_,
        query=GatewayQuery,
        result=Many[GatewayObject],
    ),
    Operation(
        name="create_gateway",
        method="POST",
        path=_GATEWAYS,
        summary="Make a gateway; it is served within a second.",
        tag="Gateways",
        permission="edit",
        answer=create,
        body=NewGateway,
        result=One[GatewayObject],
        refusals=(409, 413),
    ),
    Operation(
        name="get_gateway",
        method="GET",
        path=_GATEWAY,
        summary="Get a gateway.",
        tag="Gateways",
        permission="read",
        answer=get,
        result=One[GatewayObject],
        refusals=(404,),
    ),
    Operation(
        name="update_gateway",
        method="PUT",
        path=_GATEWAY,
        summary="Replace a gateway's settings.",
        tag="Gateways",
        permission="edit",
        answer=update,
        body=GatewayUpdate,
        result=One[GatewayObject],
        refusals=(404, 413),
    ),
    Operation(
        name="delete_gateway",
        method="DELETE",
        path=_GATEWAY,
        summary="Delete a gateway; its logs stay in the store.",
        tag="Gateways",
        permission="edit",
        answer=delete,
        result=One[GatewayObject],
        refusals=(404,),
    ),
    Operation(
        name="get_gateway_url",
        method="GET",
        path=_GATEWAY + "/url/{provider}",
        summary="Get the base URL of a provider behind a gateway.",
        tag="Gateways",
        permission="read",
        answer=get_url,
        result=One[str],
        refusals=(404,),
    ),
)
