"""Requests of Responses clients, as the hub has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import entries, items, move, text, untranslatable
from torana.formats.openai_responses.content_to_chat import HUB
from torana.formats.openai_responses.items_to_chat import messages_of
from torana.formats.openai_responses.tools_to_chat import choice_to_chat, tools_to_chat

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SAME = {
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
    # Not OpenAI's here, but other gateways take them.
    "cache_control",
    "frequency_penalty",
    "logit_bias",
    "min_p",
    "presence_penalty",
    "repetition_penalty",
    "seed",
    "stop",
    "top_a",
    "top_k",
}
_READ = {
    "input",
    "instructions",
    "max_output_tokens",
    "tools",
    "tool_choice",
    "text",
    "reasoning",
    "include",
    # The hub has them otherwise, or it is we who see to them.
    "store",
    "stream_options",
    "background",
    "truncation",
    *_SAME,
}
_ELSEWHERE = {
    "previous_response_id": "an earlier response that is not at hand",
    "conversation": "a conversation that OpenAI keeps",
    "prompt": "a prompt that OpenAI keeps",
}
_HOSTED = ("file_search_call.", "web_search_call.", "computer_call_output.", "code_interpreter_call.", "message.input_")
"""What else may be asked for is of items that never come."""


def request_to_chat(body: Json, brief: Brief) -> Json:
    chat = _same(body, brief)
    messages = messages_of(body.get("input", []))
    if body.get("instructions") is not None:
        messages.insert(0, {"role": "system", "content": text(body["instructions"], "instructions")})
    chat["messages"] = messages
    if body.get("max_output_tokens") is not None:
        chat["max_completion_tokens"] = body["max_output_tokens"]
    tools_to_chat(body, chat, brief)
    if (choice := choice_to_chat(body.get("tool_choice"))) is not None and "tools" in chat:
        chat["tool_choice"] = choice
    _text(body, chat)
    _reasoning(body, chat, brief)
    _include(body, chat, brief)
    if body.get("truncation") not in (None, "disabled"):
        brief.drop("truncation")
    return chat


def _same(body: Json, brief: Brief) -> Json:
    """What the hub has under the same name."""
    chat: Json = {}
    for name, value in body.items():
        if value is None:
            continue
        if name in _SAME:
            chat[name] = value
        elif name in _ELSEWHERE:
            raise untranslatable(name, _ELSEWHERE[name], HUB)
        elif name not in _READ:
            brief.drop(name)
    if body.get("background") is True:
        raise untranslatable("background", "an answer to be fetched later", HUB)
    return chat


def _text(body: Json, chat: Json) -> None:
    if body.get("text") is None:
        return
    asked = entries(body["text"], "text")
    move(asked, chat, "verbosity")
    form = entries(asked.get("format") or {}, "text.format")
    if form.get("type") == "json_schema":
        schema = {name: value for name, value in form.items() if name != "type" and value is not None}
        chat["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif form.get("type") not in (None, "text"):
        chat["response_format"] = form


def _reasoning(body: Json, chat: Json, brief: Brief) -> None:
    if body.get("reasoning") is None:
        return
    asked = entries(body["reasoning"], "reasoning")
    told: Json = {}
    move(asked, told, "effort", "summary", "max_tokens", "enabled", "exclude")
    if asked.get("generate_summary") is not None:
        told.setdefault("summary", asked["generate_summary"])
    for name in ("context", "mode"):
        if asked.get(name) not in (None, "auto", "standard"):
            brief.drop(f"reasoning.{name}")
    if told:
        chat["reasoning"] = told


def _include(body: Json, chat: Json, brief: Brief) -> None:
    for number, given in enumerate(items(body.get("include") or [], "include")):
        wanted = text(given, ("include", number))
        if wanted == "message.output_text.logprobs":
            chat["logprobs"] = True
        elif wanted != "reasoning.encrypted_content" and not wanted.startswith(_HOSTED):
            brief.drop(f"include[{number}]")
    if "top_logprobs" in chat and "logprobs" not in chat:
        chat["logprobs"] = True
