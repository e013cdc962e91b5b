"""What is known of the logs of some datasets: evaluations, kept with their results (cloudflare.md 8.7, 12.4).

An evaluation is a snapshot: of the datasets' filters as they are then, and of the logs that began before it.
"""

from __future__ import annotations

import uuid
from enum import IntEnum
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Resource, audit
from torana.control.datasets import Dataset, list_datasets
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.storage.tables import evaluation_results, evaluations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from torana.control.log_filters import Condition
    from torana.control.log_pages import Place
    from torana.control.operations import Store


class Status(IntEnum):
    WAITING = 0
    DONE = 1
    FAILED = 2
    """There is nothing to make a result of, or it could not be made."""


class Kind(Struct, frozen=True):
    """A type of evaluation."""

    id: str
    name: str
    description: str


KINDS = (
    Kind("cost", "Cost", "The average cost of a request in USD, of those whose cost is known."),
    Kind("speed", "Speed", "The average duration of a request in milliseconds."),
    Kind("human_feedback", "Human feedback", "How many of the requests that were rated got a thumbs up, in per cent."),
)


class Result(Struct, frozen=True):
    id: str
    evaluation_id: str
    evaluation_type_id: str
    result: str
    status: Status
    status_description: str
    total_logs: int
    created_ms: int
    modified_ms: int


class Evaluation(Struct, frozen=True):
    id: str
    account_id: str
    gateway_id: str
    name: str
    datasets: list[Dataset]
    processed: bool
    total_logs: int
    created_ms: int
    modified_ms: int
    results: list[Result]


class Wish(Struct, frozen=True):
    """A new evaluation."""

    name: str
    dataset_ids: list[str]
    evaluation_type_ids: list[str]


def create_evaluation(store: Store, place: Place, wish: Wish) -> Evaluation:
    """To be processed by `evaluating`. InvalidInput where it may not be; the gateway is there."""
    kinds = list(dict.fromkeys(wish.evaluation_type_ids))
    if not wish.name.strip():
        raise InvalidInput("an evaluation needs a name", "body", "name")
    for kind in kinds:
        if kind not in {known.id for known in KINDS}:
            raise InvalidInput(f"there is no evaluation type `{kind}`", "body", "evaluation_type_ids")
    now = store.now_ms()
    with store.database.writer.begin() as connection:
        chosen = _chosen(connection, place, list(dict.fromkeys(wish.dataset_ids)))
        made = Evaluation(
            id=str(uuid.uuid4()),
            account_id=place.account_id,
            gateway_id=place.gateway_id,
            name=wish.name,
            datasets=chosen,
            processed=False,
            total_logs=0,
            created_ms=now,
            modified_ms=now,
            results=[],
        )
        row = {name: getattr(made, name) for name in evaluations.columns.keys()}  # noqa: SIM118  # a column's name
        connection.execute(
            sa.insert(evaluations).values(row | {"datasets": msgspec.json.encode(made.datasets).decode()})
        )
        results = [
            Result(str(uuid.uuid4()), made.id, kind, "", Status.WAITING, "waiting to be processed", 0, now, now)
            for kind in kinds
        ]
        connection.execute(sa.insert(evaluation_results), [msgspec.structs.asdict(one) for one in results])
        audit(connection, store, "create", _resource(made), new=wish)
    return msgspec.structs.replace(made, results=results)


def delete_evaluation(store: Store, place: Place, evaluation_id: str) -> Evaluation:
    """As it was. NoSuchThing where it is not there."""
    with store.database.writer.begin() as connection:
        found = find_evaluation(connection, place, evaluation_id)
        connection.execute(sa.delete(evaluations).where(evaluations.c.id == found.id))
        audit(connection, store, "delete", _resource(found), old={"name": found.name})
    return found


def list_evaluations(connection: Connection, place: Place) -> list[Evaluation]:
    """Newest first."""
    query = sa.select(evaluations).where(*_in(place)).order_by(evaluations.c.created_ms.desc(), evaluations.c.id)
    return _evaluations(connection, connection.execute(query).all())


def find_evaluation(connection: Connection, place: Place, evaluation_id: str) -> Evaluation:
    """NoSuchThing where it is not there."""
    rows = connection.execute(sa.select(evaluations).where(*_in(place), evaluations.c.id == evaluation_id)).all()
    if not rows:
        raise NoSuchThing(f"there is no evaluation `{evaluation_id}` in this gateway")
    return _evaluations(connection, rows)[0]


def next_unprocessed(connection: Connection) -> Evaluation | None:
    """The oldest of all accounts."""
    waiting = sa.select(evaluations).where(evaluations.c.processed.is_(False))
    rows = connection.execute(waiting.order_by(evaluations.c.created_ms, evaluations.c.id).limit(1)).all()
    return _evaluations(connection, rows)[0] if rows else None


def settle(connection: Connection, found: Evaluation, results: Sequence[Result]) -> None:
    """Writes down what it came to; nothing where it was deleted meanwhile."""
    for one in results:
        values = msgspec.structs.asdict(one)
        connection.execute(sa.update(evaluation_results).where(evaluation_results.c.id == one.id).values(values))
    done = sa.update(evaluations).where(evaluations.c.id == found.id)
    last = results[-1]
    connection.execute(done.values(processed=True, total_logs=last.total_logs, modified_ms=last.modified_ms))


def _chosen(connection: Connection, place: Place, ids: list[str]) -> list[Dataset]:
    known = {one.id: one for one in list_datasets(connection, place)}
    for one in ids:
        if one not in known:
            raise InvalidInput(f"there is no dataset `{one}` in this gateway", "body", "dataset_ids")
        if not known[one].fields.enable:
            raise InvalidInput(f"the dataset `{one}` is switched off", "body", "dataset_ids")
    return [known[one] for one in ids]


def _in(place: Place) -> tuple[Condition, Condition]:
    return evaluations.c.account_id == place.account_id, evaluations.c.gateway_id == place.gateway_id


def _resource(one: Evaluation) -> Resource:
    return Resource(one.account_id, "ai_gateway.evaluation", one.id)


def _evaluations(connection: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> list[Evaluation]:
    ids = [row.id for row in rows]
    chosen = sa.select(evaluation_results).where(evaluation_results.c.evaluation_id.in_(ids))
    results: dict[str, list[Result]] = {one: [] for one in ids}
    order = [kind.id for kind in KINDS]
    for row in sorted(connection.execute(chosen), key=lambda one: order.index(one.evaluation_type_id)):
        values = row._asdict()
        results[row.evaluation_id].append(Result(**values | {"status": Status(row.status)}))
    return [
        Evaluation(
            **row._asdict() | {"datasets": msgspec.json.decode(row.datasets, type=list[Dataset])},
            results=results[row.id],
        )
        for row in rows
    ]
