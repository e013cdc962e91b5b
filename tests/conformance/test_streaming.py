"""Streams pass event by event, as they come, comments included."""

from __future__ import annotations

import contextlib
import json
import time
from itertools import pairwise

import httpx

from running import Torana
from scripted import Answer, ScriptedUpstream

EVENTS = [
    b": OPENROUTER PROCESSING\n\n",
    b'data: {"id":"gen-1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}\n\n',
    b": OPENROUTER PROCESSING\n\n",
    b'data: {"id":"gen-1","model":"m","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\n',
    (
        b'data: {"id":"gen-1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":2,"total_tokens":14,'
        b'"cost":0.0000126,"prompt_tokens_details":{"cached_tokens":8},'
        b'"completion_tokens_details":{"reasoning_tokens":1}}}\n\n'
    ),
    b"data: [DONE]\n\n",
]
ASKED = {"model": "openai/gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
SSE = [(b"content-type", b"text/event-stream")]


def test_each_event_is_there_before_the_next_one_is_sent(torana: Torana, upstream: ScriptedUpstream) -> None:
    paced = Answer(headers=SSE, chunks=EVENTS, framing="chunked", chunk_delay_s=0.15)
    upstream.script(lambda got: got.header("x-case") == b"paced", paced)
    arrivals, data = [], b""
    url = torana.at("openrouter") + "/chat/completions"
    with httpx.stream("POST", url, json=ASKED, headers={"x-case": "paced"}, trust_env=False, timeout=20) as reply:
        assert reply.headers["content-type"] == "text/event-stream"
        for chunk in reply.iter_raw():
            arrivals.append(time.monotonic())
            data += chunk
    assert data == b"".join(EVENTS)
    assert len(arrivals) == len(EVENTS)
    assert all(later - earlier > 0.05 for earlier, later in pairwise(arrivals))


def test_a_stream_is_logged_as_it_went_and_as_one_message(torana: Torana, upstream: ScriptedUpstream) -> None:
    answer = Answer(headers=SSE, chunks=EVENTS, framing="chunked")
    upstream.script(lambda got: got.header("x-case") == b"logged", answer)
    reply = torana.post(f"/v1/{torana.account_id}/default/openrouter/chat/completions", ASKED, {"x-case": "logged"})
    row = torana.log(reply.headers["cf-aig-log-id"])
    assert row["streamed"] is True
    assert (row["tokens_in"], row["tokens_out"]) == (12, 2)
    assert row["cost"] == 0.0000126
    usage = row["usage_metadata"]
    assert isinstance(usage, dict)
    assert (usage["input_cached_tokens"], usage["output_reasoning_tokens"]) == (8, 1)
    printed = json.dumps(row)
    assert "OPENROUTER PROCESSING" in printed
    assert '\\"content\\":\\"Hello\\"' in printed.replace(" ", "") or '"content":"Hello"' in printed.replace(" ", "")


def test_a_client_that_leaves_cancels_the_upstream_call_and_is_logged(
    torana: Torana, upstream: ScriptedUpstream
) -> None:
    endless = Answer(headers=SSE, chunks=[EVENTS[1]] * 1000, framing="chunked", chunk_delay_s=0.05)
    upstream.script(lambda got: got.header("x-case") == b"endless", endless)
    before = upstream.open
    url = torana.at("openrouter") + "/chat/completions"
    with httpx.stream("POST", url, json=ASKED, headers={"x-case": "endless"}, trust_env=False) as reply:
        log_id = reply.headers["cf-aig-log-id"]
        next(reply.iter_raw())
    upstream.wait_until(lambda: upstream.open <= before)
    row = torana.log(log_id)
    assert row["cancelled"] is True
    assert row["status_code"] == 200


def test_a_client_that_leaves_before_the_answer_cancels_the_call(torana: Torana, upstream: ScriptedUpstream) -> None:
    upstream.script(lambda got: got.header("x-case") == b"never", Answer(never=True))
    before = upstream.open
    with contextlib.suppress(httpx.ReadTimeout):
        httpx.post(
            torana.at("openrouter") + "/chat/completions",
            json=ASKED, headers={"x-case": "never"}, trust_env=False, timeout=0.3,
        )  # fmt: skip
    upstream.wait_until(lambda: upstream.open <= before)
    row = torana.logs("--limit", "1")[0]
    assert (row["status_code"], row["cancelled"]) == (499, True)


def test_an_upload_that_is_not_json_is_streamed_on(torana: Torana, requests: ScriptedUpstream) -> None:
    data = bytes(range(256)) * 20_000
    files = {"file": ("a.mp3", data, "audio/mpeg")}
    reply = httpx.post(
        torana.at("openai") + "/v1/audio/transcriptions",
        files=files, data={"model": "whisper-1"}, trust_env=False, timeout=30,
    )  # fmt: skip
    assert reply.status_code == 200
    (got,) = requests.requests
    assert data in got.body
    assert torana.logs("--limit", "1")[0]["request_size"] == len(got.body)
