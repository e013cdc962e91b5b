"""Providers that fail at random, before a real server: callers are served as well as by the best of them, or better."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from managing import Api
from running import Torana
from scripted import Answer, Received, ScriptedUpstream
from scripted_answers import default_answer

SHARES = {"openai": 0.5, "groq": 0.3, "mistral": 0.4}
"""How often each of them fails."""
REQUESTS = 150
_JSON = [(b"content-type", b"application/json")]
_EVENTS = [(b"content-type", b"text/event-stream")]
MODELS = {
    "models": [
        {
            "id": "acme/oracle",
            "name": "Oracle",
            "context_length": 8192,
            "endpoints": [
                {"provider": slug, "model": f"oracle-at-{slug}", "price": {"input": 1.0, "output": 2.0}}
                for slug in SHARES
            ],
        }
    ]
}


class Fickle:
    """Fails by lot, in each way that providers do; remembers who was asked for which request."""

    def __init__(self) -> None:
        self.lot = random.Random(5)  # noqa: S311  # no secret
        self.asked: dict[str, list[str]] = {}
        self.tries: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.cut: set[str] = set()
        """Questions whose stream broke after its first token."""

    def answer(self, received: Received) -> Answer:
        body = json.loads(received.body)
        provider, question = received.path.split("/")[1], body["messages"][0]["content"]
        self.asked.setdefault(question, []).append(provider)
        self.tries[provider] += 1
        if self.lot.random() >= SHARES[provider]:
            return default_answer(received)
        self.failures[provider] += 1
        return self._failure(question, is_stream=body.get("stream") is True)

    def _failure(self, question: str, *, is_stream: bool) -> Answer:
        kind = self.lot.choice(["status", "limit", "nothing", "nonsense", "cut"])
        if kind == "status":
            return Answer(status=503, headers=_JSON, body=b'{"error": {"message": "out of order"}}')
        if kind == "limit":
            return Answer(status=429, headers=_JSON, body=b'{"error": {"message": "slow down"}}')
        if kind == "nonsense":
            return Answer(headers=_JSON, body=b"<html>")
        if kind == "cut" and is_stream:
            self.cut.add(question)
            event = b'data: {"choices": [{"index": 0, "delta": {"content": "half of "}}]}\n\n'
            return Answer(headers=_EVENTS, body=event * 2, framing="chunked", cut_after_bytes=len(event) * 2)
        return Answer(close=True, cut_after_bytes=0)


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as up:
        yield up


@pytest.fixture(scope="module")
def client(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("chaos")
    models = folder / "models.json"
    models.write_text(json.dumps(MODELS))
    providers = {slug: f"{upstream.url}/{slug}" for slug in SHARES}
    with Torana(folder / "data", providers, models=models) as torana:
        api = Api(torana)
        for slug in SHARES:
            body = {"provider_slug": slug, "alias": "default", "default_config": True, "secret": f"SECRET-{slug}-0123"}
            assert api("POST", "/gateways/default/provider_configs", body).status_code == 200
        key = json.loads(torana.run("keys", "create", "--name", "test", "--json"))["key"]
        torana.follow()
        headers = {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=f"{torana.url}/api/v1", headers=headers, trust_env=False, timeout=60) as opened:
            yield opened


def ask(client: httpx.Client, question: str, *, stream: bool) -> tuple[int, str]:
    """The status, and all that was said."""
    body = {"model": "acme/oracle", "messages": [{"role": "user", "content": question}], "stream": stream}
    answer = client.post("/chat/completions", json=body)
    return answer.status_code, answer.text


@pytest.mark.parametrize("stream", [False, True])
def test_callers_are_served_better_than_by_the_best_provider_alone(
    client: httpx.Client, upstream: ScriptedUpstream, *, stream: bool
) -> None:
    fickle = Fickle()
    upstream.script(lambda received: received.method == b"POST", fickle.answer)
    served = 0
    for number in range(REQUESTS):
        question = f"{stream} {number}"
        status, said = ask(client, question, stream=stream)
        went_well = status == 200 and '"error"' not in said
        served += went_well
        tried = fickle.asked[question]
        assert len(tried) == len(set(tried)), "nobody is asked twice"
        if question in fickle.cut:
            # What has been heard cannot be taken back: the caller is told, and nobody else is asked.
            assert status == 200
            assert "half of " in said
            assert '"finish_reason":"error"' in said
        elif not went_well:
            assert set(tried) == set(SHARES), "it failed although somebody was not asked"
    best = max(1 - fickle.failures[slug] / fickle.tries[slug] for slug in SHARES if fickle.tries[slug])
    assert served / REQUESTS >= best
    assert served > REQUESTS * 0.8, "three that fail by lot seldom fail together"
