"""Workspaces as the router's API has them: each is a gateway, whose id is its id and slug.

There are no members. Settings of OpenRouter's that nothing here would act on are refused, not kept.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from torana.control.operations import delete_gateway, list_gateway_records
from torana.control.router.asking import Deleted, Listed, Paged, moment, page
from torana.control.router.guardrail_rows import default_id
from torana.control.router.operation import Asked, Data, Operation, of
from torana.control.router.refusals import BadRequest, NotOffered, NotThere
from torana.control.router.workspace_rows import (
    Sort,
    Traits,
    WorkspaceRecord,
    change_workspace,
    create_workspace,
    find_workspace,
    list_workspaces,
)

if TYPE_CHECKING:
    from torana.control.management.operation import Site

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Model = Annotated[str, Meta(min_length=1, max_length=256)]
_NOT_HERE: dict[str, tuple[object, ...]] = {
    "io_logging_sampling_rate": (1,),
    "io_logging_api_key_ids": (None, []),
    "is_data_discount_logging_enabled": (False,),
    "is_observability_broadcast_enabled": (False,),
    "disabled_server_tools": (None, []),
}
"""Fields, and what they may be set to."""


class WorkspaceFields(Struct, kw_only=True):
    """UNSET = it stays."""

    description: Annotated[str, Meta(max_length=1000)] | UnsetType | None = UNSET
    default_text_model: Model | UnsetType | None = UNSET
    default_image_model: Model | UnsetType | None = UNSET
    default_provider_sort: Sort | UnsetType | None = UNSET
    is_observability_io_logging_enabled: bool | UnsetType = UNSET
    io_logging_sampling_rate: float | UnsetType = UNSET
    io_logging_api_key_ids: list[int] | UnsetType | None = UNSET
    is_data_discount_logging_enabled: bool | UnsetType = UNSET
    is_observability_broadcast_enabled: bool | UnsetType = UNSET
    disabled_server_tools: list[str] | UnsetType | None = UNSET


class NewWorkspace(WorkspaceFields, kw_only=True):
    name: Name
    slug: Annotated[str, Meta(min_length=1, max_length=64)]


class WorkspaceChange(WorkspaceFields, kw_only=True):
    name: Name | UnsetType = UNSET
    slug: str | UnsetType = UNSET


class Members(Struct):
    user_ids: Annotated[list[str], Meta(max_length=1000)]


class Budget(Struct):
    limit_usd: float


def enumerate_(site: Site, asked: Asked) -> Listed:
    return page(list_workspaces(site.store, asked.key.account_id), of(asked.query, Paged), _shown)


def create(site: Site, asked: Asked) -> Data:
    wish = of(asked.body, NewWorkspace)
    traits = _applied(Traits(), wish)
    logs = wish.is_observability_io_logging_enabled is not False
    return Data(_shown(create_workspace(site.store, asked.key.account_id, wish.slug, traits, logs_content=logs)))


def show(site: Site, asked: Asked) -> Data:
    return Data(_shown(_find(site, asked)))


def change(site: Site, asked: Asked) -> Data:
    wish, former = of(asked.body, WorkspaceChange), _find(site, asked)
    id_ = former.gateway.config.id
    if wish.slug not in {UNSET, id_}:
        raise BadRequest("`slug`: a workspace keeps its slug here, as its requests are found by it")
    logs = wish.is_observability_io_logging_enabled
    kept = change_workspace(
        site.store,
        asked.key.account_id,
        id_,
        _applied(former.traits, wish),
        logs_content=None if logs is UNSET else logs,
    )
    return Data(_shown(kept))


def remove(site: Site, asked: Asked) -> Deleted:
    """With its keys, guardrails and presets; its logs stay."""
    id_ = _find(site, asked).gateway.config.id
    if id_ == asked.key.gateway_id:
        raise BadRequest("A workspace cannot be deleted with a key of its own, which would go with it")
    if len(list_gateway_records(site.store, asked.key.account_id)) == 1:
        raise BadRequest("The last workspace of an account cannot be deleted")
    delete_gateway(site.store, asked.key.account_id, id_)
    return Deleted()


def enumerate_nobody(site: Site, asked: Asked) -> Listed:
    if "id" in asked.path:
        _find(site, asked)
    return Listed([], 0)


def add_members(site: Site, asked: Asked) -> dict[str, object]:
    _find(site, asked)
    return {"data": [], "added_count": 0}


def remove_members(site: Site, asked: Asked) -> dict[str, object]:
    _find(site, asked)
    return {"removed_count": 0}


def enumerate_budgets(site: Site, asked: Asked) -> dict[str, object]:
    _find(site, asked)
    return {"data": [], "include_byok_in_budgets": False}


def refuse_budget(site: Site, asked: Asked) -> Data:
    _find(site, asked)
    raise NotOffered(
        "Workspaces have no budgets here: set `limit_usd` of the default guardrail, which each key has for itself"
    )


def show_budget(site: Site, asked: Asked) -> Data:
    _find(site, asked)
    raise NotThere("This workspace has no budget of that interval")


def remove_budget(site: Site, asked: Asked) -> Deleted:
    """Of one that is not there too, as OpenRouter says."""
    _find(site, asked)
    return Deleted()


def _find(site: Site, asked: Asked) -> WorkspaceRecord:
    return find_workspace(site.store, asked.key.account_id, asked.path["id"])


def _applied(former: Traits, wish: WorkspaceFields) -> Traits:
    said = {name: value for name, value in msgspec.structs.asdict(wish).items() if value is not UNSET}
    for name, allowed in _NOT_HERE.items():
        if name in said and said[name] not in allowed:
            raise BadRequest(f"`{name}` cannot be set to that here: nothing would act on it")
    return msgspec.structs.replace(former, **{name: said[name] for name in Traits.__struct_fields__ if name in said})


def _shown(record: WorkspaceRecord) -> dict[str, object]:
    config, traits = record.gateway.config, record.traits
    return {
        "id": config.id,
        "name": traits.name or config.id,
        "slug": config.id,
        "description": traits.description,
        "default_text_model": traits.default_text_model,
        "default_image_model": traits.default_image_model,
        "default_provider_sort": traits.default_provider_sort,
        "default_guardrail_id": default_id(config.account_id, config.id),
        "is_observability_io_logging_enabled": record.gateway.settings.collect_logs,
        "io_logging_sampling_rate": 1,
        "io_logging_api_key_ids": None,
        "is_data_discount_logging_enabled": False,
        "is_observability_broadcast_enabled": False,
        "disabled_server_tools": None,
        "include_byok_in_budgets": False,
        "created_by": None,
        "created_at": moment(config.created_ms),
        "updated_at": moment(record.modified_ms),
    }


_ALL, _ONE = "/workspaces", "/workspaces/{id}"
_MEMBERS, _BUDGETS, _BUDGET = _ONE + "/members", _ONE + "/budgets", _ONE + "/budgets/{interval}"
_row = partial(Operation, access="management")

OPERATIONS = (
    _row(name="list_workspaces", method="GET", path=_ALL, answer=enumerate_, query=Paged),
    _row(name="create_workspace", method="POST", path=_ALL, answer=create, body=NewWorkspace, status=201),
    _row(name="get_workspace", method="GET", path=_ONE, answer=show),
    _row(name="update_workspace", method="PATCH", path=_ONE, answer=change, body=WorkspaceChange),
    _row(name="delete_workspace", method="DELETE", path=_ONE, answer=remove),
    _row(name="list_workspace_members", method="GET", path=_MEMBERS, answer=enumerate_nobody, query=Paged),
    _row(name="add_workspace_members", method="POST", path=_MEMBERS + "/add", answer=add_members, body=Members),
    _row(
        name="remove_workspace_members", method="POST", path=_MEMBERS + "/remove", answer=remove_members, body=Members
    ),
    _row(name="list_workspace_budgets", method="GET", path=_BUDGETS, answer=enumerate_budgets),
    _row(name="get_workspace_budget", method="GET", path=_BUDGET, answer=show_budget),
    _row(name="upsert_workspace_budget", method="PUT", path=_BUDGET, answer=refuse_budget, body=Budget),
    _row(name="delete_workspace_budget", method="DELETE", path=_BUDGET, answer=remove_budget),
    _row(
        name="list_organization_members",
        method="GET",
        path="/organization/members",
        answer=enumerate_nobody,
        query=Paged,
    ),
)
