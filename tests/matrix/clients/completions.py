"""OpenAI's SDK, the old completions."""

from __future__ import annotations

from typing import Any

from matrix.asking import PROMPT, Ask, Client, Failure, Json, Said
from matrix.clients.openai_chat import EXCEPTIONS, connect, failure_of

_NOTHING_BUT_TEXT = "the format has text alone"


class Completions(Client):
    name = "OpenAI SDK, completions"
    format = "completions"
    lacks = dict.fromkeys(("tools", "images", "schema", "reasoning"), _NOTHING_BUT_TEXT)
    has_urls = False
    has_ids = False
    gives_back = False

    def __init__(self, base: str) -> None:
        self.sdk = connect(base)
        self.exceptions = EXCEPTIONS

    def ask(self, ask: Ask) -> Said:
        asked: Json = {"model": ask.model, "prompt": PROMPT}
        if ask.most is not None:
            asked["max_tokens"] = ask.most
        if ask.temperature is not None:
            asked["temperature"] = ask.temperature
        if not ask.is_stream:
            return _said(self.sdk.completions.create(**asked))
        with self.sdk.completions.create(**asked, stream=True, stream_options={"include_usage": True}) as chunks:
            return _joined(list(chunks))

    def failure(self, error: Exception) -> Failure:
        return failure_of(error)


def _said(completion: Any) -> Said:
    (choice,) = completion.choices
    usage = completion.usage
    return Said(
        choice.text, tokens_in=usage.prompt_tokens, tokens_out=usage.completion_tokens, finish=choice.finish_reason
    )


def _joined(chunks: list[Any]) -> Said:
    choices = [choice for chunk in chunks for choice in chunk.choices]
    (usage,) = [chunk.usage for chunk in chunks if chunk.usage]
    text = "".join(choice.text for choice in choices)
    (finish,) = [choice.finish_reason for choice in choices if choice.finish_reason]
    return Said(text, tokens_in=usage.prompt_tokens, tokens_out=usage.completion_tokens, finish=finish)
