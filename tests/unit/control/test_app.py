from __future__ import annotations

import hashlib
import os
import re
import signal
import threading
from base64 import b64encode
from typing import TYPE_CHECKING

import httpx
import pytest

from torana.catalog.prices import Prices
from torana.control.app import Control, Facts, create_app, relayed, socket_only
from torana.control.client import ControlClient, ControlDown, ControlRefused, logs_path
from torana.control.dashboard.assets import Assets
from torana.control.envelope import ListQuery
from torana.control.metrics import Metrics
from torana.control.operations import Store, open_store
from torana.control.turns import SharedIngester
from torana.front import RELAYED
from torana.journal import Journal
from torana.settings import Settings, control_socket
from unit.control.held import Held
from unit.storage.records import ACCOUNT, log_id, make_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

LOGS = logs_path(ACCOUNT, "default")
URL = "http://127.0.0.1:8787"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal", "w", 1 << 30)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
async def client(store: Store, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    ingester = SharedIngester(store.database.writer, tmp_path / "journal", Prices(None), tmp_path / "ingest.lock")
    metrics = Metrics(ingester, tmp_path / "journal", tmp_path / "run" / "statistics")
    facts = Facts(ACCOUNT, "default", lambda: URL)
    app = create_app(Control(store, ingester.bring_in, metrics, facts), Assets(tmp_path / "not built"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://torana") as opened:
        yield opened
    ingester.close()


async def test_a_log_is_listed_right_after_its_answer(client: httpx.AsyncClient, journal: Journal) -> None:
    journal.append(make_record(1))
    answer = await client.get(LOGS)
    body = answer.json()
    assert (answer.status_code, body["success"], body["errors"], body["messages"]) == (200, True, [], [])
    assert [row["id"] for row in body["result"]] == [log_id(1)]
    assert body["result_info"] == {"count": 1, "page": 1, "per_page": 20, "total_count": 1, "cursor": 1}


async def test_filters_and_pages_come_from_the_query(client: httpx.AsyncClient, journal: Journal) -> None:
    for number in range(5):
        journal.append(make_record(number, model="even" if number % 2 == 0 else "odd"))
    answer = await client.get(LOGS, params={"model": "even", "per_page": 1, "page": 2})
    assert [row["id"] for row in answer.json()["result"]] == [log_id(2)]
    assert answer.json()["result_info"]["total_count"] == 3


async def test_one_log_comes_with_its_bodies(client: httpx.AsyncClient, journal: Journal) -> None:
    journal.append(
        make_record(1, request_body=b'{"a":1}', response_body=b"\x00\x01", response_content_type=b"audio/mpeg")
    )
    detail = (await client.get(f"{LOGS}/{log_id(1)}")).json()["result"]
    request = await client.get(f"{LOGS}/{log_id(1)}/request")
    response = await client.get(f"{LOGS}/{log_id(1)}/response")
    assert (detail["id"], detail["request_head"], detail["request_head_complete"]) == (log_id(1), '{"a":1}', True)
    assert (request.content, request.headers["content-type"]) == (b'{"a":1}', "application/json")
    assert (response.content, response.headers["content-type"]) == (b"\x00\x01", "audio/mpeg")


async def test_a_recorded_page_cannot_run_as_ours(client: httpx.AsyncClient, journal: Journal) -> None:
    journal.append(make_record(1, response_body=b"<script>1</script>", response_content_type=b"text/html"))
    response = await client.get(f"{LOGS}/{log_id(1)}/response")
    assert response.headers["content-security-policy"].startswith("sandbox")
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        f"{LOGS}/{log_id(9)}",
        f"{LOGS}/{log_id(9)}/request",
        f"{LOGS}/{log_id(9)}/response",
        f"{logs_path(ACCOUNT, 'other')}/{log_id(1)}",
        "/client/v4/nothing",
        "/nothing",
    ],
)
async def test_what_is_not_there_is_7002(client: httpx.AsyncClient, journal: Journal, path: str) -> None:
    journal.append(make_record(1))
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json() == {
        "success": False,
        "result": {},
        "errors": [{"code": 7002, "message": "Not Found"}],
        "messages": [],
    }


@pytest.mark.parametrize("query", ["per_page=51", "start_date=never", "filters=[]", "page=x"])
async def test_a_bad_query_is_7001(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{LOGS}?{query}")
    body = answer.json()
    assert (answer.status_code, body["success"], body["result"]) == (400, False, {})
    assert body["errors"][0]["code"] == 7001
    assert body["errors"][0]["path"][0] == "query"


async def test_browsers_are_sent_to_the_dashboard_and_programs_told_in_json(client: httpx.AsyncClient) -> None:
    page = await client.get("/", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (page.status_code, page.headers["location"], page.headers["vary"]) == (302, "/dashboard/", "accept")
    for accept in ("application/json", "*/*"):
        about = (await client.get("/", headers={"accept": accept})).json()
        assert (about["name"], about["url"], about["account_id"]) == ("torana", URL, ACCOUNT)


async def test_where_no_dashboard_was_built_a_page_says_how_and_what_works_without_it(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/dashboard/logs")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "npm run build" in page.text
    assert f"curl -X POST {URL}/v1/{ACCOUNT}/default/local/v1/chat/completions" in page.text


async def test_that_page_allows_its_own_style_and_nothing_else(client: httpx.AsyncClient) -> None:
    page = await client.get("/dashboard/")
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style is not None
    digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "<script" not in page.text
    assert not re.search(r'\s(style|on\w+)="', page.text)


async def test_metrics_are_in_the_text_format(client: httpx.AsyncClient, journal: Journal) -> None:
    journal.append(make_record(1))
    await client.get(LOGS)
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'torana_requests_total{model="gpt-4o",provider="openai",status="200"} 1.0' in answer.text


async def test_logs_are_shown_while_the_journal_cannot_be_stored(
    store: Store, client: httpx.AsyncClient, journal: Journal
) -> None:
    journal.append(make_record(1))
    await client.get(LOGS)
    journal.append(make_record(2))
    with store.database.writer.begin() as writing:
        writing.exec_driver_sql("DROP TABLE journal_positions")
    answer = await client.get(LOGS)
    assert [row["id"] for row in answer.json()["result"]] == [log_id(1)]


async def test_a_store_that_cannot_be_read_is_a_503(store: Store, client: httpx.AsyncClient) -> None:
    with store.database.writer.begin() as writing:
        writing.exec_driver_sql("DROP TABLE logs")
    answer = await client.get(LOGS)
    assert (answer.status_code, answer.json()["success"]) == (503, False)


def test_what_needs_no_token_is_the_page_the_metrics_and_what_workers_do_not_pass_on(
    store: Store, tmp_path: Path
) -> None:
    ingester = SharedIngester(store.database.writer, tmp_path / "journal", Prices(None), tmp_path / "ingest.lock")
    metrics = Metrics(ingester, tmp_path / "journal", tmp_path / "statistics")
    control = Control(store, ingester.bring_in, metrics, Facts(ACCOUNT, "default", str))
    assert {route.path.encode() for route in relayed(control)} == RELAYED
    assert all(route.path.startswith("/internal/accounts/{account_id}/") for route in socket_only(control))


def test_the_newest_logs_are_brought_in_once_the_process_before_has_ended(store: Store, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", "w", 1 << 30)
    journal.open()
    before, after = (
        SharedIngester(store.database.writer, tmp_path / "journal", Prices(None), tmp_path / "ingest.lock")
        for _ in range(2)
    )
    before.run_once()
    journal.append(make_record(1))
    ending = threading.Timer(0.2, before.close)
    ending.start()
    assert after.bring_in(5.0) == 1
    ending.join()
    assert before.bring_in(0.05) == 0
    after.close()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    with Held(tmp_path / "data") as control:
        yield control


def test_the_process_serves_its_socket_and_stores_the_rest_before_it_ends(held: Held, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    facts = held.ready()
    account_id = str(facts["account_id"])
    assert re.fullmatch("[0-9a-f]{32}", account_id)
    assert facts["gateway_id"] == "default"
    assert (tmp_path / "data" / "snapshot").exists()
    assert control_socket(held.settings).stat().st_mode & 0o777 == 0o600
    about = held.client.about()
    assert (about.account_id, about.url) == (account_id, "")

    journal = Journal(tmp_path / "data" / "journal", "w", 1 << 30)
    journal.open()
    journal.append(make_record(1, account_id=account_id))
    assert [row.id for row in held.client.list_logs(account_id, None, ListQuery()).result] == [log_id(1)]
    with pytest.raises(ControlRefused, match="per_page"):
        held.client.list_logs(account_id, None, ListQuery(per_page=99))
    for number in range(2, 3_000):
        journal.append(make_record(number, account_id=account_id))
    journal.close()

    assert held.drain() == 0
    assert list((tmp_path / "data" / "journal").iterdir()) == []
    store = open_store(held.settings)
    with store.database.reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM logs").scalar_one() == 2_999
    store.close()
    with pytest.raises(ControlDown):
        held.client.about()


def test_the_process_ends_with_its_supervisor(held: Held) -> None:
    held.ready()
    held.end.close()
    assert held.process.wait(timeout=20) == 0


def test_ctrl_c_is_left_to_the_supervisor(held: Held) -> None:
    held.ready()
    held.process.send_signal(signal.SIGINT)
    assert held.client.about().name == "torana"
    assert held.drain() == 0


def test_a_process_that_cannot_start_says_why_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "torana.db").write_bytes(b"this is no database, and long enough to be read as one" * 20)
    with Held(tmp_path / "data") as control:
        _, words = control.process.communicate(timeout=20)
    assert control.process.returncode == 1
    assert "cannot be used as a database" in words
    assert "Traceback" not in words


def test_a_long_data_directory_still_has_a_socket(tmp_path: Path) -> None:
    with Held(tmp_path / ("d" * 120)) as held:
        held.ready()
        path = control_socket(held.settings)
        assert len(os.fsencode(path)) < 104
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert held.client.about().name == "torana"
        assert held.drain() == 0
    path.unlink()


def test_nobody_answers_where_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(ControlDown, match="does not answer"):
        ControlClient(tmp_path / "control.sock").about()


def test_paths_are_quoted_whole() -> None:
    assert logs_path("a/b", "c d") == "/internal/accounts/a%2Fb/gateways/c%20d/logs"
