"""What the management API has beside Cloudflare's, over real sockets: windows, traces, spend, providers, the system."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from managing import REQUIRED, token
from running import Torana
from scripted import Answer, ScriptedUpstream
from scripted_answers import CHAT_USAGE

PATH = "/openai/v1/chat/completions"
CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
KEY = {"authorization": "Bearer sk-live-0123456789abcdef"}
WAIT_S = 15.0
LARGE_BYTES = 48 << 20
"""More than all sockets on the way hold."""
Made = Callable[..., str]


@pytest.fixture
def made(admin: httpx.Client, torana: Torana) -> Made:
    """A gateway for one test, served."""

    def make(name: str, **settings: object) -> str:
        answer = admin.post("/ai-gateway/gateways", json={"id": name, "collect_logs": True, **REQUIRED, **settings})
        assert answer.status_code == 200, answer.text
        torana.follow()
        return name

    return make


def chat(torana: Torana, gateway: str, headers: dict[str, str] | None = None, **changed: object) -> httpx.Response:
    return torana.post(f"/v1/{torana.account_id}/{gateway}{PATH}", CHAT | changed, KEY | (headers or {}))


def log_of(answer: httpx.Response) -> str:
    return str(answer.headers["cf-aig-log-id"])


def asked(client: httpx.Client, path: str, **query: object) -> Any:
    answer = client.get(path, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    return answer.json()


class Logs:
    """Windows of one gateway's list."""

    def __init__(self, client: httpx.Client, gateway: str) -> None:
        self._client = client
        self._path = f"/ai-gateway/gateways/{gateway}/logs/window"

    def ids(self, **query: object) -> list[str]:
        return [row["id"] for row in asked(self._client, self._path, **query)["result"]]

    def info(self, **query: object) -> Any:
        return asked(self._client, self._path, **query)["result_info"]

    def tail(self, after_id: str, limit: int = 500) -> tuple[list[str], str]:
        """All that was stored since, and what to go on from."""
        found: list[str] = []
        while True:
            answer = asked(self._client, self._path, after_id=after_id, limit=limit)
            found += [row["id"] for row in answer["result"]]
            after_id = answer["result_info"]["anchor_id"]
            assert not answer["result_info"]["is_stale"]
            if not answer["result_info"]["has_more"]:
                return found, after_id

    def until(self, count: int) -> list[str]:
        """Once there are so many; the ingester stores them by itself."""
        deadline = time.monotonic() + WAIT_S
        while len(found := self.ids(limit=500)) < count:
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found


def test_a_window_shows_what_was_asked_and_how_it_went(
    torana: Torana, admin: httpx.Client, made: Made, requests: ScriptedUpstream
) -> None:
    gateway = made("seen")
    first = log_of(chat(torana, gateway, {"cf-aig-metadata": '{"user": "ann"}'}))
    second = log_of(chat(torana, gateway, stream=True))
    assert Logs(admin, gateway).until(2) == [second, first]
    found = asked(admin, f"/ai-gateway/gateways/{gateway}/logs/window")
    info = found["result_info"]
    assert (info["count"], info["total_count"], info["total_count_is_exact"]) == (2, 2, True)
    assert (info["has_more"], info["is_stale"]) == (False, False)
    streamed, whole = found["result"]
    assert (streamed["streamed"], whole["streamed"]) == (True, False)
    assert (whole["provider"], whole["model"], whole["status_code"]) == ("openai", "gpt-4o-mini", 200)
    assert (whole["tokens_in"], whole["tokens_out"]) == (CHAT_USAGE["prompt_tokens"], CHAT_USAGE["completion_tokens"])
    assert (whole["cached_tokens_in"], whole["reasoning_tokens_out"]) == (4, 2)
    assert (whole["attempts"], whole["credential"], whole["metadata"]) == (1, "request", '{"user":"ann"}')
    assert whole["cost"] > 0
    assert 0 < whole["first_byte"] <= whole["duration"]
    assert "request" not in whole


def test_no_log_is_lost_or_shown_twice_while_others_come(
    torana: Torana, admin: httpx.Client, made: Made, requests: ScriptedUpstream
) -> None:
    """An answer that its client is slow to take began before the list and is stored after it: the tail has it."""
    gateway = made("busy")
    requests.script(lambda got: b'"large"' in got.body, Answer(body=b"x" * LARGE_BYTES))
    logs, url = Logs(admin, gateway), f"{torana.url}/v1/{torana.account_id}/{gateway}{PATH}"
    with (
        httpx.Client(trust_env=False, timeout=60) as client,
        client.stream("POST", url, json=CHAT | {"model": "large"}, headers=KEY) as held,
        ThreadPoolExecutor(4) as pool,
    ):
        calls = [pool.submit(chat, torana, gateway) for _ in range(100)]
        logs.until(20)
        first = asked(admin, f"/ai-gateway/gateways/{gateway}/logs/window", limit=7)
        anchor, total = first["result_info"]["anchor_id"], first["result_info"]["total_count"]
        came, after = logs.tail(anchor, limit=3)
        listed = [row["id"] for row in first["result"]]
        while page := logs.ids(anchor_id=anchor, offset=len(listed), limit=7):
            listed += page
            more, after = logs.tail(after, limit=3)
            came += more
        answered = [log_of(one.result()) for one in calls]
        assert log_of(held) not in listed + came
        assert len(held.read()) == LARGE_BYTES
    answered.append(log_of(held))
    deadline = time.monotonic() + WAIT_S
    while len(listed) + len(came) < len(answered):
        assert time.monotonic() < deadline
        more, after = logs.tail(after)
        came += more
    assert len(listed) == total
    assert listed == sorted(listed, reverse=True)
    assert sorted(listed + came) == sorted(answered)
    assert log_of(held) < listed[0]
    assert logs.ids(anchor_id=anchor, limit=500) == listed
    assert logs.ids(limit=500) == sorted(answered, reverse=True)
    assert logs.tail(after)[0] == []


def test_a_list_is_filtered_by_what_torana_knows_of_each_call(
    torana: Torana, admin: httpx.Client, made: Made, requests: ScriptedUpstream
) -> None:
    gateway = made("sifted")
    requests.script(lambda got: b'"dead"' in got.body, Answer(raw=b""))
    requests.script(lambda got: b'"late"' in got.body, Answer(status=429, body=b"{}"))
    fine = log_of(chat(torana, gateway))
    streamed = log_of(chat(torana, gateway, stream=True))
    late = log_of(chat(torana, gateway, model="late"))
    dead = log_of(chat(torana, gateway, model="dead"))
    bare = log_of(torana.post(f"/v1/{torana.account_id}/{gateway}{PATH}", CHAT))
    logs = Logs(admin, gateway)
    assert logs.until(5) == [bare, dead, late, streamed, fine]
    assert logs.ids(status="429") == [late]
    assert logs.ids(status="4xx") == [late]
    assert logs.ids(status="5XX") == [dead]
    assert logs.ids(status="2xx", order_by_direction="asc") == [fine, streamed, bare]
    assert logs.ids(streamed="true") == [streamed]
    assert logs.ids(streamed="false", credential="none") == [bare]
    assert logs.ids(error="CLOSED") == [dead]
    assert logs.ids(error="%") == []
    assert logs.ids(filters=json.dumps([{"key": "model", "operator": "eq", "value": ["late", "dead"]}])) == [dead, late]
    anchor = logs.info()["anchor_id"]
    newer = log_of(chat(torana, gateway, model="late"))
    logs.until(6)
    assert logs.ids(status="4xx", anchor_id=anchor) == [late]
    assert logs.ids(status="4xx", after_id=anchor) == [newer]
    assert logs.ids(status="5xx", after_id=anchor) == []
    assert logs.ids(after_id=bare) == [newer]
    assert logs.ids(order_by="duration", limit=1, offset=5) != []
    listed = asked(admin, f"/ai-gateway/gateways/{gateway}/logs", status="429")["result"]
    assert [row["id"] for row in listed] == [newer, late], "the list of Cloudflare's API has these filters too"


def test_a_moment_that_was_deleted_is_told_as_stale(
    torana: Torana, admin: httpx.Client, made: Made, requests: ScriptedUpstream
) -> None:
    gateway = made("forgotten")
    log_id = log_of(chat(torana, gateway))
    logs = Logs(admin, gateway)
    logs.until(1)
    assert admin.delete(f"/ai-gateway/gateways/{gateway}/logs/{log_id}").status_code == 200
    for name in ("anchor_id", "after_id"):
        info = logs.info(**{name: log_id})
        assert (info["is_stale"], info["count"], info["anchor_id"]) == (True, 0, log_id)
    assert logs.info()["is_stale"] is False


def test_a_trace_has_each_attempt_with_its_time_and_what_the_cost_is_made_of(
    torana: Torana, admin: httpx.Client, made: Made, requests: ScriptedUpstream
) -> None:
    gateway = made("traced")
    usage = json.dumps({"choices": [], "usage": CHAT_USAGE}).encode()
    whole = Answer(headers=[(b"content-type", b"application/json")], body=usage, delay_s=0.05)
    requests.script(PATH, Answer(status=503, body=b"busy", delay_s=0.05), whole)
    answer = chat(torana, gateway, {"cf-aig-max-attempts": "2", "cf-aig-retry-delay": "100"})
    place = f"/ai-gateway/gateways/{gateway}/logs/{log_of(answer)}"
    assert admin.patch(place, json={"feedback": 1, "score": 50}).status_code == 200
    trace = asked(admin, f"{place}/trace")["result"]
    failed, good = trace["attempts"]
    assert (failed["status"], good["status"]) == (503, 200)
    assert 0 <= failed["started_s"] < failed["first_byte_s"] <= failed["ended_s"]
    assert failed["ended_s"] + 0.1 <= good["started_s"] < good["first_byte_s"] <= good["ended_s"]
    assert good["ended_s"] * 1000 <= trace["timings"]["total"] + 0.01
    parts = {part["part"]: part for part in trace["cost_details"]}
    assert {name: part["units"] for name, part in parts.items()} == {
        "input": 8,
        "cached_input": 4,
        "output": 3,
        "reasoning": 2,
    }
    assert trace["cost_details_missing"] is None
    assert round(sum(part["cost"] for part in parts.values()) * 1e9) == round(trace["cost"] * 1e9) > 0
    assert all(part["cost"] == pytest.approx(part["units"] * part["unit_price"], abs=1e-9) for part in parts.values())
    assert (trace["feedback"], trace["score"]) == (1, 50)
    assert json.loads(trace["request_head"]) == CHAT
    assert json.loads(trace["response_head"]) == json.loads(usage)
    assert trace["request_headers"].startswith("POST /v1/")
    assert "sk-live" not in trace["request_headers"]


def test_a_token_for_metadata_sees_no_bodies_and_one_for_a_gateway_no_other(
    torana: Torana, admin: httpx.Client, made: Made, requests: ScriptedUpstream
) -> None:
    gateway = made("shown")
    log_id = log_of(chat(torana, gateway))
    place = f"/ai-gateway/gateways/{gateway}"
    with client_with(torana, admin, "read_metadata", gateway) as few:
        trace = asked(few, f"{place}/logs/{log_id}/trace")["result"]
        hidden = ("request_headers", "response_headers", "request_head", "response_head", "assembled")
        assert {name: trace[name] for name in hidden} == dict.fromkeys(hidden, "")
        assert (trace["id"], trace["has_bodies"], trace["request_head_complete"]) == (log_id, True, False)
        assert trace["cost_details"]
        assert asked(few, f"{place}/logs/window")["result"][0]["id"] == log_id
        for path in (f"{place}/spend", "/ai-gateway/providers", "/system"):
            assert refused(few.get(path)) == (403, 10000)
        for path in ("logs/window", f"logs/{log_id}/trace", "spend"):
            assert refused(few.get(f"/ai-gateway/gateways/default/{path}")) == (403, 10000)


def client_with(torana: Torana, admin: httpx.Client, permission: str, gateway: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {token(torana, permission, gateway=gateway)}"}
    return httpx.Client(base_url=admin.base_url, headers=headers, trust_env=False, timeout=30)


def refused(answer: httpx.Response) -> tuple[int, int]:
    told = answer.json()
    assert (told["success"], told["result"], told["messages"]) == (False, {}, [])
    return answer.status_code, told["errors"][0]["code"]


@pytest.mark.parametrize(
    ("path", "status", "code", "place"),
    [
        ("gateways/nobody/logs/window", 404, 7002, []),
        ("gateways/nobody/spend", 404, 7002, []),
        ("gateways/default/logs/nothing/trace", 404, 7002, []),
        ("gateways/default/logs/window?limit=0", 400, 7001, ["query", "limit"]),
        ("gateways/default/logs/window?limit=501", 400, 7001, ["query", "limit"]),
        ("gateways/default/logs/window?offset=-1", 400, 7001, ["query", "offset"]),
        ("gateways/default/logs/window?status=600", 400, 7001, ["query", "status"]),
        ("gateways/default/logs/window?streamed=maybe", 400, 7001, ["query", "streamed"]),
        ("gateways/default/logs/window?order_by=path", 400, 7001, ["query", "order_by"]),
        ("gateways/default/logs/window?anchor_id=yesterday", 400, 7001, ["query", "anchor_id"]),
        ("gateways/default/logs/window?after_id=1-2", 400, 7001, ["query", "after_id"]),
        ("gateways/default/logs/window?after_id=0&offset=5", 400, 7001, ["query", "offset"]),
        ("gateways/default/logs/window?after_id=0&anchor_id=0", 400, 7001, ["query", "anchor_id"]),
        ("gateways/default/logs/window?after_id=0&order_by=cost", 400, 7001, ["query", "order_by"]),
        ("gateways/default/logs/window?page=2", 400, 7001, ["query"]),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_place(
    admin: httpx.Client, path: str, status: int, code: int, place: list[str]
) -> None:
    answer = admin.get(f"/ai-gateway/{path}")
    assert refused(answer) == (status, code)
    assert answer.json()["errors"][0].get("path", []) == place


def test_without_a_token_nothing_is_told(torana: Torana) -> None:
    base = f"{torana.url}/client/v4/accounts/{torana.account_id}"
    gateway = f"{base}/ai-gateway/gateways/default"
    for url in (f"{gateway}/logs/window", f"{gateway}/spend", f"{base}/ai-gateway/providers", f"{base}/system"):
        assert refused(httpx.get(url, trust_env=False)) == (401, 10000)


def test_spend_is_what_the_logs_cost_and_limits_say_when_they_run_out(
    torana: Torana, admin: httpx.Client, made: Made, requests: ScriptedUpstream
) -> None:
    rule = {"id": "day", "limitType": "cost", "limit": 0.001, "window": 86_400, "technique": "fixed"}
    slide = {"id": "slide", "limitType": "cost", "limit": 5, "window": 86_400, "provider": {"mode": "partition"}}
    gateway = made("spending", spend_limits={"enabled": True, "rules": [rule, slide]})
    costs = json.dumps({"choices": [], "usage": CHAT_USAGE | {"cost": 0.0004}}).encode()
    requests.script(PATH, Answer(headers=[(b"content-type", b"application/json")], body=costs))
    for _ in range(2):
        assert chat(torana, gateway, max_tokens=5).status_code == 200
    Logs(admin, gateway).until(2)
    spend = asked(admin, f"/ai-gateway/gateways/{gateway}/spend")["result"]
    rows = asked(admin, f"/ai-gateway/gateways/{gateway}/logs/window")["result"]
    total = sum(row["cost"] for row in rows)
    assert total == pytest.approx(0.0008)
    assert [spend[name] for name in ("today", "week", "month")] == pytest.approx([total] * 3)
    assert len(spend["per_day"]) == 30
    assert spend["per_day"][-1]["cost"] == pytest.approx(total)
    assert sum(one["cost"] for one in spend["per_day"]) == pytest.approx(total)
    assert spend["forecast_month"] is None, "there is no full day of data yet"
    day, sliding = spend["limits"]
    assert (day["id"], day["limit"], day["window"], day["technique"]) == ("day", 0.001, 86_400, "fixed")
    assert (day["used"], day["remaining"]) == (pytest.approx(0.0008), pytest.approx(0.0002))
    assert day["resets_at"].endswith("T00:00:00.000Z")
    assert day["runs_out_at"] is None or day["runs_out_at"] < day["resets_at"]
    assert (sliding["value"], sliding["by"], sliding["resets_at"]) == ("openai", ["provider"], None)
    assert sliding["runs_out_at"] is None, "0.0008 USD in the first step of a day do not come to 5"


def test_providers_are_those_a_gateway_can_call_with_where_their_keys_are(torana: Torana, admin: httpx.Client) -> None:
    key = {"provider_slug": "groq", "alias": "a", "default_config": True, "secret": "gsk_0123456789"}
    assert admin.post("/ai-gateway/gateways/default/provider_configs", json=key).status_code == 200
    own = {"name": "Mine", "slug": "mine", "base_url": "https://mine.example.com", "enable": True}
    assert admin.post("/ai-gateway/custom-providers", json=own).status_code == 200
    off = own | {"name": "Off", "slug": "off", "enable": False}
    assert admin.post("/ai-gateway/custom-providers", json=off).status_code == 200
    found = {one["slug"]: one for one in asked(admin, "/ai-gateway/providers")["result"]}
    assert next(iter(found)) == "openai"
    assert list(found)[-1] == "custom-mine"
    assert found["groq"]["has_key_in"] == ["default"]
    assert found["anthropic"]["has_key_in"] == []
    assert found["anthropic"]["formats"] == ["anthropic_messages"]
    assert (found["local"]["needs_key"], found["openai"]["needs_key"]) == (False, True)
    assert (found["custom-mine"]["name"], found["custom-mine"]["is_custom"]) == ("Mine", True)
    assert found["openai"]["base_path"] == f"/v1/{torana.account_id}/{{gateway_id}}/openai"
    with client_with(torana, admin, "read", "elsewhere") as few:
        seen = {one["slug"]: one for one in asked(few, "/ai-gateway/providers")["result"]}
    assert seen["groq"]["has_key_in"] == [], "keys of other gateways are none of its business"
    assert seen.keys() == found.keys()


def test_the_system_tells_of_its_processes_and_its_store(torana: Torana, admin: httpx.Client) -> None:
    chat(torana, "default")
    before = asked(admin, "/system")["result"]
    chat(torana, "default")
    wanted, ends = before["workers"][0]["requests"], time.monotonic() + 10
    while (system := asked(admin, "/system")["result"])["workers"][0]["requests"] <= wanted:
        assert time.monotonic() < ends, "a worker writes its figures down several times a second"
        time.sleep(0.05)
    [worker] = system["workers"]
    pids = json.loads((torana.data_dir / "run" / "state.json").read_text())["pids"]
    assert ([worker["pid"]], system["control"]["pid"]) == (pids["workers"], pids["control"])
    assert worker["requests"] > wanted
    assert worker["connections"] >= 1
    assert worker["rss_bytes"] > 10_000_000
    assert system["control"]["rss_bytes"] > 10_000_000
    assert 0 < system["uptime_s"] < 600
    assert system["started_at"] <= worker["started_at"]
    assert system["journal"]["most_bytes"] == 2 << 30
    assert system["journal"]["segments"] >= 1
    assert (system["journal"]["dropped"], system["journal"]["drop_reason"]) == (0, "")
    assert system["journal"]["lag_s"] < 10
    assert system["stores"][0]["kind"] == "sqlite"
    assert system["stores"][0]["rows"] > 0
    assert system["version"]
    assert system["versions"]["uvloop"]


@pytest.fixture(autouse=True)
def _plain(upstream: ScriptedUpstream) -> Iterator[None]:
    """Scripts of one test are none of the next one's business."""
    before = list(upstream._scripts)
    yield
    upstream._scripts[:] = before
