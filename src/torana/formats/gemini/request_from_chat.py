"""Requests of the hub to Gemini: the path names the model, and whether a stream is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import malformed
from torana.formats.gemini.config_from_chat import config_from_chat
from torana.formats.gemini.contents_from_chat import Conversation
from torana.formats.gemini.tools_from_chat import choice_from_chat, tools_from_chat
from torana.formats.knobs import drop_rest

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_READ = frozenset(
    {
        "audio",
        "frequency_penalty",
        "functions",
        "image_config",
        "include_reasoning",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "modalities",
        "model",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning",
        "reasoning_effort",
        "response_format",
        "seed",
        "service_tier",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_k",
        "top_logprobs",
        "top_p",
        "web_search_options",
    }
)
_TIERS = frozenset({"flex", "priority"})


def request_from_chat(chat: Json, brief: Brief) -> Json:
    try:
        return _translated(chat, brief)
    except RecursionError:
        raise malformed("tools", "less deep") from None


def _translated(chat: Json, brief: Brief) -> Json:
    told = Conversation(chat, brief)
    body: Json = {"contents": told.contents}
    if told.instruction and not told.contents:
        # Gemini does not speak before it is spoken to.
        body["contents"] = [{"role": "user", "parts": told.instruction}]
    elif told.instruction:
        body["systemInstruction"] = {"parts": told.instruction}
    if tools := tools_from_chat(chat, brief):
        body["tools"] = tools
    if choice := choice_from_chat(chat, brief):
        body["toolConfig"] = choice
    if config := config_from_chat(chat, brief):
        body["generationConfig"] = config
    tier = chat.get("service_tier")
    if isinstance(tier, str) and tier in _TIERS:
        body["serviceTier"] = tier
    drop_rest(chat, _READ, brief)
    return body
