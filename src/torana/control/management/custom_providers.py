"""Operations on providers of an account's own (cloudflare.md 12.6)."""

from __future__ import annotations

import base64
import html
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from torana.control.custom_changes import create_provider, delete_provider, update_provider
from torana.control.custom_providers import (
    CustomProvider,
    ProviderFields,
    find_provider,
    list_providers,
    shown_headers,
)
from torana.control.log_filters import Text
from torana.control.management.operation import Asked, Info, One, Operation, Site, of
from torana.control.queries import to_rfc3339

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256)]
Url: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2048)]
Long: TypeAlias = Annotated[str, Meta(max_length=8192)]
Position: TypeAlias = Annotated[int, Meta(ge=-(1 << 31), le=(1 << 31) - 1)]

_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="12" fill="{colour}"/>'
    '<text x="32" y="44" font-family="sans-serif" font-size="36" text-anchor="middle" fill="#fff">{letter}</text></svg>'
)
_COLOURS = ("#a84c14", "#1f6f8b", "#4b6b2f", "#7a3e8e", "#8b2f4b", "#2f4b8b")


class CustomProviderObject(Struct, kw_only=True):
    """Values of headers that hold secrets are shown as `***`."""

    id: str
    account_id: str
    account_tag: str
    name: str
    slug: str
    base_url: str
    description: str | None
    link: str | None
    enable: bool
    beta: bool
    headers: str | None
    curl_example: str | None
    js_example: str | None
    position: int | None
    logo: str
    """An SVG of the first letter, in base64."""
    created_at: str
    modified_at: str


class NewCustomProvider(Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name
    slug: Annotated[str, Meta(min_length=1, max_length=64)]
    base_url: Url
    description: Long | None = None
    link: Url | None = None
    enable: bool = False
    beta: bool = False
    headers: Long | None = None
    """A JSON object of header fields, as text: they go with each request, in place of the caller's."""
    curl_example: Long | None = None
    js_example: Long | None = None
    position: Position | None = None


class CustomProviderChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is. A header's value `***` too."""

    name: Name | UnsetType = UNSET
    slug: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    base_url: Url | UnsetType = UNSET
    description: Long | UnsetType | None = UNSET
    link: Url | UnsetType | None = UNSET
    enable: bool | UnsetType = UNSET
    beta: bool | UnsetType = UNSET
    headers: Long | UnsetType | None = UNSET
    curl_example: Long | UnsetType | None = UNSET
    js_example: Long | UnsetType | None = UNSET
    position: Position | UnsetType | None = UNSET


class CustomProviderQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20
    enable: bool | None = None
    beta: bool | None = None
    search: Text | None = None
    """Part of an id, a name or a slug."""
    order_by: Annotated[
        str, Meta(pattern=r"^(name|slug|position|enable|beta|created_at|modified_at)( (ASC|DESC))?$")
    ] = "position ASC"
    """A field, and `ASC` or `DESC`."""
    order_by_direction: Literal["asc", "desc"] | None = None


class CustomProviderInfo(Info, kw_only=True):
    total_pages: int


class CustomProviderList(Struct, kw_only=True):
    success: bool = True
    errors: list[str] = []
    messages: list[str] = []
    result: list[CustomProviderObject]
    result_info: CustomProviderInfo


def list_(site: Site, asked: Asked) -> CustomProviderList:
    query = of(asked.query, CustomProviderQuery)
    with site.store.database.reader.connect() as connection:
        found = [one for one in list_providers(connection, asked.path["account_id"]) if _fits(one, query)]
    found = _ordered(found, query)
    first = (query.page - 1) * query.per_page
    page = [to_object(one) for one in found[first : first + query.per_page]]
    info = CustomProviderInfo(
        count=len(page),
        page=query.page,
        per_page=query.per_page,
        total_count=len(found),
        total_pages=-(-len(found) // query.per_page),
    )
    return CustomProviderList(result=page, result_info=info)


def create(site: Site, asked: Asked) -> One[CustomProviderObject]:
    wish = msgspec.structs.asdict(of(asked.body, NewCustomProvider))
    return One(result=to_object(create_provider(site.store, asked.path["account_id"], ProviderFields(**wish))))


def get(site: Site, asked: Asked) -> One[CustomProviderObject]:
    with site.store.database.reader.connect() as connection:
        return One(result=to_object(find_provider(connection, asked.path["account_id"], asked.path["provider_id"])))


def update(site: Site, asked: Asked) -> One[CustomProviderObject]:
    wish = msgspec.structs.asdict(of(asked.body, CustomProviderChange))
    changed = {name: value for name, value in wish.items() if value is not UNSET}
    path = asked.path
    return One(result=to_object(update_provider(site.store, path["account_id"], path["provider_id"], changed)))


def delete(site: Site, asked: Asked) -> One[CustomProviderObject]:
    return One(result=to_object(delete_provider(site.store, asked.path["account_id"], asked.path["provider_id"])))


def to_object(one: CustomProvider) -> CustomProviderObject:
    fields = msgspec.structs.asdict(one.fields) | {"headers": shown_headers(one.fields.headers)}
    return CustomProviderObject(
        **fields,
        id=one.id,
        account_id=one.account_id,
        account_tag=one.account_id,
        logo=_logo(one.fields),
        created_at=to_rfc3339(one.created_ms),
        modified_at=to_rfc3339(one.modified_ms),
    )


def _fits(one: CustomProvider, query: CustomProviderQuery) -> bool:
    fields, wanted = one.fields, (query.search or "").lower()
    return (
        query.enable in (None, fields.enable)
        and query.beta in (None, fields.beta)
        and any(wanted in text.lower() for text in (one.id, fields.name, fields.slug))
    )


def _ordered(found: list[CustomProvider], query: CustomProviderQuery) -> list[CustomProvider]:
    """By position unless asked otherwise; those without one, and equal ones, by name."""
    field, _, direction = query.order_by.partition(" ")
    is_falling = (query.order_by_direction or direction.lower()) == "desc"
    by_name = sorted(found, key=lambda one: (one.fields.name.lower(), one.fields.name, one.fields.slug))
    if field == "position":
        placed = [one for one in by_name if one.fields.position is not None]
        placed.sort(key=lambda one: one.fields.position or 0, reverse=is_falling)
        return placed + [one for one in by_name if one.fields.position is None]
    if field == "name":
        return by_name[::-1] if is_falling else by_name
    keys = {"created_at": "created_ms", "modified_at": "modified_ms"}
    if field in keys:
        return sorted(by_name, key=lambda one: int(getattr(one, keys[field])), reverse=is_falling)
    return sorted(by_name, key=lambda one: str(getattr(one.fields, field)), reverse=is_falling)


def _logo(fields: ProviderFields) -> str:
    colour = _COLOURS[sum(fields.slug.encode()) % len(_COLOURS)]
    drawn = _LOGO.format(colour=colour, letter=html.escape(fields.name.strip()[:1].upper()))
    return base64.b64encode(drawn.encode("utf-8", "replace")).decode()


_PROVIDERS = "/accounts/{account_id}/ai-gateway/custom-providers"
_PROVIDER = _PROVIDERS + "/{provider_id}"
OPERATIONS = (
    Operation(
        name="list_custom_providers",
        method="GET",
        path=_PROVIDERS,
        summary="List an account's own providers, by position and name.",
        tag="Custom providers",
        permission="read",
        is_account_wide=True,
        answer=list_,
        query=CustomProviderQuery,
        result=CustomProviderList,
    ),
    Operation(
        name="create_custom_provider",
        method="POST",
        path=_PROVIDERS,
        summary="Make a provider; once it is enabled, it is served as `custom-{slug}` within a second.",
        tag="Custom providers",
        permission="edit",
        is_account_wide=True,
        answer=create,
        body=NewCustomProvider,
        result=One[CustomProviderObject],
        refusals=(409, 413),
    ),
    Operation(
        name="get_custom_provider",
        method="GET",
        path=_PROVIDER,
        summary="Get a provider.",
        tag="Custom providers",
        permission="read",
        is_account_wide=True,
        answer=get,
        result=One[CustomProviderObject],
        refusals=(404,),
    ),
    Operation(
        name="update_custom_provider",
        method="PATCH",
        path=_PROVIDER,
        summary="Change a provider; what is left out stays.",
        tag="Custom providers",
        permission="edit",
        is_account_wide=True,
        answer=update,
        body=CustomProviderChange,
        result=One[CustomProviderObject],
        refusals=(404, 409, 413),
    ),
    Operation(
        name="delete_custom_provider",
        method="DELETE",
        path=_PROVIDER,
        summary="Delete a provider and its cost rules.",
        tag="Custom providers",
        permission="edit",
        is_account_wide=True,
        answer=delete,
        result=One[CustomProviderObject],
        refusals=(404,),
    ),
)
