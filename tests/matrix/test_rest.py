"""What the tables do not show: what is left out is named, what cannot be told is refused, and the log has it all."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from matrix.asking import CACHED, KEY, PROMPT, TOKENS_IN, TOKENS_OUT, Ask, Client, Json
from matrix.hearing import Upstream
from matrix.stage import Stage
from matrix.upstreams.anthropic_messages import ANTHROPIC
from matrix.upstreams.bedrock_converse import BEDROCK
from matrix.upstreams.cohere import COHERE
from matrix.upstreams.gemini import GEMINI
from matrix.upstreams.ollama import OLLAMA
from matrix.upstreams.openai_responses import RESPONSES
from running import Torana
from scripted_answers import Answer

KNOBS: Json = {"seed": 1, "logit_bias": {"1": 2}, "top_a": 0.5, "user": "someone"}
SOUND = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
VIDEO = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}
LOST = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/no.png"}}


@pytest.fixture(scope="module")
def wire(torana: Torana, logs: httpx.Client) -> Iterator[httpx.Client]:
    """As no SDK shows it; `logs` has seen to the authority."""
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=torana.at("compat"), headers=headers, timeout=20) as opened:
        yield opened


def ask(wire: httpx.Client, upstream: Upstream, content: object = PROMPT, **more: object) -> httpx.Response:
    messages = [{"role": "user", "content": content}]
    return wire.post(
        "/chat/completions", json={"model": f"{upstream.slug}/{upstream.model}", "messages": messages, **more}
    )


@pytest.mark.parametrize(
    ("upstream", "dropped"),
    [
        (ANTHROPIC, "logit_bias, seed, top_a"),
        (RESPONSES, "logit_bias, seed, top_a"),
        (GEMINI, "logit_bias, top_a, user"),
        (BEDROCK, "logit_bias, seed, top_a, user"),
        (COHERE, "logit_bias, top_a, user"),
        (OLLAMA, "logit_bias, top_a, user"),
    ],
    ids=lambda value: value.slug if isinstance(value, Upstream) else "",
)
def test_knobs_that_a_provider_lacks_are_left_out_and_named(
    wire: httpx.Client, stage: Stage, upstream: Upstream, dropped: str
) -> None:
    stage.set(upstream, "text")
    reply = ask(wire, upstream, **KNOBS)
    assert reply.status_code == 200, reply.text
    assert ", ".join(sorted(reply.headers["torana-dropped-params"].split(", "))) == dropped


@pytest.mark.parametrize(
    ("upstream", "part"),
    [
        (ANTHROPIC, SOUND),
        (ANTHROPIC, VIDEO),
        (RESPONSES, VIDEO),
        (COHERE, SOUND),
        (COHERE, VIDEO),
        (OLLAMA, SOUND),
        (BEDROCK, LOST),
    ],
    ids=lambda value: value.slug if isinstance(value, Upstream) else str(value["type"]),
)
def test_content_that_cannot_be_told_is_refused_by_its_name(
    wire: httpx.Client, stage: Stage, upstream: Upstream, part: Json
) -> None:
    stage.set(upstream, "text")
    reply = ask(wire, upstream, [{"type": "text", "text": PROMPT}, part])
    assert reply.status_code == 400
    assert "`messages[0].content[1]" in reply.json()["message"]
    assert not stage.received


def test_the_log_counts_as_the_provider_does_and_knows_what_that_costs(
    clients: dict[str, Client], stage: Stage, torana: Torana
) -> None:
    for is_stream in (False, True):
        stage.set(ANTHROPIC, "text")
        clients["gemini"].ask(Ask(f"{ANTHROPIC.slug}/{ANTHROPIC.model}", is_stream))
        (row,) = torana.logs("--limit", "1")
        assert (row["provider"], row["model"], row["streamed"]) == (ANTHROPIC.slug, ANTHROPIC.model, is_stream)
        assert (row["tokens_in"], row["tokens_out"]) == (TOKENS_IN, TOKENS_OUT)
        dollars = ((TOKENS_IN - CACHED) * 3 + CACHED * 0.3 + TOKENS_OUT * 15) / 1_000_000
        assert row["cost"] == pytest.approx(dollars)


def test_the_log_says_what_broke_a_stream(clients: dict[str, Client], stage: Stage, torana: Torana) -> None:
    def breaking(up: Upstream, is_stream: bool) -> Answer:  # noqa: FBT001  # an answer's shape
        answer = up.say("text", is_stream)
        assert answer.chunks is not None
        assert up.breaks is not None
        answer.chunks = [*answer.chunks[:4], up.breaks("too many wombats")]
        return answer

    stage.answer(ANTHROPIC, breaking)
    with pytest.raises(clients["ollama"].exceptions[0], match="too many wombats"):
        clients["ollama"].ask(Ask(f"{ANTHROPIC.slug}/{ANTHROPIC.model}", is_stream=True))
    (row,) = torana.logs("--limit", "1")
    assert (row["broken"], row["success"], row["error"]) == (True, False, "too many wombats")
