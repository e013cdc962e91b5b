"""Processes come, go and are replaced while requests are answered."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from running import Torana
from scripted import Answer, ScriptedUpstream

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
SSE = [(b"content-type", b"text/event-stream")]
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'


def until(is_so: Callable[[], bool], within_s: float = 10.0) -> float:
    """Seconds that it took."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < within_s, f"not within {within_s} s"
        time.sleep(0.02)
    return time.monotonic() - started


def chat(torana: Torana, gateway: str = "default") -> httpx.Response:
    return torana.post(f"/v1/{torana.account_id}/{gateway}/openai/chat/completions", CHAT)


def get(torana: Torana, path: str) -> httpx.Response:
    return httpx.get(torana.url + path, trust_env=False, timeout=10)


def pids(torana: Torana) -> tuple[int | None, list[int]]:
    """The control plane's and the workers'."""
    found = json.loads(torana.run("info", "--json"))["pids"]
    return found["control"], found["workers"]


def metric(torana: Torana, name: str) -> dict[str, float]:
    """The samples of one name, by the worker they are of; an empty key where they are of none."""
    samples: dict[str, float] = {}
    for family in text_string_to_metric_families(get(torana, "/metrics").text):
        for sample in family.samples:
            if sample.name == name:
                worker = sample.labels.get("worker", "")
                samples[worker] = samples.get(worker, 0.0) + sample.value
    return samples


class Trickle:
    """One request after another, each on a connection of its own; `failures` are all that were not answered 200.

    `hesitation_s` is how long each client waits between its connection and its first byte.
    """

    def __init__(self, torana: Torana, hesitation_s: float = 0.0) -> None:
        self._url = urlsplit(torana.at("openai") + "/chat/completions")
        self._hesitation_s = hesitation_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.answered = 0
        self.failures: list[object] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(0.02):
            try:
                status = self._ask()
            except (OSError, HTTPException) as error:
                self.failures.append(error)
            else:
                self.answered += status == 200
                if status != 200:
                    self.failures.append(status)

    def _ask(self) -> int:
        with closing(HTTPConnection(self._url.netloc, timeout=10)) as connection:
            connection.connect()
            time.sleep(self._hesitation_s)
            connection.request("POST", self._url.path, json.dumps(CHAT), {"content-type": "application/json"})
            return connection.getresponse().status


@contextmanager
def paused(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def pair(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    """Two workers, with their settings in a `torana.toml`."""
    folder = tmp_path_factory.mktemp("pair")
    configure(folder, f"{upstream.url}/former", 1 << 20)
    with Torana(folder / "data", workers=2) as running:
        yield running


def configure(folder: Path, openai: str, payload_bytes: int) -> None:
    text = f'log_payload_bytes = {payload_bytes}\n[providers]\nopenai = "{openai}"\n'
    (folder / "torana.toml").write_text(text)


def test_two_workers_both_serve_and_their_figures_are_summed(pair: Torana) -> None:
    _, workers = pids(pair)
    assert len(set(workers)) == 2
    assert get(pair, "/readyz").json()["workers"] == 2
    before = metric(pair, "torana_requests_total").get("", 0)
    for other in workers:
        with paused(other):
            # The paused one may hold a connection that it took before.
            assert [chat(pair).status_code for _ in range(3)] == [200] * 3
    assert len(pair.logs()) == 6  # which also brings the last ones into the store
    assert metric(pair, "torana_requests_total")[""] == before + 6
    until(lambda: sum(metric(pair, "torana_worker_requests_total").values()) >= 6)
    assert all(count >= 3 for count in metric(pair, "torana_worker_requests_total").values())


def test_sighup_applies_new_settings_and_no_request_fails_meanwhile(pair: Torana, upstream: ScriptedUpstream) -> None:
    control, workers = pids(pair)
    upstream.requests.clear()
    with Trickle(pair) as trickle, Trickle(pair, 0.05) as hesitant, Trickle(pair, 0.1) as slow:
        until(lambda: trickle.answered > 2)
        configure(pair.data_dir.parent, f"{upstream.url}/new", 8)
        assert pair.process is not None
        pair.process.send_signal(signal.SIGHUP)
        until(lambda: not {control, *workers} & {pids(pair)[0], *pids(pair)[1]}, within_s=20)
        reached = trickle.answered
        until(lambda: trickle.answered > reached + 2)
    assert trickle.failures == []
    asked = [got.path for got in upstream.requests]
    assert asked[0] == "/former/chat/completions"
    assert asked[-1] == "/new/chat/completions"
    row = pair.log(chat(pair).headers["cf-aig-log-id"])
    assert row["request_head"] == '{"model"'  # its first eight bytes
    assert get(pair, "/readyz").json()["workers"] == 2
    assert hesitant.failures == slow.failures == [], "who had connected was not waited for"


def test_sigterm_lets_a_stream_finish_and_its_row_is_there_afterwards(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    paced = Answer(headers=SSE, chunks=[EVENT] * 8, framing="chunked", chunk_delay_s=0.15)
    upstream.script(lambda got: got.path == "/paced/chat/completions", paced)
    with Torana(tmp_path / "data", {"openai": f"{upstream.url}/paced"}) as torana:
        assert torana.process is not None
        address = httpx.URL(torana.url)
        with (
            closing(socket.create_connection((address.host, address.port or 0), timeout=20)) as idle,
            httpx.stream(
                "POST", torana.at("openai") + "/chat/completions", json=CHAT, trust_env=False, timeout=20
            ) as reply,
        ):
            log_id = reply.headers["cf-aig-log-id"]
            pieces = reply.iter_raw()
            data = next(pieces)
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(4096).startswith(b"HTTP/1.1 200")
            torana.process.send_signal(signal.SIGTERM)
            assert idle.recv(1) == b""  # the drain has begun: what is idle was closed
            assert data.count(EVENT) < 8
            assert is_turned_away(address)
            data += b"".join(pieces)
        assert data == EVENT * 8
        assert torana.process.wait(20) == 0
        row = next(row for row in torana.logs() if row["id"] == log_id)
    assert (row["status_code"], row["streamed"], row["cancelled"], row["broken"]) == (200, True, False, False)
    assert "Traceback" not in torana.output.read_text()


def is_turned_away(address: httpx.URL) -> bool:
    """Refused, or closed without an answer, while the stream goes on."""
    try:
        with closing(socket.create_connection((address.host, address.port or 0), timeout=20)) as late:
            late.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            return late.recv(1) == b""
    except ConnectionError:
        return True


def test_a_killed_worker_is_replaced_and_the_next_request_works(torana: Torana) -> None:
    _, [worker] = pids(torana)
    os.kill(worker, signal.SIGKILL)
    assert chat(torana).status_code == 200
    until(lambda: pids(torana)[1] not in ([], [worker]))
    assert get(torana, "/readyz").json()["workers"] == 1


def test_inference_goes_on_while_the_control_plane_is_dead_and_its_rows_come_later(torana: Torana) -> None:
    control, workers = pids(torana)
    assert control is not None
    os.kill(control, signal.SIGKILL)
    page = get(torana, "/")
    replies = [chat(torana) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200] * 5
    assert page.status_code == 503
    assert (page.json()["name"], page.json()["httpCode"]) == ("AiGatewayError", 503)
    assert "control plane" in page.json()["message"]
    until(lambda: get(torana, "/").status_code == 200)
    logged = {row["id"] for row in torana.logs()}
    assert {reply.headers["cf-aig-log-id"] for reply in replies} <= logged
    after, same = pids(torana)
    assert after not in (None, control)
    assert same == workers


def test_a_gateway_made_while_serving_answers_within_two_seconds(torana: Torana) -> None:
    before = chat(torana, "mine")
    assert (before.status_code, before.json()["internalCode"]) == (400, 2001)
    version = get(torana, "/readyz").json()["snapshot_version"]
    made = json.loads(torana.run("gateways", "create", "mine", "--json"))
    assert made["url"] == f"{torana.url}/v1/{torana.account_id}/mine"
    until(lambda: chat(torana, "mine").status_code == 200, within_s=2)
    assert get(torana, "/readyz").json()["snapshot_version"] > version
    assert torana.logs("--limit", "1")[0]["gateway_id"] == "mine"
    assert "mine" in torana.run("gateways", "create", "mine", code=1)


def test_a_snapshot_that_cannot_be_read_changes_nothing_until_the_next_good_one(torana: Torana) -> None:
    (torana.data_dir / "snapshot").write_text("no snapshot")
    until(lambda: "the former configuration stays" in torana.output.read_text())
    assert chat(torana).status_code == 200
    torana.run("gateways", "create", "next")
    until(lambda: chat(torana, "next").status_code == 200, within_s=2)
