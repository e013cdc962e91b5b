"""The management API in process: who may do what, what goes wrong, and how that is told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest

from torana import snapshot
from torana.catalog.prices import Prices
from torana.control.app import Control, Facts, create_app
from torana.control.management import reference
from torana.control.management.operation import Operation
from torana.control.management.routes import BASE, DOCUMENT, OPERATIONS
from torana.control.metrics import Metrics
from torana.control.operations import Store, create_gateway, ensure_default, list_gateways, open_store
from torana.control.tokens import PERMISSIONS, Permission, Wish, create_token
from torana.control.turns import SharedIngester
from torana.journal import Journal
from torana.settings import Settings
from unit.storage.records import log_id, make_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

URL = "http://127.0.0.1:8787"
REQUIRED = {
    "cache_invalidate_on_update": False,
    "cache_ttl": 0,
    "collect_logs": True,
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
}
HOLDS: dict[Permission, set[str]] = {
    "run": {"run"},
    "read_metadata": {"read_metadata"},
    "read": {"read", "read_metadata"},
    "edit": {"edit", "read", "read_metadata"},
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


@pytest.fixture
def account(store: Store) -> str:
    return ensure_default(store).id


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal", "w", 1 << 30)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
async def client(store: Store, account: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    ingester = SharedIngester(store.database.writer, tmp_path / "journal", Prices(None), tmp_path / "ingest.lock")
    metrics = Metrics(ingester, tmp_path / "journal", tmp_path / "run" / "statistics")
    app = create_app(Control(store, ingester.run_once, metrics, Facts(account, "default", lambda: URL)))
    base = f"http://torana{BASE}/accounts/{account}/"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as opened:
        yield opened
    ingester.close()


def bearer(store: Store, account: str, *permissions: Permission, **wish: object) -> dict[str, str]:
    asked = msgspec.structs.replace(Wish(name="test", permissions=list(permissions)), **wish)
    return {"authorization": f"Bearer {create_token(store, account, asked).text}"}


def codes(answer: httpx.Response) -> tuple[int, list[int]]:
    told = answer.json()
    assert (told["success"], told["result"], told["messages"]) == (False, {}, [])
    return answer.status_code, [problem["code"] for problem in told["errors"]]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer torana_nothing", "torana_x", "Bearer \xe9"]
)
async def test_without_a_good_token_everything_is_401(client: httpx.AsyncClient, header: str) -> None:
    headers = {b"authorization": header.encode("latin-1")} if header else {}
    for path in ("ai-gateway/gateways", "ai-gateway/gateways/nobody/logs", "tokens"):
        answer = await client.get(path, headers=headers)
        assert codes(answer) == (401, [10000])
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_in_another_header_opens_nothing(client: httpx.AsyncClient, store: Store, account: str) -> None:
    text = bearer(store, account, "edit")["authorization"].removeprefix("Bearer ")
    for name in ("x-auth-key", "x-api-key", "cf-aig-authorization"):
        assert codes(await client.get("ai-gateway/gateways", headers={name: text})) == (401, [10000])
    assert codes(await client.get(f"ai-gateway/gateways?token={text}")) == (401, [10000])


async def test_an_expired_token_says_so(client: httpx.AsyncClient, store: Store, account: str) -> None:
    early = msgspec.structs.replace(store, now_ms=lambda: 1)
    headers = bearer(early, account, "read", expires_ms=2)
    answer = await client.get("ai-gateway/gateways", headers=headers)
    assert codes(answer) == (401, [10000])
    assert "expired" in answer.text


@pytest.mark.parametrize("held", PERMISSIONS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
async def test_each_call_needs_its_permission(
    client: httpx.AsyncClient, store: Store, account: str, operation: Operation, held: Permission
) -> None:
    path = re.sub(r"\{(?!account_id)\w+\}", "nobody", operation.path).format(account_id=account)
    answer = await client.request(
        operation.method, f"http://torana{BASE}{path}", headers=bearer(store, account, held), content=b"nonsense"
    )
    has_it = operation.permission is None or operation.permission in HOLDS[held]
    may = operation.access == "public" or (operation.access == "token" and has_it)
    assert (answer.status_code == 403) is not may
    if not may:
        assert codes(answer) == (403, [10000])


async def test_a_token_is_for_its_own_account(client: httpx.AsyncClient, store: Store, account: str) -> None:
    headers = bearer(store, account, "edit")
    for path in (f"{'f' * 32}/ai-gateway/gateways", "f/tokens", f"{account.upper()}0"):
        assert codes(await client.get(f"http://torana{BASE}/accounts/{path}", headers=headers)) == (403, [10000])


async def test_a_token_for_one_gateway_sees_and_changes_that_one_alone(
    client: httpx.AsyncClient, store: Store, account: str
) -> None:
    create_gateway(store, account, "mine")
    headers = bearer(store, account, "edit", gateways=["mine"])
    listed = (await client.get("ai-gateway/gateways", headers=headers)).json()
    assert ([one["id"] for one in listed["result"]], listed["result_info"]["total_count"]) == (["mine"], 1)
    for path in ("ai-gateway/gateways/default", "ai-gateway/gateways/default/logs", "tokens"):
        assert codes(await client.get(path, headers=headers)) == (403, [10000])
    other = await client.post("ai-gateway/gateways", headers=headers, json={"id": "other", **REQUIRED})
    assert codes(other) == (400, [7001])
    escape = await client.post("tokens", headers=headers, json={"name": "all", "permissions": ["edit"]})
    assert codes(escape) == (403, [10000])


async def test_tokens_are_made_listed_and_revoked(client: httpx.AsyncClient, store: Store, account: str) -> None:
    headers = bearer(store, account, "edit")
    wish = {"name": "ci", "permissions": ["read", "run"], "gateways": ["default"], "expires_on": "2099-01-01T00:00:00Z"}
    made = (await client.post("tokens", headers=headers, json=wish)).json()["result"]
    text = made.pop("value")
    assert (made["permissions"], made["gateways"], made["status"]) == (["run", "read"], ["default"], "active")
    assert (made["expires_on"], made["preview"], made["last_used_on"]) == ("2099-01-01T00:00:00.000Z", text[-4:], None)
    own = {"authorization": f"Bearer {text}"}
    verified = (await client.get("tokens/verify", headers=own)).json()["result"]
    assert (verified["id"], verified["status"]) == (made["id"], "active")
    shown = (await client.get(f"tokens/{made['id']}", headers=headers)).json()["result"]
    assert shown == made | {"last_used_on": shown["last_used_on"]}
    assert shown["last_used_on"]
    everything = await client.get("tokens", headers=headers)
    assert made["id"] in {one["id"] for one in everything.json()["result"]}
    assert text.removeprefix("torana_") not in everything.text
    assert (await client.delete(f"tokens/{made['id']}", headers=headers)).json()["result"] == {"id": made["id"]}
    assert codes(await client.get("tokens/verify", headers=own)) == (401, [10000])
    assert codes(await client.get(f"tokens/{made['id']}", headers=headers)) == (404, [7002])


async def test_the_account_is_shown(client: httpx.AsyncClient, store: Store, account: str) -> None:
    headers = bearer(store, account, "read")
    [one] = (await client.get(f"http://torana{BASE}/accounts", headers=headers)).json()["result"]
    again = (await client.get(f"http://torana{BASE}/accounts/{account}", headers=headers)).json()["result"]
    assert one == again
    assert (one["id"], one["name"], one["type"]) == (account, "default", "standard")


async def test_a_gateway_is_set_whole(client: httpx.AsyncClient, store: Store, account: str) -> None:
    headers = bearer(store, account, "edit")
    wish = REQUIRED | {"rate_limiting_technique": "sliding", "guardrails": {"prompt": {}, "response": {}}}
    made = (await client.post("ai-gateway/gateways", headers=headers, json={"id": "one", **wish})).json()["result"]
    assert (made["rate_limiting_technique"], made["guardrails"]) == ("sliding", {"prompt": {}, "response": {}})
    changed = made | {"collect_logs": False}
    again = (await client.put("ai-gateway/gateways/one", headers=headers, json=changed)).json()["result"]
    assert again == changed | {"modified_at": again["modified_at"]}
    assert [g.collect_logs for g in snapshot.read(store.snapshot_path).gateways if g.id == "one"] == [False]
    plain = (await client.put("ai-gateway/gateways/one", headers=headers, json=REQUIRED)).json()["result"]
    assert (plain["rate_limiting_technique"], plain["guardrails"], plain["collect_logs"]) == ("fixed", None, True)
    gone = (await client.delete("ai-gateway/gateways/one", headers=headers)).json()["result"]
    assert gone == plain
    assert [one.id for one in list_gateways(store)] == ["default"]


@pytest.mark.parametrize(
    ("changed", "path", "status"),
    [
        ({"id": "Bad Id"}, ["body", "id"], 400),
        ({"id": "default"}, [], 409),
        ({"id": 5}, ["body", "id"], 400),
        ({"cache_ttl": -1}, ["body", "cache_ttl"], 400),
        ({"log_classification": True}, ["body", "log_classification"], 400),
        ({"zdr": "yes"}, ["body", "zdr"], 400),
        ({"nothing": 1}, ["body"], 400),
        ({"otel": [{"url": 1, "headers": {}}]}, ["body", "otel", "0", "url"], 400),
    ],
)
async def test_a_bad_gateway_is_refused_with_the_place(  # fixtures
    client: httpx.AsyncClient, store: Store, account: str, changed: dict[str, object], path: list[str], status: int
) -> None:
    headers = bearer(store, account, "edit")
    answer = await client.post("ai-gateway/gateways", headers=headers, json={"id": "one", **REQUIRED} | changed)
    assert codes(answer) == (status, [7001])
    assert answer.json()["errors"][0].get("path", []) == path
    assert [one.id for one in list_gateways(store)] == ["default"]


async def test_what_cloudflare_requires_is_required(client: httpx.AsyncClient, store: Store, account: str) -> None:
    headers = bearer(store, account, "edit")
    for name in REQUIRED:
        wish = {"id": "one", **{key: value for key, value in REQUIRED.items() if key != name}}
        answer = await client.post("ai-gateway/gateways", headers=headers, json=wish)
        assert codes(answer) == (400, [7001])
        assert f"`{name}`" in answer.json()["errors"][0]["message"]


async def test_a_gateway_keeps_its_id(client: httpx.AsyncClient, store: Store, account: str) -> None:
    headers = bearer(store, account, "edit")
    answer = await client.put("ai-gateway/gateways/default", headers=headers, json=REQUIRED | {"id": "other"})
    assert codes(answer) == (400, [7001])


async def test_the_url_of_a_provider(client: httpx.AsyncClient, store: Store, account: str) -> None:
    headers = bearer(store, account, "read")
    answer = await client.get("ai-gateway/gateways/default/url/openai", headers=headers)
    assert answer.json()["result"] == f"{URL}/v1/{account}/default/openai"
    for path in ("nobody/url/openai", "default/url/nobody"):
        assert codes(await client.get(f"ai-gateway/gateways/{path}", headers=headers)) == (404, [7002])


LOGS = "ai-gateway/gateways/default/logs"


async def test_a_row_has_the_fields_of_cloudflares_rows(
    client: httpx.AsyncClient, store: Store, account: str, journal: Journal
) -> None:
    journal.append(make_record(1, account_id=account, metadata='{"a":"b"}'))
    headers = bearer(store, account, "read")
    listed = (await client.get(LOGS, headers=headers)).json()
    [row] = listed["result"]
    schema = (
        "id created_at provider model model_type path duration request_type request_content_type response_content_type"
        " status_code success cached tokens_in tokens_out cost custom_cost metadata step"
    )
    live = (
        "event_id usage_metadata timings feedback score user_agent authentication wholesale byok dlp_action"
        " dlp_profiles request response"
    )
    assert set(row) == {*schema.split(), *live.split()}
    assert (row["metadata"], row["duration"], row["cost"], row["request"]) == ('{"a":"b"}', 412, None, "")
    assert listed["result_info"] == {"count": 1, "page": 1, "per_page": 20, "total_count": 1}
    detail = (await client.get(f"{LOGS}/{log_id(1)}", headers=headers)).json()["result"]
    heads = {f"{side}_{part}" for side in ("request", "response") for part in ("head", "head_complete", "size")}
    assert set(detail) == set(row) | heads
    assert (detail["request_head"], detail["request_head_complete"]) == ("request 1", True)
    body = await client.get(f"{LOGS}/{log_id(1)}/response", headers=headers)
    assert (body.content, body.headers["content-type"]) == (b"answer 1", "application/json")
    assert body.headers["content-security-policy"].startswith("sandbox")


async def test_the_deprecated_parameters_are_still_honoured(
    client: httpx.AsyncClient, store: Store, account: str, journal: Journal
) -> None:
    for number in range(3):
        journal.append(make_record(number, account_id=account, duration_us=number * 1_000_000, model=f"m{number}"))
    headers = bearer(store, account, "read_metadata")

    async def numbers(query: str) -> list[int]:
        answer = await client.get(f"{LOGS}?{query}", headers=headers)
        assert answer.status_code == 200, answer.text
        return [int(row["model"][1:]) for row in answer.json()["result"]]

    assert await numbers("direction=asc") == [0, 1, 2]
    assert await numbers("direction=asc&order_by_direction=desc") == [2, 1, 0]
    assert await numbers("min_duration=1000&max_duration=1000") == [1]
    assert await numbers("model=m2") == [2]
    assert await numbers("success=false") == []
    assert await numbers("cached=false&provider=openai") == [2, 1, 0]
    assert await numbers("start_date=2026-11-18T11:06:40.001Z") == [2, 1]
    assert await numbers("end_date=2026-11-18T11:06:40.001Z") == [1, 0]
    assert await numbers("feedback=1") == []
    assert await numbers("max_cost=1") == []


async def test_meta_info_adds_least_and_most(
    client: httpx.AsyncClient, store: Store, account: str, journal: Journal
) -> None:
    journal.append(make_record(1, account_id=account))
    journal.append(make_record(2, account_id=account, duration_us=2_000_000))
    info = (await client.get(f"{LOGS}?meta_info=true", headers=bearer(store, account, "read"))).json()["result_info"]
    assert (info["min_duration"], info["max_duration"]) == (412, 2000)
    assert (info["min_cost"], info["max_total_tokens"]) == (None, None)


async def test_feedback_is_set_and_taken_away_field_by_field(
    client: httpx.AsyncClient, store: Store, account: str, journal: Journal
) -> None:
    journal.append(make_record(1, account_id=account, metadata='{"a":"b"}'))
    headers = bearer(store, account, "edit")
    place = f"{LOGS}/{log_id(1)}"

    async def after(change: object) -> tuple[object, ...]:
        answer = await client.patch(place, headers=headers, json=change)
        assert (answer.status_code, answer.json()["result"]) == (200, {})
        row = (await client.get(place, headers=headers)).json()["result"]
        return row["feedback"], row["score"], row["metadata"]

    assert await after({}) == (None, None, '{"a":"b"}')
    assert await after({"feedback": -1, "score": 99.5}) == (-1, 99.5, '{"a":"b"}')
    assert await after({"feedback": None}) == (None, 99.5, '{"a":"b"}')
    six = {"cf.user_id": "x", **{f"k{n}": n for n in range(6)}}
    assert await after({"metadata": six}) == (None, 99.5, '{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4}')
    assert await after({"metadata": None}) == (None, 99.5, "{}")
    refused: list[object] = [{"feedback": 2}, {"score": 101}, {"metadata": {"a": {}}}, {"more": 1}, []]
    for bad in refused:
        assert codes(await client.patch(place, headers=headers, json=bad)) == (400, [7001])
    other = await client.patch(f"{LOGS}/{log_id(9)}", headers=headers, json={"feedback": 1})
    assert codes(other) == (404, [7002])


async def test_logs_are_deleted_one_by_one_and_by_filter(
    client: httpx.AsyncClient, store: Store, account: str, journal: Journal
) -> None:
    for number in range(5):
        journal.append(make_record(number, account_id=account, model=f"m{number % 2}"))
    headers = bearer(store, account, "edit")
    filters = json.dumps([{"key": "model", "operator": "eq", "value": ["m0"]}])
    one = await client.delete(f"{LOGS}/{log_id(4)}", headers=headers)
    assert one.json()["result"] == {"deleted": 1}
    assert codes(await client.delete(f"{LOGS}/{log_id(4)}", headers=headers)) == (404, [7002])
    some = await client.delete(LOGS, headers=headers, params={"filters": filters, "limit": 1})
    assert (some.json()["success"], some.json()["result"]) == (True, {"deleted": 1})
    rest = (await client.get(LOGS, headers=headers)).json()["result"]
    assert [row["id"] for row in rest] == [log_id(3), log_id(2), log_id(1)]
    assert (await client.delete(LOGS, headers=headers)).json()["result"] == {"deleted": 3}


async def test_a_store_that_fails_is_a_503_and_a_bug_a_500_in_the_envelope(
    client: httpx.AsyncClient, store: Store, account: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = bearer(store, account, "edit")
    with store.database.writer.begin() as writing:
        writing.exec_driver_sql("UPDATE gateways SET settings = 'nonsense'")
    answer = await client.get("ai-gateway/gateways", headers=headers)
    assert codes(answer) == (500, [7000])
    assert "nonsense" not in answer.text
    assert "a bug in `list_gateways`" in caplog.text
    with store.database.writer.begin() as writing:
        writing.exec_driver_sql("DROP TABLE gateways")
    assert codes(await client.get("ai-gateway/gateways", headers=headers)) == (503, [7000])
    with store.database.writer.begin() as writing:
        writing.exec_driver_sql("DROP TABLE tokens")
    assert codes(await client.get("ai-gateway/gateways", headers=headers)) == (503, [7000])
    assert headers["authorization"].removeprefix("Bearer torana_") not in caplog.text


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.post("ai-gateway/gateways/default")
    assert codes(answer) == (405, [10405])
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PUT"


async def test_head_is_answered_as_get_is(client: httpx.AsyncClient, store: Store, account: str) -> None:
    answer = await client.head("ai-gateway/gateways", headers=bearer(store, account, "read"))
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 100


async def test_the_document_has_every_operation_with_its_types(client: httpx.AsyncClient) -> None:
    read = (await client.get(f"http://torana{DOCUMENT}")).json()
    for operation in OPERATIONS:
        described = read["paths"][BASE + operation.path][operation.method.lower()]
        assert described["operationId"] == operation.name
        assert ("requestBody" in described) == (operation.body is not None)
    for reference_ in _references(read):
        _, kind, name = reference_.rsplit("/", 2)
        assert name in read["components"][kind]


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [str(value["$ref"])] if "$ref" in value else []
        for below in value.values():
            yield from _references(below)
    elif isinstance(value, list):
        for below in value:
            yield from _references(below)


async def test_the_page_holds_all_that_it_needs(client: httpx.AsyncClient) -> None:
    page = await client.get(f"http://torana{BASE}/docs")
    assert page.headers["content-security-policy"] == reference.HEADERS["content-security-policy"]
    assert "<script" not in page.text
    assert "//" not in page.text.replace("<!doctype html>", "")
    for word in ("rate_limiting_technique", "fixed or sliding or null", "body, required", "A JSON array, as text"):
        assert word in page.text


def test_no_two_operations_have_one_name() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


async def test_logs_that_were_deleted_by_hand_leave_an_entry(
    client: httpx.AsyncClient, store: Store, account: str, journal: Journal
) -> None:
    headers = bearer(store, account, "edit")
    assert journal.append(make_record(1, account_id=account))
    for _ in range(2):
        assert (await client.delete("ai-gateway/gateways/default/logs", headers=headers)).status_code == 200
    [told] = (await client.get("audit_logs?resource.type=ai_gateway.logs", headers=headers)).json()["result"]
    assert (told["resource"]["id"], told["action"]["info"]) == ("default", "logs deleted")
    assert told["oldValueJson"] == {"count": 1, "filters": []}


async def test_what_a_list_shows_is_what_is_deleted_and_told(
    client: httpx.AsyncClient, store: Store, account: str, journal: Journal
) -> None:
    headers = bearer(store, account, "edit")
    for number, status in ((1, 200), (2, 429), (3, 429)):
        assert journal.append(make_record(number, account_id=account, status=status))
    which = "status=4xx&start_date=2000-01-01T00:00:00Z"
    deleted = await client.delete(f"ai-gateway/gateways/default/logs?{which}", headers=headers)
    assert deleted.json()["result"] == {"deleted": 2}
    left = await client.get("ai-gateway/gateways/default/logs", headers=headers)
    assert [row["status_code"] for row in left.json()["result"]] == [200]
    [told] = (await client.get("audit_logs?resource.type=ai_gateway.logs", headers=headers)).json()["result"]
    assert told["oldValueJson"] == {
        "count": 2,
        "filters": [],
        "status": "4xx",
        "start_date": "2000-01-01T00:00:00Z",
    }


async def test_a_bad_date_of_the_audit_log_is_named(client: httpx.AsyncClient, store: Store, account: str) -> None:
    answer = await client.get("audit_logs?since=soon", headers=bearer(store, account, "read"))
    assert codes(answer) == (400, [7001])
    assert answer.json()["errors"][0]["path"] == ["query", "since"]
