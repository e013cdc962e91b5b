"""Requests of the hub to those who speak its format, without what only the hub has."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, text, untranslatable
from torana.formats.json import as_list, as_object, as_text
from torana.formats.openai_chat.models import also_takes, is_missed, takes_effort, takes_not
from torana.formats.openai_names import shorten
from torana.formats.parts import parts_of
from torana.formats.reasoning import details_of, effort_of, wish_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

OWN = frozenset({"openrouter"})
"""Providers that take the hub as it is: all of it is theirs."""
_WITHOUT_OLD_NAME = frozenset({"openai", "azure-openai", "cerebras", "groq", "grok", "aws-bedrock", "workers-ai"})
"""Who knows `max_completion_tokens`; OpenAI's newer models refuse the old name, most others do not know the new one."""
_FIELDS = frozenset(
    {
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    }
)
_OF_PARTS = frozenset({"cache_control", "prompt_cache_breakpoint", "title", "context", "citations"})
"""Fields that the hub's parts have, and OpenAI's do not."""
_OF_MESSAGES = _OF_PARTS | {"reasoning", "reasoning_details", "reasoning_content", "is_error", "images"}
_OF_TOOLS = frozenset({"cache_control"})
_EFFORTS = {"max": "xhigh"}
_KNOW_DEVELOPERS = frozenset({"", "openai", "azure-openai"})
"""Who takes instructions of a developer; to all others they are the system's."""
_GIVEN_BACK = frozenset({"deepseek"})
"""Who wants its `reasoning_content` back."""


def request_to_chat(body: Json, brief: Brief) -> Json:  # noqa: ARG001  # a Translator's shape
    """The same; CallerError where it is not a conversation."""
    for number, message in enumerate(items(body.get("messages"), "messages")):
        entries(message, ("messages", number))
    return body


def request_from_chat(chat: Json, brief: Brief) -> Json:
    if chat.get("stream"):
        # A client of another format is told what was used, whether or not it asks.
        chat["stream_options"] = {**as_object(chat.get("stream_options")), "include_usage": True}
    if brief.provider in OWN:
        return chat
    known = _known_to(brief.provider)
    body = {name: value for name, value in chat.items() if name in known and value is not None}
    _limit(chat, body, brief)
    _think(chat, body, brief)
    shorten(body)
    messages: list[Json] = []
    for number, message in enumerate(items(chat.get("messages"), "messages")):
        where = ("messages", number)
        messages += _message(entries(message, where), where, brief)
    body["messages"] = messages
    if "tools" in body:
        body["tools"] = [_without(entries(tool, "tools"), _OF_TOOLS) for tool in as_list(chat.get("tools"))]
    if not known.issuperset(chat):
        for name in sorted(chat.keys() - known - {"reasoning", "include_reasoning"}):
            if chat[name] is not None and is_missed(name):
                brief.drop(name)
    if brief.provider == "mistral" and "seed" in body:
        body["random_seed"] = body.pop("seed")
    return body


@lru_cache(maxsize=64)
def _known_to(provider: str) -> frozenset[str]:
    return (_FIELDS | also_takes(provider)) - takes_not(provider)


def _limit(chat: Json, body: Json, brief: Brief) -> None:
    most = chat.get("max_completion_tokens") or chat.get("max_tokens")
    body.pop("max_completion_tokens", None)
    body.pop("max_tokens", None)
    if most is not None:
        body["max_completion_tokens" if brief.provider in _WITHOUT_OLD_NAME else "max_tokens"] = most


def _think(chat: Json, body: Json, brief: Brief) -> None:
    wish = wish_of(chat)
    if wish.is_on is None:
        return
    if not takes_effort(brief.provider, as_text(chat.get("model"))):
        body.pop("reasoning_effort", None)
        if wish.is_on:
            brief.drop("reasoning")
    elif "reasoning_effort" not in body:
        most = chat.get("max_completion_tokens") or chat.get("max_tokens")
        effort = effort_of(wish, most if isinstance(most, int) else 0) if wish.is_on else "none"
        body["reasoning_effort"] = _EFFORTS.get(effort, effort)


def _message(message: Json, where: Place, brief: Brief) -> list[Json]:
    """One message, or a tool's result and the images in it, which OpenAI takes from users alone."""
    role = text(message.get("role"), (where, "role"))
    told = _without(message, _OF_MESSAGES)
    if role == "developer" and brief.provider not in _KNOW_DEVELOPERS:
        told["role"] = "system"
    if role == "assistant" and brief.provider in _GIVEN_BACK:
        thoughts = "".join(as_text(detail.get("text")) for detail in details_of(message))
        if thoughts:
            told["reasoning_content"] = thoughts
    content = told.get("content")
    if not isinstance(content, list):
        return [told]
    parts = [(at, _without(part, _OF_PARTS)) for at, part in parts_of(content, (where, "content"))]
    if role != "tool":
        told["content"] = [part for _, part in parts]
        return [told]
    texts = [part for _, part in parts if part.get("type") == "text"]
    others = [part for _, part in parts if part.get("type") != "text"]
    told["content"] = "".join(as_text(part.get("text")) for part in texts)
    if not others:
        return [told]
    for at, part in parts:
        if part.get("type") not in ("text", "image_url", "file"):
            raise untranslatable(at, f"`{part.get('type')}` in a tool's result", "openai_chat")
    return [told, {"role": "user", "content": others}]


def _without(given: Json, names: frozenset[str]) -> Json:
    """A copy, or the same where it has none of them."""
    return given if names.isdisjoint(given) else {name: value for name, value in given.items() if name not in names}
