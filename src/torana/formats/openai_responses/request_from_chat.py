"""The hub's requests, for providers that speak Responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.formats.fields import entries, move, untranslatable
from torana.formats.json import as_list, as_object, as_text
from torana.formats.openai_names import shorten
from torana.formats.openai_responses.content_from_chat import NAME
from torana.formats.openai_responses.items_from_chat import items_from_chat
from torana.formats.openai_responses.tools_from_chat import choice_from_chat, tools_from_chat
from torana.formats.reasoning import WISHES, effort_of, wish_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SAME = (
    "model",
    "stream",
    "temperature",
    "top_p",
    "top_logprobs",
    "parallel_tool_calls",
    "metadata",
    "user",
    "prompt_cache_key",
    "safety_identifier",
    "service_tier",
)
_OF_TEXT = frozenset({"response_format", "verbosity"})
_READ = {
    "messages",
    "max_completion_tokens",
    "max_tokens",
    "tools",
    "tool_choice",
    "functions",
    "function_call",
    "web_search_options",
    "logprobs",
    "store",
    "stream_options",
    "modalities",
    *_OF_TEXT,
    *WISHES,
    *_SAME,
}
_LEAST_TOKENS = 16
"""OpenAI refuses less."""
_THINKS = re.compile(r"(?:^|/)(?:o\d|gpt-(?:[5-9]|\d\d)|codex|grok-4)(?!.*-chat)")
"""Models that refuse to encrypt their thoughts are those without any."""
_TAKES_MARKS = re.compile(r"(?:^|/)gpt-(?:5\.(?:[6-9]|\d\d)|[6-9]|\d\d)")
_HIDDEN_WORDS = ("none", "off")


def request_from_chat(chat: Json, brief: Brief) -> Json:
    model = as_text(chat.get("model"))
    body: Json = {}
    move(chat, body, *_SAME)
    shorten(body)
    body["input"] = items_from_chat(chat.get("messages"), is_marked=_TAKES_MARKS.search(model) is not None)
    _limit(chat, body)
    if tools := tools_from_chat(chat):
        body["tools"] = tools
    if (choice := choice_from_chat(chat.get("tool_choice"))) is not None:
        body["tool_choice"] = choice
    if not _OF_TEXT.isdisjoint(chat):
        _text(chat, body)
    thinks = _THINKS.search(model) is not None
    if not WISHES.isdisjoint(chat):
        _think(chat, body, thinks=thinks)
    if include := _included(chat, has_thoughts=thinks or "reasoning" in body):
        body["include"] = include
    # A conversation comes whole each time: there is nothing to be kept, unless the caller says so.
    body["store"] = chat.get("store") is True
    if "modalities" in chat and "audio" in as_list(chat["modalities"]):
        raise untranslatable("modalities", "an answer in `audio`", NAME)
    for name, value in chat.items():
        if name not in _READ and value is not None and not (name == "n" and value == 1):
            brief.drop(name)
    return body


def _included(chat: Json, *, has_thoughts: bool) -> list[str]:
    include = ["reasoning.encrypted_content"] if has_thoughts else []
    if chat.get("logprobs") is True:
        include.append("message.output_text.logprobs")
    return include


def _limit(chat: Json, body: Json) -> None:
    most = chat.get("max_completion_tokens") or chat.get("max_tokens")
    if most is not None:
        body["max_output_tokens"] = max(most, _LEAST_TOKENS) if isinstance(most, int) else most


def _text(chat: Json, body: Json) -> None:
    told: Json = {}
    if chat.get("response_format") is not None:
        form = entries(chat["response_format"], "response_format")
        if form.get("type") == "json_schema":
            inner = entries(form.get("json_schema"), "response_format.json_schema")
            told["format"] = {"type": "json_schema", **inner}
        else:
            told["format"] = form
    move(chat, told, "verbosity")
    if told:
        body["text"] = told


def _think(chat: Json, body: Json, *, thinks: bool) -> None:
    wish = wish_of(chat)
    asked = as_object(chat.get("reasoning"))
    told: Json = {}
    if wish.is_on or (thinks and wish.is_on is False):
        most = chat.get("max_completion_tokens") or chat.get("max_tokens")
        told["effort"] = effort_of(wish, most if isinstance(most, int) else 0) if wish.is_on else "none"
    summary = asked.get("summary")
    if summary is not None:
        told["summary"] = summary
    elif wish.is_on and asked and not wish.is_hidden:
        told["summary"] = "auto"  # who asks for reasoning in the hub's words wants to see it
    if told.get("summary") in _HIDDEN_WORDS:
        del told["summary"]
    if told:
        body["reasoning"] = told
