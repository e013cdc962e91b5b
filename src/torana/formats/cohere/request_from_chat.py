"""Requests of the hub to Cohere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.cohere.messages_from_chat import Conversation
from torana.formats.cohere.words import NAME
from torana.formats.fields import entries, items, move, text, untranslatable
from torana.formats.functions import choice_of, functions_of
from torana.formats.json import as_list, as_object
from torana.formats.knobs import drop_rest
from torana.formats.reasoning import budget_of, wish_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SAME = ("model", "stream", "temperature", "seed", "logprobs", "safety_mode", "citation_options", "priority")
"""The last three are Cohere's own, for callers who know whom they talk to."""
_READ = frozenset(
    {
        *_SAME,
        "frequency_penalty",
        "functions",
        "include_reasoning",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "modalities",
        "presence_penalty",
        "reasoning",
        "reasoning_effort",
        "response_format",
        "stop",
        "stream_options",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    }
)
_LEAST_P, _MOST_P = 0.01, 0.99
_USUAL_TOKENS = 32_000
"""The most that its reasoning models answer with."""


def request_from_chat(chat: Json, brief: Brief) -> Json:
    body: Json = {}
    move(chat, body, *_SAME)
    conversation = Conversation()
    for number, message in enumerate(items(chat.get("messages"), "messages")):
        where = ("messages", number)
        conversation.add(entries(message, where), where)
    conversation.close()
    body["messages"] = conversation.messages
    if conversation.documents:
        body["documents"] = conversation.documents
    _add_tools(chat, body, brief)
    _add_knobs(chat, body, brief)
    _add_thinking(chat, body)
    if chat.get("response_format") is not None:
        _add_form(entries(chat["response_format"], "response_format"), body)
    if "audio" in as_list(chat.get("modalities")):
        raise untranslatable("modalities", "an answer in `audio`", NAME)
    drop_rest(chat, _READ, brief)
    return body


def _add_tools(chat: Json, body: Json, brief: Brief) -> None:
    functions = functions_of(chat, NAME)
    if functions:
        stricts = [each.pop("strict", False) for each in functions]
        if all(stricts):
            body["strict_tools"] = True
        elif any(stricts):
            brief.drop("tools.function.strict")  # theirs is for all of them or none
        body["tools"] = [{"type": "function", "function": each} for each in functions]
    choice = choice_of(chat, NAME)
    if choice.mode != "auto":
        body["tool_choice"] = choice.mode.upper()


def _add_knobs(chat: Json, body: Json, brief: Brief) -> None:
    most = chat.get("max_completion_tokens") or chat.get("max_tokens")
    if most is not None:
        body["max_tokens"] = most
    stop = chat.get("stop")
    if stop is not None:
        body["stop_sequences"] = [stop] if isinstance(stop, str) else items(stop, "stop")
    top_p = chat.get("top_p")
    if top_p is not None:
        body["p"] = min(max(top_p, _LEAST_P), _MOST_P) if isinstance(top_p, int | float) else top_p
    if chat.get("top_k") is not None:
        body["k"] = chat["top_k"]
    for name in ("frequency_penalty", "presence_penalty"):
        value = chat.get(name)
        if isinstance(value, int | float) and not 0 <= value <= 1:
            brief.drop(name)  # Cohere's go from 0 to 1
        elif value is not None:
            body[name] = value


def _add_thinking(chat: Json, body: Json) -> None:
    wish = wish_of(chat)
    if wish.is_on is None:
        return
    if not wish.is_on:
        body["thinking"] = {"type": "disabled"}
        return
    thinking: Json = {"type": "enabled"}
    if wish.max_tokens is not None or wish.effort is not None:
        most = chat.get("max_completion_tokens") or chat.get("max_tokens")
        thinking["token_budget"] = budget_of(wish, most if isinstance(most, int) else _USUAL_TOKENS)
    body["thinking"] = thinking


def _add_form(form: Json, body: Json) -> None:
    kind = text(form.get("type"), "response_format.type")
    if kind == "json_object":
        body["response_format"] = {"type": "json_object"}
    elif kind == "json_schema":
        schema = as_object(form.get("json_schema")).get("schema")
        body["response_format"] = {
            "type": "json_object",
            "json_schema": entries(schema, "response_format.json_schema.schema"),
        }
    elif kind != "text":
        raise untranslatable("response_format", f"`{kind}`", NAME)
