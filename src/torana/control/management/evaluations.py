"""Operations on evaluations of datasets (cloudflare.md 8.7 and 12.4)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from torana.control import evaluations as store
from torana.control.evaluations import KINDS, Evaluation, Result, Wish
from torana.control.log_filters import Text
from torana.control.management.datasets import DatasetObject, place_of
from torana.control.management.datasets import to_object as dataset_object
from torana.control.management.operation import Asked, Info, Many, One, Operation, Site, of
from torana.control.queries import to_rfc3339

Ids: TypeAlias = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(min_length=1, max_length=20)]

_SINCE = "2026-01-01T00:00:00.000Z"
"""The types are part of the program: they have always been there."""


class EvaluationType(Struct, kw_only=True):
    id: str
    name: str
    type: str
    description: str
    enable: bool
    mandatory: bool
    created_at: str
    modified_at: str


class EvaluationResult(Struct, kw_only=True):
    """`status` is 0 while it waits, 1 when it is done, 2 where there was nothing to make a result of."""

    id: str
    evaluation_id: str
    evaluation_type_id: str
    result: str
    """A number, as text: USD, milliseconds, or per cent; empty where there is none."""
    status: int
    status_description: str
    total_logs: int
    created_at: str
    modified_at: str


class EvaluationObject(Struct, kw_only=True):
    id: str
    account_id: str
    account_tag: str
    gateway_id: str
    name: str
    processed: bool
    total_logs: int
    datasets: list[DatasetObject]
    """As they were when it was made."""
    results: list[EvaluationResult]
    created_at: str
    modified_at: str


class NewEvaluation(Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=256)]
    dataset_ids: Ids
    evaluation_type_ids: Ids


class EvaluationTypeQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=5, le=50)] = 20
    order_by: Literal["mandatory", "id", "name", "type", "description", "enable", "created_at", "modified_at"] = (
        "mandatory"
    )
    order_by_direction: Literal["asc", "desc"] = "asc"


class EvaluationQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20
    name: Text | None = None
    processed: bool | None = None
    search: Text | None = None
    """Part of an id or a name."""


def list_types(site: Site, asked: Asked) -> Many[EvaluationType]:  # noqa: ARG001  # an operation's shape
    query = of(asked.query, EvaluationTypeQuery)
    found = [
        EvaluationType(
            id=kind.id,
            name=kind.name,
            type=kind.id,
            description=kind.description,
            enable=True,
            mandatory=False,
            created_at=_SINCE,
            modified_at=_SINCE,
        )
        for kind in KINDS
    ]
    found.sort(key=lambda one: str(getattr(one, query.order_by)), reverse=query.order_by_direction == "desc")
    first = (query.page - 1) * query.per_page
    page = found[first : first + query.per_page]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def list_(site: Site, asked: Asked) -> Many[EvaluationObject]:
    query = of(asked.query, EvaluationQuery)
    place = place_of(site, asked)
    with site.store.database.reader.connect() as connection:
        found = [one for one in store.list_evaluations(connection, place) if _fits(one, query)]
    first = (query.page - 1) * query.per_page
    page = [to_object(one) for one in found[first : first + query.per_page]]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def create(site: Site, asked: Asked) -> One[EvaluationObject]:
    wish = Wish(**msgspec.structs.asdict(of(asked.body, NewEvaluation)))
    return One(result=to_object(store.create_evaluation(site.store, place_of(site, asked), wish)))


def get(site: Site, asked: Asked) -> One[EvaluationObject]:
    place = place_of(site, asked)
    with site.store.database.reader.connect() as connection:
        return One(result=to_object(store.find_evaluation(connection, place, asked.path["evaluation_id"])))


def delete(site: Site, asked: Asked) -> One[EvaluationObject]:
    place = place_of(site, asked)
    return One(result=to_object(store.delete_evaluation(site.store, place, asked.path["evaluation_id"])))


def to_object(one: Evaluation) -> EvaluationObject:
    return EvaluationObject(
        id=one.id,
        account_id=one.account_id,
        account_tag=one.account_id,
        gateway_id=one.gateway_id,
        name=one.name,
        processed=one.processed,
        total_logs=one.total_logs,
        datasets=[dataset_object(dataset) for dataset in one.datasets],
        results=[_result(result) for result in one.results],
        created_at=to_rfc3339(one.created_ms),
        modified_at=to_rfc3339(one.modified_ms),
    )


def _result(one: Result) -> EvaluationResult:
    return EvaluationResult(
        id=one.id,
        evaluation_id=one.evaluation_id,
        evaluation_type_id=one.evaluation_type_id,
        result=one.result,
        status=int(one.status),
        status_description=one.status_description,
        total_logs=one.total_logs,
        created_at=to_rfc3339(one.created_ms),
        modified_at=to_rfc3339(one.modified_ms),
    )


def _fits(one: Evaluation, query: EvaluationQuery) -> bool:
    wanted = (query.search or "").lower()
    return (
        query.name in (None, one.name)
        and query.processed in (None, one.processed)
        and any(wanted in text.lower() for text in (one.id, one.name))
    )


_AI_GATEWAY = "/accounts/{account_id}/ai-gateway"
_EVALUATIONS = _AI_GATEWAY + "/gateways/{gateway_id}/evaluations"
_EVALUATION = _EVALUATIONS + "/{evaluation_id}"
OPERATIONS = (
    Operation(
        name="list_evaluation_types",
        method="GET",
        path=_AI_GATEWAY + "/evaluation-types",
        summary="List what can be evaluated.",
        tag="Evaluations",
        permission="read",
        answer=list_types,
        query=EvaluationTypeQuery,
        result=Many[EvaluationType],
    ),
    Operation(
        name="list_evaluations",
        method="GET",
        path=_EVALUATIONS,
        summary="List evaluations, newest first.",
        tag="Evaluations",
        permission="read",
        answer=list_,
        query=EvaluationQuery,
        result=Many[EvaluationObject],
        refusals=(404,),
    ),
    Operation(
        name="create_evaluation",
        method="POST",
        path=_EVALUATIONS,
        summary="Evaluate the logs of datasets, in the background.",
        tag="Evaluations",
        permission="edit",
        answer=create,
        body=NewEvaluation,
        result=One[EvaluationObject],
        refusals=(404, 413),
    ),
    Operation(
        name="get_evaluation",
        method="GET",
        path=_EVALUATION,
        summary="Get an evaluation with its results.",
        tag="Evaluations",
        permission="read",
        answer=get,
        result=One[EvaluationObject],
        refusals=(404,),
    ),
    Operation(
        name="delete_evaluation",
        method="DELETE",
        path=_EVALUATION,
        summary="Delete an evaluation.",
        tag="Evaluations",
        permission="edit",
        answer=delete,
        result=One[EvaluationObject],
        refusals=(404,),
    ),
)
