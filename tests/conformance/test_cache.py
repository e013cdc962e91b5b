"""The cache through the running product: by its headers and settings, with OpenAI's SDK, streams, and purges."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import openai
import pytest

from running import Torana
from scripted import Answer, Received, ScriptedUpstream
from scripted_answers import TEXT, default_answer

TTL = {"cf-aig-cache-ttl": "600"}
STREAMS = {**TTL, "torana-cache-streams": "true"}
_numbers = iter(range(1_000_000))


@pytest.fixture
def said() -> str:
    """Something that no other test says."""
    return f"hello {next(_numbers)}"


@pytest.fixture(scope="module")
def edit(torana: Torana) -> Iterator[httpx.Client]:
    """The management API, as somebody who may change it."""
    made = json.loads(torana.run("tokens", "create", "--name", "t", "--permission", "edit", "--json"))
    with httpx.Client(
        base_url=f"{torana.url}/client/v4/accounts/{torana.account_id}/ai-gateway/",
        headers={"authorization": f"Bearer {made['token']}"},
        trust_env=False,
        timeout=30,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def gateway(torana: Torana, edit: httpx.Client) -> str:
    """A gateway that caches all it can."""
    settings = {"cache_ttl": 60, "cache_invalidate_on_update": True, "collect_logs": True}
    limits = {"rate_limiting_interval": 0, "rate_limiting_limit": 0}
    wish = {"id": "caching", **settings, **limits, "cache_streams": True, "cache_single_flight": True}
    made = edit.post("gateways", json=wish).json()
    assert made["success"], made
    assert (made["result"]["cache_ttl"], made["result"]["cache_streams"]) == (60, True)
    torana.follow()
    return "caching"


def chat(
    torana: Torana, said: str, headers: dict[str, str] | None = None, gateway: str = "default", **asked: object
) -> httpx.Response:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": said}], **asked}
    key = {"authorization": "Bearer sk-test-0123456789"}
    path = f"/v1/{torana.account_id}/{gateway}/openai/chat/completions"
    return torana.post(path, body, {**key, **(headers or {})})


def status(answer: httpx.Response) -> str | None:
    found: str | None = answer.headers.get("cf-aig-cache-status")
    return found


def test_a_hit_is_the_same_answer_with_ids_of_its_own_and_costs_nothing(
    torana: Torana, requests: ScriptedUpstream, said: str
) -> None:
    custom = {**TTL, "cf-aig-custom-cost": '{"per_token_in": 1, "per_token_out": 1}'}
    first, second = (chat(torana, said, custom) for _ in range(2))
    assert (status(first), status(second)) == ("MISS", "HIT")
    assert first.content == second.content
    assert len(requests.requests) == 1
    assert first.headers["cf-aig-log-id"] != second.headers["cf-aig-log-id"]
    assert second.headers["cf-aig-request-id"] == second.headers["cf-aig-log-id"]
    rows = [torana.log(answer.headers["cf-aig-log-id"]) for answer in (first, second)]
    assert [row["cached"] for row in rows] == [False, True]
    assert [row["cost"] for row in rows] == [17, 0]
    assert rows[0]["tokens_in"] == rows[1]["tokens_in"] == 12
    assert rows[1]["success"]
    assert rows[1]["response_head"] == first.text
    assert [row["id"] for row in torana.logs("--limit", "1")] == [second.headers["cf-aig-log-id"]]


def test_hits_of_one_connection_are_logged_each_as_the_first_was(
    torana: Torana, requests: ScriptedUpstream, said: str
) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": said}]}
    headers = {"authorization": "Bearer sk-test-0123456789", **TTL}
    with httpx.Client(base_url=torana.url, headers=headers, trust_env=False, timeout=30) as client:
        answers = [client.post(torana.at("openai") + "/chat/completions", json=body) for _ in range(5)]
    assert [status(answer) for answer in answers] == ["MISS", *["HIT"] * 4]
    assert len(requests.requests) == 1
    ids = [answer.headers["cf-aig-log-id"] for answer in answers]
    assert len(set(ids)) == 5
    _, first, *others = [torana.log(each) for each in ids]
    assert first["response_head"] == answers[0].text
    for row in others:
        differs = {name for name in row if row[name] != first[name]}
        assert differs <= {"id", "event_id", "created_at", "duration", "timings", "response_headers"}, differs
        heads = [re.sub(r"age\W+\d+", "age", str(each["response_headers"])) for each in (row, first)]
        assert heads[0] == heads[1]
        assert "age" in heads[0]


def test_openais_sdk_is_answered_from_the_cache(torana: Torana, requests: ScriptedUpstream, said: str) -> None:
    client = openai.OpenAI(base_url=torana.at("openai"), api_key="sk-sdk-0123456789", max_retries=0)
    asked = [{"role": "user", "content": said}]
    found = [
        client.chat.completions.create(model="m", messages=asked, extra_headers=TTL)  # type: ignore[arg-type]  # a dict is one
        for _ in range(3)
    ]
    assert {answer.choices[0].message.content for answer in found} == {TEXT}
    raw = client.chat.completions.with_raw_response.create(model="m", messages=asked, extra_headers=TTL)  # type: ignore[arg-type]  # the same
    assert raw.headers["cf-aig-cache-status"] == "HIT"
    assert len(requests.requests) == 1
    other = client.with_options(api_key="sk-sdk-of-somebody-else")
    other.chat.completions.create(model="m", messages=asked, extra_headers=TTL)  # type: ignore[arg-type]  # the same
    assert len(requests.requests) == 2


def test_openais_sdk_reads_a_replayed_stream(torana: Torana, requests: ScriptedUpstream, said: str) -> None:
    client = openai.OpenAI(base_url=torana.at("openai"), api_key="sk-sdk-0123456789", max_retries=0)
    texts = []
    for _ in range(2):
        stream = client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": said}],
            stream=True,
            stream_options={"include_usage": True},
            extra_headers=STREAMS,
        )
        chunks = list(stream)
        assert chunks[-1].usage
        assert chunks[-1].usage.total_tokens == 17
        texts.append("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices))
    assert texts == [TEXT, TEXT]
    assert len(requests.requests) == 1


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("openai", "responses"),
        ("anthropic", "v1/messages"),
        ("google-ai-studio", "v1/models/g:streamGenerateContent?alt=sse"),
    ],
)
def test_streams_of_other_formats_are_replayed_as_they_went(
    torana: Torana, requests: ScriptedUpstream, said: str, provider: str, path: str
) -> None:
    body = {"model": "m", "stream": True, "input": said}
    full = f"/v1/{torana.account_id}/default/{provider}/{path}"
    first, second = (torana.post(full, body, STREAMS) for _ in range(2))
    assert (status(first), status(second)) == ("MISS", "HIT")
    assert first.content == second.content
    assert second.headers["content-type"] == "text/event-stream"
    assert second.headers["transfer-encoding"] == "chunked"
    row = torana.log(second.headers["cf-aig-log-id"])
    assert (row["cached"], row["streamed"], row["cost"]) == (True, True, 0)
    assert row["tokens_out"] == torana.log(first.headers["cf-aig-log-id"])["tokens_out"]
    assert len(requests.requests) == 1


def test_unasked_a_stream_is_not_cached(torana: Torana, said: str) -> None:
    assert [status(chat(torana, said, TTL, stream=True)) for _ in range(2)] == [None, None]


def test_the_callers_wishes_never_reach_the_provider(torana: Torana, requests: ScriptedUpstream, said: str) -> None:
    chat(torana, said, {**STREAMS, "cf-aig-cache-key": "k", "cf-aig-skip-cache": "true", "cf-cache-ttl": "60"})
    names = [name.lower() for name, _ in requests.requests[0].headers]
    assert not [name for name in names if name.startswith((b"cf-", b"torana-"))]


def test_a_gateways_ttl_and_what_overrides_it(torana: Torana, gateway: str, said: str) -> None:
    def ask(**headers: str) -> str | None:
        return status(chat(torana, said, {name.replace("_", "-"): value for name, value in headers.items()}, gateway))

    assert [ask(), ask(), ask(cf_aig_skip_cache="true"), ask(cf_aig_cache_ttl="0")] == ["MISS", "HIT", None, None]
    assert ask(cf_skip_cache="true") is None
    assert [status(chat(torana, said, {}, gateway, stream=True)) for _ in range(2)] == ["MISS", "HIT"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, headers=[(b"Content-Type", b"application/json")], body=b'{"a":1}'),
        Answer(status=429, headers=[(b"Content-Type", b"application/json")], body=b'{"a":1}'),
        Answer(headers=[(b"Content-Type", b"application/json")], body=b'{"error":{"code":502}}'),
        Answer(headers=[(b"Content-Type", b"application/json")], body=b'{"a":1}', cut_after_bytes=4),
        Answer(
            headers=[(b"Content-Type", b"application/json")],
            chunks=[b'{"a":', b"1}"],
            framing="chunked",
            cut_after_bytes=5,
        ),
    ],
    ids=["500", "429", "error", "cut", "cut-chunks"],
)
def test_an_error_or_half_an_answer_is_never_cached(
    torana: Torana, requests: ScriptedUpstream, said: str, answer: Answer
) -> None:
    requests.script(lambda received: said.encode() in received.body, answer, default_answer)
    with suppress(httpx.RemoteProtocolError):  # the break reaches the client
        assert status(chat(torana, said, TTL)) == "MISS"
    again = [chat(torana, said, TTL) for _ in range(2)]
    assert [(one.status_code, status(one)) for one in again] == [(200, "MISS"), (200, "HIT")]
    assert json.loads(again[1].content)["choices"]


def test_a_client_that_is_gone_before_the_end_leaves_nothing_behind(
    torana: Torana, requests: ScriptedUpstream, said: str
) -> None:
    events = default_answer(Received(b"POST", b"/chat/completions", [], b'{"stream":true,"model":"m"}')).chunks
    assert events
    slow = Answer(
        headers=[(b"Content-Type", b"text/event-stream")], chunks=events, framing="chunked", chunk_delay_s=0.2
    )
    requests.script(lambda received: said.encode() in received.body, slow, default_answer)
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": said}]}).encode()
    url = httpx.URL(torana.url)
    with socket.create_connection((url.host, url.port or 0), timeout=10) as client:
        head = (
            f"POST /v1/{torana.account_id}/default/openai/chat/completions HTTP/1.1\r\nHost: t\r\n"
            "Content-Type: application/json\r\nAuthorization: Bearer sk-test-0123456789\r\nAccept: */*\r\n"
            f"cf-aig-cache-ttl: 600\r\ntorana-cache-streams: true\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        client.sendall(head.encode() + body)
        assert b"MISS" in client.recv(65536)
    url_ = f"/v1/{torana.account_id}/default/openai/chat/completions"
    key = {"content-type": "application/json", "authorization": "Bearer sk-test-0123456789", "accept": "*/*"}
    again = [httpx.post(torana.url + url_, content=body, headers={**key, **STREAMS}, trust_env=False) for _ in range(2)]
    assert [status(one) for one in again] == ["MISS", "HIT"]
    assert again[1].content == b"".join(events)


def test_many_at_once_are_one_call_where_that_was_asked_for(
    torana: Torana, requests: ScriptedUpstream, gateway: str, said: str
) -> None:
    def slowly(received: Received) -> Answer:
        answer = default_answer(received)
        answer.delay_s = 0.5
        return answer

    requests.script(lambda received: said.encode() in received.body, slowly)
    ready = threading.Barrier(20)

    def ask(_: int) -> httpx.Response:
        ready.wait(10)
        return chat(torana, said, {}, gateway)

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, range(20)))
    assert sorted(str(status(one)) for one in found) == ["HIT"] * 19 + ["MISS"]
    assert len({one.content for one in found}) == 1
    assert len([one for one in requests.requests if said.encode() in one.body]) == 1


def test_a_purge_of_one_key_leaves_the_others(torana: Torana, gateway: str, edit: httpx.Client, said: str) -> None:
    keys = [{"cf-aig-cache-key": f"{said}/é".encode()}, {"cf-aig-cache-key": f"{said}/b".encode()}]
    for key in keys:
        assert [status(chat(torana, said, key, gateway)) for _ in range(2)] == ["MISS", "HIT"]  # type: ignore[arg-type]  # bytes are fine
    answer = edit.delete(f"gateways/{gateway}/cache", params={"key": f"{said}/é"})
    assert answer.status_code == 200
    assert answer.json()["result"]["key"] == f"{said}/é"
    torana.follow()
    assert [status(chat(torana, said, key, gateway)) for key in keys] == ["MISS", "HIT"]  # type: ignore[arg-type]  # the same


def test_a_purge_of_everything_and_a_change_of_settings(
    torana: Torana, gateway: str, edit: httpx.Client, said: str
) -> None:
    assert [status(chat(torana, said, {}, gateway)) for _ in range(2)] == ["MISS", "HIT"]
    assert edit.delete(f"gateways/{gateway}/cache").json()["result"]["gateway_id"] == gateway
    torana.follow()
    assert [status(chat(torana, said, {}, gateway)) for _ in range(2)] == ["MISS", "HIT"]
    torana.run("cache", "purge", gateway)
    torana.follow()
    assert [status(chat(torana, said, {}, gateway)) for _ in range(2)] == ["MISS", "HIT"]
    settings = edit.get(f"gateways/{gateway}").json()["result"]
    assert edit.put(f"gateways/{gateway}", json=settings).status_code == 200
    torana.follow()
    assert status(chat(torana, said, {}, gateway)) == "MISS"


def test_a_purge_needs_a_gateway_that_is_there(torana: Torana, edit: httpx.Client) -> None:
    assert edit.delete("gateways/nobody/cache").status_code == 404
    assert edit.delete("gateways/default/cache", params={"key": ""}).status_code == 400
    assert "no gateway `nobody`" in torana.run("cache", "purge", "nobody", code=1)
    shown = json.loads(torana.run("cache", "purge", "--key", "k", "--json"))
    assert (shown["gateway_id"], shown["key"]) == ("default", "k")


def test_the_metrics_tell_how_the_cache_fares(torana: Torana, said: str) -> None:
    for _ in range(3):
        chat(torana, said, TTL)

    def figures() -> dict[str, float]:
        text = httpx.get(torana.url + "/metrics", trust_env=False).text
        return {
            name: float(value) for name, value in re.findall(r"torana_worker_(cache_\w+){worker=\"0\"} (\S+)", text)
        }

    deadline = time.monotonic() + 5
    while not (found := figures()).get("cache_hits_total") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found["cache_entries"] >= 1
    assert found["cache_bytes"] > 1000
    assert found["cache_hits_total"] >= 2
    assert found["cache_misses_total"] >= 1
    assert found["cache_evictions_total"] == 0
