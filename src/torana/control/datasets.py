"""Saved filters of a gateway's logs (cloudflare.md 12.3): which logs, not their copies."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import Meta, Struct

from torana.control.audit import Resource, audit
from torana.control.log_filters import LogFilter, Text, conditions
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.storage.tables import datasets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from torana.control.log_filters import Condition
    from torana.control.log_pages import Place
    from torana.control.operations import Store

DatasetKey: TypeAlias = Literal[
    "created_at",
    "request_content_type",
    "response_content_type",
    "success",
    "cached",
    "provider",
    "model",
    "cost",
    "tokens",
    "tokens_in",
    "tokens_out",
    "duration",
    "feedback",
]


class DatasetFilter(Struct, frozen=True, forbid_unknown_fields=True):
    """`value` holds alternatives; all filters of a dataset must fit."""

    key: DatasetKey
    operator: Literal["eq", "contains", "lt", "gt"]
    value: Annotated[list[Text | int | float | bool], Meta(min_length=1, max_length=100)]


class DatasetFields(Struct, kw_only=True):
    """What can be set."""

    name: str
    enable: bool
    filters: list[DatasetFilter]


class Dataset(Struct, frozen=True):
    id: str
    account_id: str
    gateway_id: str
    fields: DatasetFields
    created_ms: int
    modified_ms: int


def wanted(filters: Sequence[DatasetFilter]) -> list[Condition]:
    """InvalidInput, with the filter's number, for what cannot be asked of its key."""
    try:
        return conditions([LogFilter(one.key, one.operator, [*one.value]) for one in filters])
    except InvalidInput as error:
        raise InvalidInput(error.message, "body", *error.path[1:]) from error


def create_dataset(store: Store, place: Place, fields: DatasetFields) -> Dataset:
    """InvalidInput where it may not be; the gateway is there."""
    _check(fields)
    now = store.now_ms()
    made = Dataset(str(uuid.uuid4()), place.account_id, place.gateway_id, fields, now, now)
    with store.database.writer.begin() as connection:
        row = _row(fields) | {"id": made.id, "account_id": made.account_id, "gateway_id": made.gateway_id}
        connection.execute(sa.insert(datasets).values(row | {"created_ms": now, "modified_ms": now}))
        audit(connection, store, "create", _resource(made), new=fields)
    return made


def update_dataset(store: Store, place: Place, dataset_id: str, fields: DatasetFields) -> Dataset:
    """Replaces all that can be set. NoSuchThing or InvalidInput where that may not be."""
    _check(fields)
    with store.database.writer.begin() as connection:
        found = find_dataset(connection, place, dataset_id)
        now = max(store.now_ms(), found.modified_ms)
        row = _row(fields) | {"modified_ms": now}
        connection.execute(sa.update(datasets).where(datasets.c.id == found.id).values(row))
        audit(connection, store, "update", _resource(found), found.fields, fields)
    return msgspec.structs.replace(found, fields=fields, modified_ms=now)


def delete_dataset(store: Store, place: Place, dataset_id: str) -> Dataset:
    """As it was; evaluations of it stay. NoSuchThing where it is not there."""
    with store.database.writer.begin() as connection:
        found = find_dataset(connection, place, dataset_id)
        connection.execute(sa.delete(datasets).where(datasets.c.id == found.id))
        audit(connection, store, "delete", _resource(found), old=found.fields)
    return found


def list_datasets(connection: Connection, place: Place) -> list[Dataset]:
    """Oldest first."""
    query = sa.select(datasets).where(*_in(place)).order_by(datasets.c.created_ms, datasets.c.id)
    return [_dataset(row) for row in connection.execute(query)]


def find_dataset(connection: Connection, place: Place, dataset_id: str) -> Dataset:
    """NoSuchThing where it is not there."""
    row = connection.execute(sa.select(datasets).where(*_in(place), datasets.c.id == dataset_id)).one_or_none()
    if row is None:
        raise NoSuchThing(f"there is no dataset `{dataset_id}` in this gateway")
    return _dataset(row)


def _check(fields: DatasetFields) -> None:
    if not fields.name.strip():
        raise InvalidInput("a dataset needs a name", "body", "name")
    wanted(fields.filters)


def _in(place: Place) -> tuple[Condition, Condition]:
    return datasets.c.account_id == place.account_id, datasets.c.gateway_id == place.gateway_id


def _resource(one: Dataset) -> Resource:
    return Resource(one.account_id, "ai_gateway.dataset", one.id)


def _row(fields: DatasetFields) -> dict[str, object]:
    text = msgspec.json.encode(fields.filters).decode()
    return {"name": fields.name, "enable": fields.enable, "filters": text}


def _dataset(row: Row[tuple[object, ...]]) -> Dataset:
    filters = msgspec.json.decode(row.filters, type=list[DatasetFilter])
    fields = DatasetFields(name=row.name, enable=row.enable, filters=filters)
    return Dataset(row.id, row.account_id, row.gateway_id, fields, row.created_ms, row.modified_ms)
