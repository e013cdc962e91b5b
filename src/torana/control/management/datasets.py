"""Operations on datasets: saved filters of a gateway's logs (cloudflare.md 12.3)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from torana.control import datasets as store
from torana.control.datasets import Dataset, DatasetFields, DatasetFilter
from torana.control.log_filters import Text
from torana.control.log_pages import Place
from torana.control.management.operation import Asked, Info, Many, One, Operation, Site, of
from torana.control.operations import find_gateway
from torana.control.queries import to_rfc3339


class DatasetObject(Struct, kw_only=True):
    id: str
    account_id: str
    account_tag: str
    gateway_id: str
    name: str
    enable: bool
    filters: list[DatasetFilter]
    created_at: str
    modified_at: str


class DatasetWish(Struct, kw_only=True, forbid_unknown_fields=True):
    """All of it is required; filters must fit all together, and their values are alternatives."""

    name: Annotated[str, Meta(min_length=1, max_length=256)]
    enable: bool
    filters: Annotated[list[DatasetFilter], Meta(max_length=50)]


class DatasetQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20
    name: Text | None = None
    enable: bool | None = None
    search: Text | None = None
    """Part of an id, a name, or the filters as JSON."""


def place_of(site: Site, asked: Asked) -> Place:
    """NoSuchThing where the gateway is not there."""
    found = find_gateway(site.store, asked.path["account_id"], asked.path["gateway_id"])
    return Place(found.config.account_id, found.config.id)


def list_(site: Site, asked: Asked) -> Many[DatasetObject]:
    query = of(asked.query, DatasetQuery)
    place = place_of(site, asked)
    with site.store.database.reader.connect() as connection:
        found = [one for one in store.list_datasets(connection, place) if _fits(one, query)]
    first = (query.page - 1) * query.per_page
    page = [to_object(one) for one in found[first : first + query.per_page]]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def create(site: Site, asked: Asked) -> One[DatasetObject]:
    return One(result=to_object(store.create_dataset(site.store, place_of(site, asked), _fields(asked))))


def get(site: Site, asked: Asked) -> One[DatasetObject]:
    place = place_of(site, asked)
    with site.store.database.reader.connect() as connection:
        return One(result=to_object(store.find_dataset(connection, place, asked.path["dataset_id"])))


def update(site: Site, asked: Asked) -> One[DatasetObject]:
    place = place_of(site, asked)
    return One(result=to_object(store.update_dataset(site.store, place, asked.path["dataset_id"], _fields(asked))))


def delete(site: Site, asked: Asked) -> One[DatasetObject]:
    return One(result=to_object(store.delete_dataset(site.store, place_of(site, asked), asked.path["dataset_id"])))


def to_object(one: Dataset) -> DatasetObject:
    return DatasetObject(
        id=one.id,
        account_id=one.account_id,
        account_tag=one.account_id,
        gateway_id=one.gateway_id,
        name=one.fields.name,
        enable=one.fields.enable,
        filters=one.fields.filters,
        created_at=to_rfc3339(one.created_ms),
        modified_at=to_rfc3339(one.modified_ms),
    )


def _fields(asked: Asked) -> DatasetFields:
    return DatasetFields(**msgspec.structs.asdict(of(asked.body, DatasetWish)))


def _fits(one: Dataset, query: DatasetQuery) -> bool:
    fields, wanted = one.fields, (query.search or "").lower()
    texts = (one.id, fields.name, msgspec.json.encode(fields.filters).decode())
    return (
        query.name in (None, fields.name)
        and query.enable in (None, fields.enable)
        and any(wanted in text.lower() for text in texts)
    )


_DATASETS = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/datasets"
_DATASET = _DATASETS + "/{dataset_id}"
OPERATIONS = (
    Operation(
        name="list_datasets",
        method="GET",
        path=_DATASETS,
        summary="List datasets, oldest first.",
        tag="Evaluations",
        permission="read",
        answer=list_,
        query=DatasetQuery,
        result=Many[DatasetObject],
        refusals=(404,),
    ),
    Operation(
        name="create_dataset",
        method="POST",
        path=_DATASETS,
        summary="Save a filter of logs.",
        tag="Evaluations",
        permission="edit",
        answer=create,
        body=DatasetWish,
        result=One[DatasetObject],
        refusals=(404, 413),
    ),
    Operation(
        name="get_dataset",
        method="GET",
        path=_DATASET,
        summary="Get a dataset.",
        tag="Evaluations",
        permission="read",
        answer=get,
        result=One[DatasetObject],
        refusals=(404,),
    ),
    Operation(
        name="update_dataset",
        method="PUT",
        path=_DATASET,
        summary="Replace a dataset; evaluations that are there keep what it was.",
        tag="Evaluations",
        permission="edit",
        answer=update,
        body=DatasetWish,
        result=One[DatasetObject],
        refusals=(404, 413),
    ),
    Operation(
        name="delete_dataset",
        method="DELETE",
        path=_DATASET,
        summary="Delete a dataset; the logs and its evaluations stay.",
        tag="Evaluations",
        permission="edit",
        answer=delete,
        result=One[DatasetObject],
        refusals=(404,),
    ),
)
