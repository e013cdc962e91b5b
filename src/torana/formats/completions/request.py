"""Requests for legacy completions, to and from the hub: one prompt is one message of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import entries, items, malformed, move, text, untranslatable
from torana.formats.json import as_object
from torana.formats.knobs import drop_rest
from torana.formats.parts import text_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

NAME = "completions"
_SAME = (
    *("model", "stream", "stream_options", "temperature", "top_p", "n", "stop", "seed", "user", "logit_bias"),
    *("frequency_penalty", "presence_penalty"),
    # Of those who followed.
    *("top_k", "min_p", "top_a", "repetition_penalty", "metadata", "service_tier", "safety_identifier"),
    *("prompt_cache_key", "provider", "models", "transforms"),
)
_READ_OF_CLIENTS = frozenset({*_SAME, "prompt", "suffix", "echo", "max_tokens", "logprobs", "reasoning", "best_of"})
_READ_OF_CHATS = frozenset(
    {
        *_SAME,
        *("messages", "max_tokens", "max_completion_tokens", "logprobs", "top_logprobs", "tools", "functions"),
        *("tool_choice", "response_format", "modalities", "include_reasoning"),
    }
)


def request_to_chat(body: Json, brief: Brief) -> Json:
    chat: Json = {}
    move(body, chat, *_SAME, "max_tokens", "reasoning")
    chat["messages"] = [{"role": "user", "content": prompt_of(body)}]
    if body.get("suffix"):
        raise untranslatable("suffix", "a text to be filled in before it", "chat")
    count = body.get("logprobs")
    if count is not None and count is not False:
        if body.get("echo") is True:
            raise untranslatable("logprobs", "probabilities of the prompt", "chat")
        chat["logprobs"] = True
        if not isinstance(count, bool):
            chat["top_logprobs"] = count
    drop_rest(body, _READ_OF_CLIENTS - ({"best_of"} if body.get("best_of") != 1 else set()), brief)
    return chat


def prompt_of(body: Json) -> str:
    prompt = body.get("prompt")
    if isinstance(prompt, str):
        return prompt
    if not isinstance(prompt, list) or not prompt:
        raise malformed("prompt", "a string, or an array of one")
    if any(isinstance(each, int | list) for each in prompt):
        raise untranslatable("prompt", "tokens", "chat")
    if len(prompt) > 1:
        raise untranslatable("prompt", "more than one prompt in a call", "chat")
    return text(prompt[0], "prompt[0]")


def request_from_chat(chat: Json, brief: Brief) -> Json:
    body: Json = {}
    move(chat, body, *_SAME)
    body["prompt"] = _only_text(chat)
    if chat.get("stream"):
        body["stream_options"] = {**as_object(chat.get("stream_options")), "include_usage": True}
    most = chat.get("max_completion_tokens") or chat.get("max_tokens")
    if most is not None:
        body["max_tokens"] = most
    if chat.get("logprobs") is True:
        body["logprobs"] = chat.get("top_logprobs") or 0
    for name in ("tools", "functions"):
        if chat.get(name):
            raise untranslatable(name, "tools", NAME)
    form = chat.get("response_format")
    if form is not None and entries(form, "response_format").get("type") != "text":
        raise untranslatable("response_format", "a form of answer", NAME)
    if (chat.get("modalities") or ["text"]) != ["text"]:
        raise untranslatable("modalities", "answers that are no text", NAME)
    drop_rest(chat, _READ_OF_CHATS, brief)
    return body


def _only_text(chat: Json) -> str:
    messages = items(chat.get("messages"), "messages")
    if len(messages) != 1:
        raise untranslatable("messages", "a conversation of more than one message", NAME)
    message = entries(messages[0], "messages[0]")
    if message.get("role") != "user":
        raise untranslatable("messages[0].role", "a message that is not a user's", NAME)
    content = message.get("content")
    if isinstance(content, list):
        for number, part in enumerate(content):
            kind = as_object(part).get("type")
            if isinstance(kind, str) and kind != "text":
                raise untranslatable(f"messages[0].content[{number}]", f"`{kind}`", NAME)
    return text_of(content, "messages[0].content")
