"""Operations on what models of an account's own providers cost (cloudflare.md 8.3 and 12.6)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from torana.catalog.own import ModelRule, Rule
from torana.catalog.prices import FREE
from torana.control.custom_changes import create_cost, delete_cost, update_cost
from torana.control.custom_providers import CostFields, CustomCost, Rate, TokenPricing, find_cost, list_costs
from torana.control.log_filters import Text
from torana.control.management.operation import Asked, Info, Many, One, Operation, Site, of
from torana.control.queries import to_rfc3339

Model: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256)]


class CustomCostObject(Struct, kw_only=True, omit_defaults=True):
    """A price; what it says nothing of is not there."""

    id: str
    account_provider_id: str
    model: str
    model_rule: Rule
    cost_type: str
    cost_in: float | None = None
    """USD a token, as all rates."""
    cost_out: float | None = None
    enable: bool
    token_pricing: str | None = None
    """A JSON object, as text."""
    weight: int
    """Of the rules that fit a model, the heaviest one holds."""
    changed_by: str
    created_at: str
    modified_at: str


class NewCustomCost(Struct, kw_only=True, forbid_unknown_fields=True):
    account_provider_id: Annotated[str, Meta(min_length=1, max_length=64)]
    model: Model
    model_rule: Rule = "equals"
    cost_type: Literal["tokens"] = "tokens"
    cost_in: Rate | None = None
    cost_out: Rate | None = None
    enable: bool = True
    token_pricing: TokenPricing | None = None


class CustomCostChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; `token_pricing` is replaced whole."""

    model: Model | UnsetType = UNSET
    model_rule: Rule | UnsetType = UNSET
    cost_type: Literal["tokens"] | UnsetType = UNSET
    cost_in: Rate | UnsetType | None = UNSET
    cost_out: Rate | UnsetType | None = UNSET
    enable: bool | UnsetType = UNSET
    token_pricing: TokenPricing | UnsetType | None = UNSET


class CustomCostQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20
    enable: bool | None = None
    account_provider_id: Text | None = None
    model_rule: Rule | None = None
    cost_type: Text | None = None
    search: Text | None = None
    """Part of an id or of a model."""


def list_(site: Site, asked: Asked) -> Many[CustomCostObject]:
    query = of(asked.query, CustomCostQuery)
    with site.store.database.reader.connect() as connection:
        found = [one for one in list_costs(connection, asked.path["account_id"]) if _fits(one, query)]
    first = (query.page - 1) * query.per_page
    page = [to_object(one) for one in found[first : first + query.per_page]]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def create(site: Site, asked: Asked) -> One[CustomCostObject]:
    wish = msgspec.structs.asdict(of(asked.body, NewCustomCost))
    provider_id = wish.pop("account_provider_id")
    return One(result=to_object(create_cost(site.store, asked.path["account_id"], provider_id, CostFields(**wish))))


def get(site: Site, asked: Asked) -> One[CustomCostObject]:
    with site.store.database.reader.connect() as connection:
        return One(result=to_object(find_cost(connection, asked.path["account_id"], asked.path["cost_id"])))


def update(site: Site, asked: Asked) -> One[CustomCostObject]:
    wish = msgspec.structs.asdict(of(asked.body, CustomCostChange))
    changed = {name: value for name, value in wish.items() if value is not UNSET}
    return One(result=to_object(update_cost(site.store, asked.path["account_id"], asked.path["cost_id"], changed)))


def delete(site: Site, asked: Asked) -> One[CustomCostObject]:
    return One(result=to_object(delete_cost(site.store, asked.path["account_id"], asked.path["cost_id"])))


def to_object(one: CustomCost) -> CustomCostObject:
    fields = one.fields
    return CustomCostObject(
        id=one.id,
        account_provider_id=one.provider_id,
        model=fields.model,
        model_rule=fields.model_rule,
        cost_type=fields.cost_type,
        cost_in=fields.cost_in,
        cost_out=fields.cost_out,
        enable=fields.enable,
        token_pricing=None if fields.token_pricing is None else msgspec.json.encode(fields.token_pricing).decode(),
        weight=ModelRule(fields.model_rule, fields.model, FREE).weight,
        changed_by="manual",
        created_at=to_rfc3339(one.created_ms),
        modified_at=to_rfc3339(one.modified_ms),
    )


def _fits(one: CustomCost, query: CustomCostQuery) -> bool:
    fields, wanted = one.fields, (query.search or "").lower()
    return (
        query.enable in (None, fields.enable)
        and query.account_provider_id in (None, one.provider_id)
        and query.model_rule in (None, fields.model_rule)
        and query.cost_type in (None, fields.cost_type)
        and any(wanted in text.lower() for text in (one.id, fields.model))
    )


_COSTS = "/accounts/{account_id}/ai-gateway/custom-providers/costs"
_COST = _COSTS + "/{cost_id}"
OPERATIONS = (
    Operation(
        name="list_custom_costs",
        method="GET",
        path=_COSTS,
        summary="List the prices of models of an account's own providers, oldest first.",
        tag="Custom providers",
        permission="read",
        is_account_wide=True,
        answer=list_,
        query=CustomCostQuery,
        result=Many[CustomCostObject],
    ),
    Operation(
        name="create_custom_cost",
        method="POST",
        path=_COSTS,
        summary="Set what a model costs, or all whose names begin with or contain a text.",
        tag="Custom providers",
        permission="edit",
        is_account_wide=True,
        answer=create,
        body=NewCustomCost,
        result=One[CustomCostObject],
        refusals=(404, 413),
    ),
    Operation(
        name="get_custom_cost",
        method="GET",
        path=_COST,
        summary="Get a price.",
        tag="Custom providers",
        permission="read",
        is_account_wide=True,
        answer=get,
        result=One[CustomCostObject],
        refusals=(404,),
    ),
    Operation(
        name="update_custom_cost",
        method="PATCH",
        path=_COST,
        summary="Change a price, for logs from now on.",
        tag="Custom providers",
        permission="edit",
        is_account_wide=True,
        answer=update,
        body=CustomCostChange,
        result=One[CustomCostObject],
        refusals=(404, 413),
    ),
    Operation(
        name="delete_custom_cost",
        method="DELETE",
        path=_COST,
        summary="Delete a price; logs that it priced keep their costs.",
        tag="Custom providers",
        permission="edit",
        is_account_wide=True,
        answer=delete,
        result=One[CustomCostObject],
        refusals=(404,),
    ),
)
