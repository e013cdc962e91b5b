"""Requests of the hub to Anthropic, and to those who host Claude or speak as Anthropic does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.effort import think
from torana.formats.anthropic_messages.messages_from_chat import Conversation
from torana.formats.anthropic_messages.models import traits_of
from torana.formats.anthropic_messages.schemas import closed
from torana.formats.anthropic_messages.tools_from_chat import tools_from_chat
from torana.formats.fields import entries, items, malformed, move, text, untranslatable
from torana.formats.json import as_list, as_object, as_text
from torana.formats.parts import entries_of

if TYPE_CHECKING:
    from torana.formats.anthropic_messages.models import Traits
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_VERSION = b"2023-06-01"
"""Not 2026-10-21, which refuses `temperature` of all models: older ones still have it, and hosts know this one."""
_FILES = b"files-api-2025-04-14"
_VERTEX = "vertex-2023-10-16"
_NAME = "anthropic_messages"

_OF_USER = frozenset({"safety_identifier", "user", "service_tier"})
_READ = frozenset(
    {
        *_OF_USER,
        "cache_control",
        "include_reasoning",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "model",
        "parallel_tool_calls",
        "reasoning",
        "reasoning_effort",
        "response_format",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
        "web_search_options",
    }
)
_NO_LOSS: dict[str, object] = {"n": 1, "store": False, "logprobs": False, "presence_penalty": 0, "frequency_penalty": 0}
"""Values that ask for what is done anyway."""
_TIERS = {"auto": "auto", "default": "standard_only", "standard": "standard_only"}


def request_from_chat(chat: Json, brief: Brief) -> Json:
    body = body_from_chat(chat, brief)
    if brief.provider == "google-vertex-ai":
        body = {"anthropic_version": _VERTEX, **{name: value for name, value in body.items() if name != "model"}}
    else:
        brief.headers.append((b"anthropic-version", _VERSION))
    if _has_files(body):
        brief.headers.append((b"anthropic-beta", _FILES))
    return body


def body_from_chat(chat: Json, brief: Brief) -> Json:
    """Whoever hosts it."""
    model = as_text(chat.get("model"))
    traits = traits_of(model)
    body: Json = {"model": model, "max_tokens": _most_tokens(chat, traits)}
    has_turns = traits.has_system_turns and brief.provider in ("", "anthropic")
    conversation = Conversation(has_system_turns=has_turns)
    for where, message in entries_of(chat.get("messages"), "messages"):
        conversation.add(message, where)
    conversation.write(body)
    tools_from_chat(chat, body, traits, brief)
    think(chat, body, traits, brief)
    _sample(chat, body, traits, brief)
    if chat.get("response_format") is not None:
        _structure(entries(chat["response_format"], "response_format"), body, traits, brief)
    if chat.get("stop") is not None:
        _stop(chat["stop"], body, brief)
    if not _OF_USER.isdisjoint(chat):
        _tell_user(chat, body, brief)
    move(chat, body, "stream", "cache_control")
    if not _READ.issuperset(chat):
        for name in [each for each in chat if each not in _READ]:
            _leave_out(name, chat[name], brief)
    return body


def _most_tokens(chat: Json, traits: Traits) -> object:
    most = chat.get("max_completion_tokens")
    if most is None:
        most = chat.get("max_tokens")
    if most is None:
        return traits.most_tokens
    if isinstance(most, bool) or not isinstance(most, int):
        raise malformed(
            "max_tokens" if chat.get("max_completion_tokens") is None else "max_completion_tokens", "a number"
        )
    return most


def _sample(chat: Json, body: Json, traits: Traits, brief: Brief) -> None:
    """Sampling is Anthropic's to choose while Claude thinks, and in its newer models always."""
    is_thinking = as_object(body.get("thinking")).get("type") in ("enabled", "adaptive")
    for name in ("temperature", "top_p", "top_k"):
        value = chat.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise malformed(name, "a number")
        is_second = name == "top_p" and "temperature" in body and not traits.has_either_sampling
        if is_second or is_thinking or not traits.has_sampling:
            if value != 1:
                brief.drop(name)
        else:
            body[name] = min(value, 1) if name == "temperature" else value


def _structure(wanted: Json, body: Json, traits: Traits, brief: Brief) -> None:
    match wanted.get("type"):
        case "text":
            return
        case "json_schema" if traits.has_schemas:
            where = "response_format.json_schema"
            schema = entries(entries(wanted.get("json_schema"), where).get("schema"), (where, "schema"))
            config = as_object(body.get("output_config"))
            body["output_config"] = {**config, "format": {"type": "json_schema", "schema": closed(schema)}}
        case "json_schema":
            raise untranslatable("response_format", "a JSON schema", f"`{body['model']}`")
        case _:
            brief.drop("response_format")  # `json_object`, of which OpenAI too wants that the prompt says it


def _stop(stop: object, body: Json, brief: Brief) -> None:
    given = [stop] if isinstance(stop, str) else items(stop, "stop")
    told = [sequence for number, each in enumerate(given) if (sequence := text(each, ("stop", number))).strip()]
    if len(told) < len(given):
        brief.drop("stop")  # Anthropic refuses what is nothing but space
    if told:
        body["stop_sequences"] = told


def _tell_user(chat: Json, body: Json, brief: Brief) -> None:
    user = chat.get("safety_identifier") or chat.get("user")
    if isinstance(user, str):
        body["metadata"] = {"user_id": user}
    tier = chat.get("service_tier")
    if isinstance(tier, str) and tier in _TIERS:
        body["service_tier"] = _TIERS[tier]
    elif tier is not None:
        brief.drop("service_tier")


def _leave_out(name: str, value: object, brief: Brief) -> None:
    if value is None or _NO_LOSS.get(name) == value:
        return
    if name == "functions":
        raise untranslatable(name, "functions in place of tools", _NAME)
    if name == "modalities":
        if value != ["text"]:
            raise untranslatable(name, "an answer that is not text alone", _NAME)
        return
    brief.drop(name)


def _has_files(body: Json) -> bool:
    """Whether a file of Anthropic's own store is among the documents."""
    for turn in as_list(body["messages"]):
        content = as_object(turn)["content"]
        if type(content) is not list:
            continue
        for block in content:
            if block["type"] == "document" and block["source"]["type"] == "file":
                return True
    return False
