"""Retries and timeouts against a real server: who waits, who does not, and what is left of a failed attempt."""

from __future__ import annotations

import json
import socket
import time

import httpx
from cloudflare import Cloudflare

from running import Torana
from scripted import Answer, ScriptedUpstream

PATH = "/openai/v1/chat/completions"
ASKED = {"model": "gpt-4o-mini", "messages": []}


def chat(torana: Torana, gateway: str = "default", **wishes: str) -> httpx.Response:
    headers = {f"cf-aig-{name.replace('_', '-')}": value for name, value in wishes.items()}
    return torana.post(f"/v1/{torana.account_id}/{gateway}{PATH}", ASKED, headers)


def test_a_caller_sees_the_attempt_that_went_well(torana: Torana, requests: ScriptedUpstream) -> None:
    slow_error = Answer(status=500, chunks=[b"a", b"b"], framing="chunked", chunk_delay_s=0.01)
    requests.script(PATH, Answer(status=503, body=b"busy"), slow_error, Answer(body=b'{"fine": true}'))
    began = time.monotonic()
    reply = chat(torana, max_attempts="3", retry_delay="100", backoff="linear")
    assert (reply.status_code, reply.json()) == (200, {"fine": True})
    assert 0.3 <= time.monotonic() - began < 3
    assert [json.loads(got.body) for got in requests.requests] == [ASKED] * 3
    attempts = torana.log(reply.headers["cf-aig-log-id"])["attempts"]
    assert isinstance(attempts, list)
    assert [attempt["status"] for attempt in attempts] == [503, 500, 200]


def test_a_slow_first_byte_is_given_up_and_the_last_attempt_waits(torana: Torana, requests: ScriptedUpstream) -> None:
    requests.script(PATH, Answer(never=True), Answer(body=b"late", delay_s=0.4))
    reply = chat(torana, request_timeout="200", max_attempts="2", retry_delay="0")
    assert (reply.status_code, reply.content) == (200, b"late")
    requests.script(PATH, Answer(never=True))
    reply = chat(torana, request_timeout="200")
    assert (reply.status_code, reply.json()["internalCode"]) == (504, 2005)
    assert "0.2 s" in reply.json()["message"]


def test_an_upstream_that_asks_for_time_gets_it_within_the_bound(torana: Torana, requests: ScriptedUpstream) -> None:
    requests.script(PATH, Answer(status=429, headers=[(b"retry-after", b"1")]), Answer(body=b"now"))
    began = time.monotonic()
    assert chat(torana, max_attempts="2", retry_delay="0").content == b"now"
    assert time.monotonic() - began >= 1
    requests.script(PATH, Answer(status=429, headers=[(b"retry-after", b"3600")], body=b"tomorrow"))
    reply = chat(torana, max_attempts="5", retry_delay="0")
    assert (reply.status_code, reply.headers["retry-after"], reply.content) == (429, "3600", b"tomorrow")
    assert len(requests.requests) == 3


def test_nothing_is_tried_again_after_the_first_byte(torana: Torana, requests: ScriptedUpstream) -> None:
    cut = Answer(chunks=[b"data: 1\n\n", b"data: 2\n\n"], framing="chunked", chunk_delay_s=0.05, cut_after_bytes=9)
    requests.script(PATH, cut)
    try:
        chat(torana, max_attempts="5", retry_delay="0")
    except httpx.RemoteProtocolError:
        pass
    else:
        raise AssertionError("the break is the client's to see")
    assert len(requests.requests) == 1


def test_a_client_that_leaves_ends_the_waiting(torana: Torana, requests: ScriptedUpstream) -> None:
    requests.script(PATH, Answer(status=503))
    body = json.dumps(ASKED).encode()
    lines = (
        f"POST /v1/{torana.account_id}/default{PATH} HTTP/1.1",
        "host: t",
        "content-type: application/json",
        "cf-aig-max-attempts: 5",
        "cf-aig-retry-delay: 60000",
        "cf-aig-event-id: left-early",
        f"content-length: {len(body)}",
    )
    port = httpx.URL(torana.url).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        requests.wait_until(lambda: len(requests.requests) == 1)
    row = torana.logs("--limit", "1")[0]
    assert (row["event_id"], row["status_code"]) == ("left-early", 499)
    assert len(requests.requests) == 1


def test_a_gateway_has_its_own_rule(torana: Torana, requests: ScriptedUpstream) -> None:
    token = json.loads(torana.run("tokens", "create", "--name", "ops", "--permission", "edit", "--json"))["token"]
    client = Cloudflare(api_token=token, base_url=f"{torana.url}/client/v4", max_retries=0)
    client.ai_gateway.create(
        account_id=torana.account_id,
        id="patient",
        cache_invalidate_on_update=False,
        cache_ttl=0,
        collect_logs=True,
        rate_limiting_interval=0,
        rate_limiting_limit=0,
        extra_body={"retry_max_attempts": 2, "retry_delay": 0, "retry_backoff": "constant"},
    )
    torana.follow()
    requests.script(PATH, Answer(status=500), Answer(body=b"{}"))
    assert chat(torana, "patient").status_code == 200
    requests.script(PATH, Answer(status=500), Answer(body=b"{}"))
    assert chat(torana, "patient", max_attempts="1").status_code == 500
