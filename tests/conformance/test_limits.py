"""Rate and spend limits over real sockets, with several workers and with processes that are killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from running import Torana
from scripted import Answer, Received, ScriptedUpstream

CHAT = {"model": "gpt-4o-mini", "max_tokens": 1_000, "messages": [{"role": "user", "content": "hi"}]}
OUTPUT_USD = 0.6 / 1_000_000
"""What a token of its answers costs."""
TOKENS = 500
COST_USD = TOKENS * OUTPUT_USD
HELD_USD = 1_000 * OUTPUT_USD
USAGE = json.dumps({"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": TOKENS}}).encode()
JSON_TYPE = [(b"Content-Type", b"application/json")]
SSE_TYPE = [(b"Content-Type", b"text/event-stream")]
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"word"}}]}\n\n'


class Operator:
    """Sets limits and reads where they stand, by the management API."""

    def __init__(self, torana: Torana) -> None:
        self._torana = torana
        before = max(self._versions())
        made = json.loads(torana.run("tokens", "create", "--name", "t", "--permission", "edit", "--json"))
        self._headers = {"authorization": f"Bearer {made['token']}"}
        until(lambda: min(self._versions()) > before)  # else the next change would be taken for seen

    @property
    def _gateways(self) -> str:
        return f"{self._torana.url}/client/v4/accounts/{self._torana.account_id}/ai-gateway/gateways"

    def make(self, name: str, **settings: object) -> str:
        """A gateway with these settings, served."""
        given = {
            "cache_invalidate_on_update": False,
            "cache_ttl": 0,
            "collect_logs": True,
            "rate_limiting_interval": 0,
            "rate_limiting_limit": 0,
        }
        before = max(self._versions())
        reply = httpx.post(self._gateways, json={"id": name, **given, **settings}, headers=self._headers)
        assert reply.status_code == 200, reply.text
        shown = reply.json()["result"]
        assert {key: shown[key] for key in settings} == settings
        until(lambda: min(self._versions()) > before)
        url = f"{self._torana.at('openai', name)}/v1/models"
        until(lambda: httpx.get(url, trust_env=False).status_code != 400)
        return name

    def _versions(self) -> list[float]:
        """Of the configuration, as each worker has it."""
        lines = httpx.get(f"{self._torana.url}/metrics", trust_env=False).text.splitlines()
        return [float(line.split()[-1]) for line in lines if line.startswith("torana_worker_snapshot_version{")]

    def limits(self, name: str) -> list[dict[str, object]]:
        reply = httpx.get(f"{self._gateways}/{name}/limits", headers=self._headers)
        assert reply.status_code == 200, reply.text
        found: list[dict[str, object]] = reply.json()["result"]
        return found


def until(is_so: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.05)


def spend(limit: float, **rule: object) -> dict[str, object]:
    return {
        "enabled": True,
        "rules": [{"limit": limit, "limitType": "cost", "window": 86_400} | rule],
    }


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as up:
        up.script("/openai/v1/models", Answer(headers=JSON_TYPE, body=b"{}"))
        up.script("/openai/v1/chat/completions", Answer(headers=JSON_TYPE, body=USAGE))
        yield up


@pytest.fixture(scope="module")
def torana(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    folder = tmp_path_factory.mktemp("limits") / "data"
    with Torana(folder, {"openai": f"{upstream.url}/openai"}, workers=2) as running:
        yield running


@pytest.fixture(scope="module")
def operator(torana: Torana) -> Operator:
    return Operator(torana)


def post(torana: Torana, gateway: str, **changed: object) -> httpx.Response:
    return torana.post(f"/v1/{torana.account_id}/{gateway}/openai/v1/chat/completions", CHAT | changed)


TAKES_S = 2.0


async def burst(torana: Torana, gateway: str, calls: int) -> list[httpx.Response]:
    """All at once, each on a connection of its own, so that both workers have some."""
    limits = httpx.Limits(max_connections=calls, max_keepalive_connections=calls)
    url = torana.at("openai", gateway) + "/v1/chat/completions"
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
        return list(await asyncio.gather(*(client.post(url, json=CHAT) for _ in range(calls))))


def said(reply: httpx.Response) -> tuple[int, int, str]:
    body = reply.json()
    return reply.status_code, body["internalCode"], body["message"]


async def test_two_workers_let_exactly_the_limit_through(torana: Torana, operator: Operator) -> None:
    name = operator.make(
        "rate", rate_limiting_limit=30, rate_limiting_interval=86_400, rate_limiting_technique="sliding"
    )
    replies = await burst(torana, name, 60)
    assert Counter(reply.status_code for reply in replies) == {200: 29, 429: 31}, "one went for the model list"
    [refused] = {said(reply) for reply in replies if reply.status_code == 429}
    assert refused == (429, 2003, "Rate limited")
    waits = {int(reply.headers["retry-after"]) for reply in replies if reply.status_code == 429}
    assert all(86_000 < wait <= 86_400 + 1_440 for wait in waits)
    [limit] = operator.limits(name)
    assert (limit["kind"], limit["id"], limit["limit"], limit["used"], limit["remaining"]) == (
        *("rate", "gateway", 30),
        *(30, 0),
    )
    statuses = Counter(row["status_code"] for row in torana.logs("--gateway", name, "-n", "100"))
    assert (statuses[200], statuses[429]) == (30, 31)


async def test_a_burst_of_200_calls_does_not_overshoot_what_may_be_spent(
    torana: Torana, upstream: ScriptedUpstream, operator: Operator
) -> None:
    limit = 20 * HELD_USD
    name = operator.make("burst", spend_limits=spend(limit, id="day"))
    upstream.requests.clear()
    upstream.script("/openai/v1/chat/completions", Answer(headers=JSON_TYPE, body=USAGE, delay_s=TAKES_S))
    try:
        replies = await burst(torana, name, 200)
    finally:
        upstream.script("/openai/v1/chat/completions", Answer(headers=JSON_TYPE, body=USAGE))
    answered = sum(reply.status_code == 200 for reply in replies)
    assert answered == len(upstream.requests)
    arrivals = sorted(request.arrived for request in upstream.requests)
    under_way = [bisect_left(arrivals, begun + TAKES_S) - first for first, begun in enumerate(arrivals)]
    assert 15 <= max(under_way) <= 20, "20 fit at once but for what their questions may cost"
    assert answered * COST_USD <= limit
    assert sum(reply.status_code == 429 for reply in replies) == 200 - answered
    status, code, message = next(said(reply) for reply in replies if reply.status_code == 429)
    assert (status, code) == (429, 2041)
    assert message.startswith(
        f"Spend limit exceeded: rule 'day' (cost limit {limit:g} per 86400s, sliding) for openai gpt"
    )
    [state] = operator.limits(name)
    assert state["used"] == pytest.approx(answered * COST_USD)
    assert (state["held"], state["by"]) == (0, [])
    # One after the other they may go on until the limit is reached, and never over it.
    while (reply := post(torana, name)).status_code == 200:
        answered += 1
        assert answered < 50
    assert said(reply)[1] == 2041
    [state] = operator.limits(name)
    assert isinstance(state["used"], float)
    assert limit - HELD_USD - 0.0001 < state["used"] <= limit
    assert state["used"] == pytest.approx(answered * COST_USD)
    logged = sum(float(str(row["cost"])) for row in torana.logs("--gateway", name, "-n", "500") if row["cost"])
    assert logged == pytest.approx(state["used"]), "what the logs say was spent"


def test_a_stream_that_the_client_leaves_is_charged_for_what_came(
    torana: Torana, upstream: ScriptedUpstream, operator: Operator
) -> None:
    name = operator.make("left", spend_limits=spend(1.0, model={"mode": "partition"}))
    endless = Answer(headers=SSE_TYPE, chunks=[EVENT * 50, *([EVENT] * 1_000)], chunk_delay_s=0.05, framing="chunked")
    upstream.script(
        lambda received: received.path.endswith("/chat/completions") and b'"left"' in received.body, endless
    )
    url = torana.at("openai", name) + "/v1/chat/completions"
    with httpx.stream("POST", url, json=CHAT | {"stream": True, "user": "left"}, trust_env=False) as reply:
        got, pieces = b"", reply.iter_raw()
        while got.count(EVENT) < 50:
            got += next(pieces)
        [state] = operator.limits(name)
        assert state["held"] == pytest.approx(HELD_USD, rel=0.1)

    def used() -> float:
        [state] = operator.limits(name)
        assert isinstance(state["used"], int | float)
        return state["used"]

    until(lambda: used() > 0)
    [state] = operator.limits(name)
    assert state["held"] == 0
    assert 50 * OUTPUT_USD <= used() < 80 * OUTPUT_USD
    values = state["values"]
    assert isinstance(values, list)
    assert [each["value"] for each in values] == ["gpt-4o-mini"]


def test_what_has_no_price_is_not_called(torana: Torana, upstream: ScriptedUpstream, operator: Operator) -> None:
    name = operator.make("unpriced", spend_limits=spend(1.0))
    upstream.requests.clear()
    refused = post(torana, name, model="no-such-model")
    assert said(refused) == (403, 2040, "Model or provider could not be resolved for spend-limit enforcement")
    assert upstream.requests == []


def test_further_limits_go_by_model_and_metadata(torana: Torana, operator: Operator) -> None:
    rules = [
        {"limit": 1, "interval": 86_400, "technique": "fixed", "by": "metadata.team"},
        {"limit": 2, "interval": 86_400, "technique": "fixed", "by": "model"},
    ]
    name = operator.make("further", rate_limits=rules)
    path = f"/v1/{torana.account_id}/{name}/openai/v1/chat/completions"
    replies = [
        torana.post(path, CHAT, {"cf-aig-metadata": json.dumps({"team": team})}) for team in ("a", "a", "b", "c")
    ]
    assert [reply.status_code for reply in replies] == [200, 429, 200, 429]
    assert [reply.headers.get("ratelimit-policy") for reply in replies] == [
        *(None, '"metadata.team";q=1;w=86400'),
        *(None, '"model";q=2;w=86400'),
    ]


def test_a_limit_goes_by_token(torana: Torana, operator: Operator) -> None:
    texts = [
        str(json.loads(torana.run("tokens", "create", "--name", name, "--permission", "run", "--json"))["token"])
        for name in ("a", "b")
    ]
    rule = {"limit": 1, "interval": 86_400, "technique": "fixed", "by": "token"}
    name = operator.make("by-token", rate_limits=[rule])
    path = f"/v1/{torana.account_id}/{name}/openai/v1/chat/completions"
    replies = [torana.post(path, CHAT, {"cf-aig-authorization": f"Bearer {texts[which]}"}) for which in (0, 0, 1, 1)]
    assert [reply.status_code for reply in replies] == [200, 429, 200, 429]


def test_a_universal_request_counts_once_and_pays_for_the_step_that_answered(
    torana: Torana, upstream: ScriptedUpstream, operator: Operator
) -> None:
    name = operator.make("steps", rate_limiting_limit=2, rate_limiting_interval=86_400, spend_limits=spend(1.0))
    down = Answer(status=500, headers=JSON_TYPE, body=b"{}")
    upstream.script(lambda received: b'"down"' in received.body, down)
    headers = {"authorization": "Bearer k", "content-type": "application/json"}
    step = {"provider": "openai", "endpoint": "v1/chat/completions", "headers": headers}
    steps = [step | {"query": CHAT | {"user": "down"}}, step | {"query": CHAT}]
    reply = torana.post(f"/v1/{torana.account_id}/{name}", steps)
    assert (reply.status_code, reply.headers["cf-aig-step"]) == (200, "1")
    rate, cost = operator.limits(name)
    assert (rate["used"], cost["held"]) == (2, 0), "it, and one for the model list"
    assert cost["used"] == pytest.approx(COST_USD)
    reply = torana.post(f"/v1/{torana.account_id}/{name}", steps)
    assert said(reply) == (429, 2003, "Rate limited")


def test_the_command_shows_what_the_api_shows(torana: Torana, operator: Operator) -> None:
    name = operator.make("shown", rate_limiting_limit=5, rate_limiting_interval=86_400, spend_limits=spend(2.5, id="d"))
    assert post(torana, name).status_code == 200
    shown = json.loads(torana.run("limits", "--gateway", name, "--json"))
    assert shown == {name: operator.limits(name)}
    rows = [line.split() for line in torana.run("limits", "--gateway", name).splitlines()]
    assert [row[:8] for row in rows[1:]] == [
        [name, "rate", "gateway", "2", "0", "5", "86400", "s"],
        [name, "spend", "d", f"{COST_USD:g}", "0", "2.5", "86400", "s"],
    ]


def test_what_was_used_survives_kill_minus_nine_of_all_processes(tmp_path: Path) -> None:
    with ScriptedUpstream() as up:

        def never_for_some(received: Received) -> Answer:
            if b'"never"' in received.body:
                return Answer(never=True)
            return Answer(headers=JSON_TYPE, body=USAGE)

        up.script("/openai/v1/chat/completions", never_for_some)
        up.script("/openai/v1/models", Answer(headers=JSON_TYPE, body=b"{}"))
        data, providers = tmp_path / "data", {"openai": f"{up.url}/openai"}
        with Torana(data, providers) as torana:
            operator = Operator(torana)
            name = operator.make("kept", rate_limiting_limit=9, rate_limiting_interval=86_400, spend_limits=spend(1.0))
            assert [post(torana, name).status_code for _ in range(4)] == [200] * 4
            url = torana.at("openai", name) + "/v1/chat/completions"
            with pytest.raises(httpx.ReadTimeout):
                httpx.post(url, json=CHAT | {"user": "never"}, timeout=0.5, trust_env=False)
            # That client left and pays for its question; the next one is under way when all is killed.
            with httpx.Client(trust_env=False) as client:
                under_way = client.build_request("POST", url, json=CHAT | {"user": "never"})
                killing = pids(torana)
                waiting = threaded(client, under_way)
                up.wait_until(lambda: sum(b'"never"' in each.body for each in up.requests) == 2)
                for pid in killing:
                    os.kill(pid, signal.SIGKILL)
                waiting()
            assert torana.process is not None
            torana.process.wait(10)
        (data / "run" / "state.json").unlink()  # it was killed: the next start is not to be taken for it
        with Torana(data, providers) as torana:
            operator = Operator(torana)
            assert post(torana, name).status_code == 200
            rate, cost = operator.limits(name)
            assert rate["used"] == 8, "a list of models, four answers, two without, and one after"
            assert cost["held"] == 0
            assert cost["used"] == pytest.approx(5 * COST_USD + HELD_USD, abs=0.00005), "the killed call counts in full"
            assert [post(torana, name).status_code for _ in range(2)] == [200, 429]


def pids(torana: Torana) -> list[int]:
    """The supervisor first, so that it replaces nobody."""
    told = torana.info["pids"]
    assert isinstance(told, dict)
    return [told["supervisor"], *told["workers"], told["control"]]


def threaded(client: httpx.Client, request: httpx.Request) -> Callable[[], None]:
    """Sends it from a thread; the end of the connection is expected."""

    def send() -> None:
        with pytest.raises(httpx.TransportError):
            client.send(request)

    thread = threading.Thread(target=send)
    thread.start()
    return lambda: thread.join(10)
