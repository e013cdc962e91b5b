"""The schema, made from the datasets, with Cloudflare's names for its types."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
)

from torana.control.graphql.datasets import DATASETS
from torana.control.graphql.filters import suffixes
from torana.control.graphql.query import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLResolveInfo

    from torana.control.graphql.datasets import Dataset, Kind

SCALARS: dict[str, GraphQLScalarType] = {
    name: GraphQLScalarType(name, description=description)
    for name, description in {
        "string": "Text.",
        "uint8": "A whole number; 0 or 1 where it stands for no or yes.",
        "uint16": "A whole number.",
        "uint64": "A whole number.",
        "float64": "A number.",
        "Time": "A moment, RFC 3339 in UTC.",
        "Date": "A day, such as 2026-01-31.",
    }.items()
}
"""They take any literal: what a field takes is checked where its filter is compiled."""
DAYS = 86_400


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """Made at the first question: most control planes are never asked one."""
    account = GraphQLObjectType("account", _account_fields())
    accounts = GraphQLInputObjectType(
        "AccountFilter_InputObject",
        {
            "accountTag": GraphQLInputField(SCALARS["string"]),
            "accountTag_in": GraphQLInputField(GraphQLList(GraphQLNonNull(SCALARS["string"]))),
        },
    )
    viewer = GraphQLObjectType(
        "viewer",
        {
            "accounts": GraphQLField(
                GraphQLNonNull(GraphQLList(GraphQLNonNull(account))),
                {"filter": GraphQLArgument(accounts), "limit": GraphQLArgument(GraphQLInt)},
                resolve=_accounts,
            ),
            "budget": GraphQLField(GraphQLNonNull(SCALARS["uint64"]), resolve=lambda *_: 0),
        },
    )
    query = GraphQLObjectType(
        "Query",
        {
            "viewer": GraphQLField(viewer, resolve=lambda *_: {}),
            "cost": GraphQLField(GraphQLNonNull(SCALARS["uint64"]), resolve=lambda *_: 0),
        },
    )
    # Declared by clients for variables, though no field has it.
    return GraphQLSchema(query, types=list(SCALARS.values()))


def type_name(dataset: Dataset) -> str:
    return "Account" + dataset.name[:1].upper() + dataset.name[1:]


def _accounts(_root: object, info: GraphQLResolveInfo[Any], **arguments: Any) -> object:
    return info.context.accounts(arguments.get("filter") or {})


def _account_fields() -> dict[str, GraphQLField]:
    limits = GraphQLObjectType("DatasetSettings", _setting_fields())
    of_datasets = GraphQLObjectType(
        "AccountSettings",
        {one.name: GraphQLField(limits, resolve=_settings_of(one)) for one in DATASETS},
    )
    fields = {"accountTag": GraphQLField(GraphQLNonNull(SCALARS["string"]))}
    fields |= {one.name: _dataset_field(one) for one in DATASETS}
    return fields | {"settings": GraphQLField(of_datasets, resolve=lambda *_: {})}


def _setting_fields() -> dict[str, GraphQLField]:
    numbers = ("maxDuration", "maxNumberOfFields", "maxPageSize", "notOlderThan")
    return {
        "enabled": GraphQLField(GraphQLNonNull(SCALARS["uint8"])),
        "availableFields": GraphQLField(GraphQLList(GraphQLNonNull(SCALARS["string"]))),
        **{name: GraphQLField(GraphQLNonNull(SCALARS["uint64"])) for name in numbers},
    }


def _settings_of(dataset: Dataset) -> Callable[..., object]:
    names = [f"dimensions.{name}" for name in dataset.dimensions]
    names += [f"sum.{name}" for name in dataset.sums] + [f"max.{name}" for name in dataset.maxima]
    known = {
        "enabled": 1,
        "availableFields": [*(["count"] if dataset.has_count else []), *names],
        "maxDuration": 800 * DAYS,
        "maxNumberOfFields": 100,
        "maxPageSize": MOST_ROWS,
        "notOlderThan": 800 * DAYS,
    }
    return lambda *_: known


def _dataset_field(dataset: Dataset) -> GraphQLField:
    name, kinds = type_name(dataset), dataset.dimensions
    groups: dict[str, GraphQLField] = {}
    for part, figures in (("dimensions", kinds), ("sum", dataset.sums), ("max", dataset.maxima)):
        if figures:
            groups[part] = GraphQLField(_object(name + part[:1].upper() + part[1:], figures))
    if dataset.has_count:
        groups["count"] = GraphQLField(GraphQLNonNull(SCALARS["uint64"]))
        groups["avg"] = GraphQLField(_object(name + "Avg", {"sampleInterval": "float64"}))
    orders = [*kinds, *(f"sum_{one}" for one in dataset.sums), *(f"max_{one}" for one in dataset.maxima)]
    orders += ["count"] if dataset.has_count else []
    order = GraphQLEnumType(
        name + "OrderBy", {f"{one}_{way}": f"{one}_{way}" for one in orders for way in ("ASC", "DESC")}
    )
    return GraphQLField(
        GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLObjectType(name, groups)))),
        {
            "filter": GraphQLArgument(_filter(name + "Filter_InputObject", kinds)),
            "limit": GraphQLArgument(SCALARS["uint64"]),
            "orderBy": GraphQLArgument(GraphQLList(order)),
        },
        resolve=lambda account, info, **arguments: info.context.read(dataset, account, info, arguments),
        description=dataset.description,
    )


def _object(name: str, kinds: dict[str, Kind]) -> GraphQLObjectType:
    return GraphQLObjectType(name, {one: GraphQLField(GraphQLNonNull(SCALARS[kind])) for one, kind in kinds.items()})


def _filter(name: str, kinds: dict[str, Kind]) -> GraphQLInputObjectType:
    def fields() -> dict[str, GraphQLInputField]:
        found: dict[str, GraphQLInputField] = {}
        for one, kind in kinds.items():
            for suffix in suffixes(kind):
                scalar = SCALARS[kind]
                many = GraphQLList(GraphQLNonNull(scalar))
                found[one + suffix] = GraphQLInputField(many if suffix in {"_in", "_notin"} else scalar)
        both = GraphQLList(GraphQLNonNull(itself))
        return found | {"AND": GraphQLInputField(both), "OR": GraphQLInputField(both)}

    itself = GraphQLInputObjectType(name, fields)
    return itself
