"""Datasets and evaluations through Cloudflare's SDK, computed by the running server over real logs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import cloudflare
import pytest
from cloudflare import Cloudflare
from cloudflare.types.ai_gateway import EvaluationGetResponse
from cloudflare.types.ai_gateway.dataset_create_params import Filter

from managing import sdk, token
from running import Torana
from scripted import ScriptedUpstream
from torana.control.datasets import DatasetFields, create_dataset
from torana.control.evaluations import Wish, create_evaluation
from torana.control.log_pages import Place
from torana.control.operations import ensure_default, open_store
from torana.settings import Settings

COST = '{"total_cost": 0.002}'
WAIT_S = 10.0


@pytest.fixture(scope="module")
def client(torana: Torana) -> Iterator[Cloudflare]:
    with sdk(torana, token(torana, "edit")) as opened:
        yield opened


class Where(TypedDict):
    account_id: str
    gateway_id: str


def place(torana: Torana) -> Where:
    return {"account_id": torana.account_id, "gateway_id": "default"}


def chat(torana: Torana, model: str, cost: str = "") -> str:
    headers = {"cf-aig-custom-cost": cost} if cost else {}
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    reply = torana.post(f"/v1/{torana.account_id}/default/openai/chat/completions", body, headers)
    return reply.headers["cf-aig-log-id"]


def models(*names: str) -> Filter:
    return {"key": "model", "operator": "eq", "value": list(names)}


def processed(torana: Torana, client: Cloudflare, evaluation_id: str) -> EvaluationGetResponse:
    deadline = time.monotonic() + WAIT_S
    while True:
        found = client.ai_gateway.evaluations.get(evaluation_id, account_id=torana.account_id, gateway_id="default")
        if found.processed:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_dataset_lives_from_its_making_to_its_end(torana: Torana, client: Cloudflare) -> None:
    where = place(torana)
    datasets = client.ai_gateway.datasets
    filters: list[Filter] = [models("a", "b"), {"key": "cost", "operator": "gt", "value": [0.5]}]
    made = datasets.create(**where, name="First", enable=True, filters=filters)
    assert [one.to_dict() for one in made.filters] == filters
    assert (made.name, made.enable, made.gateway_id) == ("First", True, "default")
    assert datasets.get(made.id, **where).to_dict() == made.to_dict()
    changed = datasets.update(made.id, **where, name="Second", enable=False, filters=[])
    assert (changed.name, changed.enable, changed.filters, changed.created_at) == ("Second", False, [], made.created_at)
    assert [one.id for one in datasets.list(**where, name="Second", enable=False)] == [made.id]
    assert [one.id for one in datasets.list(**where, search="seco")] == [made.id]
    assert not datasets.list(**where, enable=True, search=made.id).result
    assert datasets.delete(made.id, **where).to_dict() == changed.to_dict()
    with pytest.raises(cloudflare.NotFoundError):
        datasets.get(made.id, **where)


@pytest.mark.parametrize(
    ("filters", "path"),
    [
        ([{"key": "user_agent", "operator": "eq", "value": ["x"]}], ["body", "filters", "0", "key"]),
        ([{"key": "model", "operator": "neq", "value": ["x"]}], ["body", "filters", "0", "operator"]),
        ([models("a"), {"key": "cost", "operator": "gt", "value": ["much"]}], ["body", "filters", "1"]),
        ([{"key": "created_at", "operator": "gt", "value": ["yesterday"]}], ["body", "filters", "0"]),
    ],
)
def test_a_filter_that_cannot_be_asked_is_refused_with_its_place(
    torana: Torana, client: Cloudflare, filters: list[Filter], path: list[str]
) -> None:
    with pytest.raises(cloudflare.BadRequestError) as caught:
        client.ai_gateway.datasets.create(
            account_id=torana.account_id, gateway_id="default", name="n", enable=True, filters=filters
        )
    assert isinstance(caught.value.body, dict)
    (problem,) = caught.value.body["errors"]
    assert (problem["code"], problem["path"]) == (7001, path)


def test_what_can_be_evaluated_is_listed(torana: Torana, client: Cloudflare) -> None:
    found = client.ai_gateway.evaluation_types.list(account_id=torana.account_id, per_page=5).result
    assert {one.id for one in found} == {"cost", "speed", "human_feedback"}
    falling = client.ai_gateway.evaluation_types.list(
        account_id=torana.account_id, order_by="name", order_by_direction="desc"
    )
    assert [one.name for one in falling] == ["Speed", "Human feedback", "Cost"]
    with pytest.raises(cloudflare.BadRequestError):
        client.ai_gateway.evaluation_types.list(account_id=torana.account_id, per_page=4)


def test_an_evaluation_is_computed_over_the_logs_of_its_datasets(
    torana: Torana, client: Cloudflare, requests: ScriptedUpstream
) -> None:
    where = place(torana)
    rated = [
        chat(torana, "eval-a", COST),
        chat(torana, "eval-a", '{"total_cost": 0.004}'),
        chat(torana, "eval-b", COST),
    ]
    chat(torana, "eval-other", '{"total_cost": 9}')
    for log_id, feedback in zip(rated, (1, 1, -1), strict=True):
        client.ai_gateway.logs.edit(log_id, **where, feedback=feedback)
    sets = [
        client.ai_gateway.datasets.create(**where, name=name, enable=True, filters=[models(name)])
        for name in ("eval-a", "eval-b")
    ]
    made = client.ai_gateway.evaluations.create(
        **where,
        name="Both",
        dataset_ids=[one.id for one in sets],
        evaluation_type_ids=["speed", "cost", "human_feedback"],
    )
    assert (made.processed, made.total_logs) == (False, 0)
    assert {(one.status, one.result) for one in made.results} == {(0, "")}
    chat(torana, "eval-a", '{"total_cost": 100}')  # after it: an evaluation is a snapshot
    done = processed(torana, client, made.id)
    results = {one.evaluation_type_id: one for one in done.results}
    assert results["cost"].result == "0.002666667"
    assert results["human_feedback"].result == "66.67"
    assert 0 < float(results["speed"].result) < 10_000
    assert {(one.status, one.status_description, one.total_logs) for one in done.results} == {(1, "processed", 3)}
    assert [one.name for one in done.datasets] == ["eval-a", "eval-b"]
    assert [one.id for one in client.ai_gateway.evaluations.list(**where, processed=True, name="Both")] == [made.id]
    client.ai_gateway.datasets.delete(sets[0].id, **where)
    assert [one.name for one in processed(torana, client, made.id).datasets] == ["eval-a", "eval-b"]
    assert client.ai_gateway.evaluations.delete(made.id, **where).to_dict() == done.to_dict()
    assert not client.ai_gateway.evaluations.list(**where, search=made.id).result


def test_where_there_is_nothing_to_evaluate_the_status_says_so(torana: Torana, client: Cloudflare) -> None:
    where = place(torana)
    empty = client.ai_gateway.datasets.create(**where, name="none", enable=True, filters=[models("never-asked")])
    made = client.ai_gateway.evaluations.create(
        **where, name="None", dataset_ids=[empty.id], evaluation_type_ids=["cost", "speed", "human_feedback"]
    )
    done = processed(torana, client, made.id)
    assert [(one.status, one.result, one.total_logs) for one in done.results] == [(2, "", 0)] * 3
    assert [one.status_description for one in done.results] == [
        "none of these logs has a known cost",
        "there are no such logs",
        "none of these logs was rated",
    ]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"dataset_ids": ["nobody"]}, "dataset_ids"),
        ({"dataset_ids": []}, "dataset_ids"),
        ({"evaluation_type_ids": ["beauty"]}, "evaluation_type_ids"),
        ({"name": ""}, "name"),
    ],
)
def test_an_evaluation_that_cannot_be_is_refused(
    torana: Torana, client: Cloudflare, wish: dict[str, object], field: str
) -> None:
    where = place(torana)
    one = client.ai_gateway.datasets.create(**where, name="x", enable=True, filters=[])
    asked = {"name": "x", "dataset_ids": [one.id], "evaluation_type_ids": ["cost"], **wish}
    with pytest.raises(cloudflare.BadRequestError) as caught:
        client.ai_gateway.evaluations.create(**where, **asked)  # type: ignore[arg-type]  # each case names its own
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["errors"][0]["path"] == ["body", field]


def test_one_that_was_cut_short_is_processed_after_the_next_start(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    with Torana(tmp_path / "data", {"openai": f"{upstream.url}/openai"}) as torana:
        chat(torana, "kept", COST)
        torana.stop()
    store = open_store(Settings(data_dir=str(tmp_path / "data")))
    here = Place(ensure_default(store).id, "default")
    one = create_dataset(store, here, DatasetFields(name="d", enable=True, filters=[]))
    made = create_evaluation(store, here, Wish("late", [one.id], ["cost"])).id
    store.close()
    with Torana(tmp_path / "data") as again, sdk(again, token(again, "edit")) as client:
        assert processed(again, client, made).results[0].result == "0.002"
