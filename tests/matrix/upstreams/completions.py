"""OpenAI's old completions, for clients that ask for nothing else."""

from __future__ import annotations

from openai.types.completion_create_params import CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming

from matrix.asking import PIECES, TEXT, TOKENS_IN, TOKENS_OUT, Json
from matrix.hearing import Heard, Scene, Upstream
from matrix.strictness import misfits
from matrix.upstreams import openai_chat
from matrix.upstreams.wire import body_of, events, whole
from scripted_answers import Answer, Received

_ENVELOPE = {"id": "cmpl-C0ffee", "object": "text_completion", "created": 1_760_000_000, "model": "a-model"}
_USAGE = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT, "total_tokens": TOKENS_IN + TOKENS_OUT}


def _choices(text: str, finish: str | None) -> list[Json]:
    return [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish}]


def say(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001  # Upstream's shape
    assert scene == "text"
    if not is_stream:
        return whole({**_ENVELOPE, "choices": _choices(TEXT, "stop"), "usage": _USAGE})
    chunks = [{**_ENVELOPE, "choices": _choices(piece, None)} for piece in PIECES]
    chunks.append({**_ENVELOPE, "choices": _choices("", "stop")})
    return events([*chunks, {**_ENVELOPE, "choices": [], "usage": _USAGE}], [b"data: [DONE]\n\n"])


def hear(received: Received) -> Heard:
    body = body_of(received)
    kind = CompletionCreateParamsStreaming if body.get("stream") else CompletionCreateParamsNonStreaming
    assert not (wrong := misfits(body, kind)), wrong
    return Heard(
        model=body["model"],
        is_stream=body.get("stream") is True,
        prompts=[body["prompt"]],
        most=body.get("max_tokens"),
        temperature=body.get("temperature"),
    )


COMPLETIONS = Upstream(
    name="OpenAI, completions",
    slug="openai",
    model="gpt-5-mini",
    format="completions",
    paths=("/completions", "/completions"),
    own_headers=openai_chat.OPENAI.own_headers,
    hear=hear,
    say=say,
    fail=openai_chat.fail,
    breaks=openai_chat.breaks,
)
