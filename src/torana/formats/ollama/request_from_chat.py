"""Requests of the hub to Ollama."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import entries, items, move, text, untranslatable
from torana.formats.functions import choice_of, functions_of
from torana.formats.json import as_list, as_object
from torana.formats.knobs import drop_rest
from torana.formats.ollama.messages_from_chat import Conversation
from torana.formats.ollama.words import NAME, OPTIONS
from torana.formats.reasoning import wish_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SAME = ("model", "keep_alive", "logprobs", "top_logprobs")
"""`keep_alive` and `options` are Ollama's own, for callers who know whom they talk to."""
_READ = frozenset(
    {
        *_SAME,
        *OPTIONS,
        "functions",
        "include_reasoning",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "modalities",
        "options",
        "reasoning",
        "reasoning_effort",
        "response_format",
        "stop",
        "stream",
        "stream_options",
        "tool_choice",
        "tools",
    }
)
_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}


def request_from_chat(chat: Json, brief: Brief) -> Json:
    body: Json = {}
    move(chat, body, *_SAME)
    body["stream"] = chat.get("stream") is True  # theirs is true unless it is said
    conversation = Conversation()
    for number, message in enumerate(items(chat.get("messages"), "messages")):
        where = ("messages", number)
        conversation.add(entries(message, where), where)
    conversation.close()
    body["messages"] = conversation.messages
    _add_tools(chat, body, brief)
    if options := _options(chat):
        body["options"] = options
    _think(chat, body)
    if chat.get("response_format") is not None:
        _add_form(entries(chat["response_format"], "response_format"), body)
    if "audio" in as_list(chat.get("modalities")):
        raise untranslatable("modalities", "an answer in `audio`", NAME)
    drop_rest(chat, _READ, brief)
    return body


def _add_tools(chat: Json, body: Json, brief: Brief) -> None:
    choice = choice_of(chat, NAME)
    functions = functions_of(chat, NAME)
    if choice.mode == "none":
        return  # a model that knows no tool calls none
    if choice.mode == "required":
        brief.drop("tool_choice")
    stricts = [each.pop("strict", False) for each in functions]
    if any(stricts):
        brief.drop("tools.function.strict")
    if functions:
        body["tools"] = [{"type": "function", "function": each} for each in functions]


def _options(chat: Json) -> Json:
    options: Json = dict(entries(chat.get("options") or {}, "options"))
    for name, theirs in OPTIONS.items():
        if chat.get(name) is not None:
            options[theirs] = chat[name]
    most = chat.get("max_completion_tokens") or chat.get("max_tokens")
    if most is not None:
        options["num_predict"] = most
    stop = chat.get("stop")
    if stop is not None:
        options["stop"] = [stop] if isinstance(stop, str) else items(stop, "stop")
    return options


def _think(chat: Json, body: Json) -> None:
    """A word where it was one; a count of tokens says no more than that it should think."""
    wish = wish_of(chat)
    if wish.is_on is not None:
        body["think"] = _EFFORTS.get(wish.effort or "", True) if wish.is_on else False


def _add_form(form: Json, body: Json) -> None:
    kind = text(form.get("type"), "response_format.type")
    if kind == "json_object":
        body["format"] = "json"
    elif kind == "json_schema":
        schema = as_object(form.get("json_schema")).get("schema")
        body["format"] = entries(schema, "response_format.json_schema.schema")
    elif kind != "text":
        raise untranslatable("response_format", f"`{kind}`", NAME)
