"""Requests of Anthropic's clients as the hub has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import HeldElsewhere
from torana.formats.anthropic_messages.content_to_chat import message_to_chat, system_to_chat
from torana.formats.anthropic_messages.tools_to_chat import choice_to_chat, tools_to_chat
from torana.formats.fields import entries, items, move, text, untranslatable
from torana.formats.parts import entries_of
from torana.formats.strictness import is_strict

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SAME = ("model", "stream", "max_tokens", "temperature", "top_p", "top_k", "cache_control")
_OF_THOUGHT = frozenset({"thinking", "output_config", "output_format"})
_OF_USER = frozenset({"metadata", "service_tier"})
_READ = frozenset(
    {
        *_SAME,
        *_OF_THOUGHT,
        *_OF_USER,
        "messages",
        "system",
        "tools",
        "tool_choice",
        "stop_sequences",
        "anthropic_version",
    }
)
_CONTENT = {
    "mcp_servers": "servers of tools",
    "compaction": "a request to summarise",
}
"""Fields without which the request would be another one."""
_TIERS = {"auto": "auto", "standard_only": "default"}


def request_to_chat(body: Json, brief: Brief) -> Json:
    chat: Json = {}
    move(body, chat, *_SAME)
    chat["messages"] = _messages(body, brief)
    tools_to_chat(body, chat, brief)
    choice_to_chat(body, chat, brief)
    if not _OF_THOUGHT.isdisjoint(body):
        _think(body, chat, brief)
        _structure(body, chat)
    if body.get("stop_sequences") is not None:
        found = items(body["stop_sequences"], "stop_sequences")
        if found:
            chat["stop"] = [text(each, ("stop_sequences", number)) for number, each in enumerate(found)]
    if not _OF_USER.isdisjoint(body):
        _tell_user(body, chat, brief)
    if not _READ.issuperset(body):
        for name in [each for each in body if each not in _READ]:
            _leave_out(name, body[name], brief)
    return chat


def count_request_to_chat(body: Json, brief: Brief) -> Json:
    """Of a request to count tokens: what would be sent, of which nothing is asked."""
    chat = request_to_chat(body, brief)
    chat.pop("stream", None)
    return chat


def _messages(body: Json, brief: Brief) -> list[Json]:
    messages = system_to_chat(body.get("system"), brief)
    for where, message in entries_of(body.get("messages"), "messages"):
        messages += message_to_chat(message, where, brief)
    return messages


def _think(body: Json, chat: Json, brief: Brief) -> None:
    reasoning: Json = {}
    config = entries(body.get("output_config") or {}, "output_config")
    if config.get("effort") is not None:
        reasoning["effort"] = text(config["effort"], "output_config.effort")
    if body.get("thinking") is not None:
        thinking = entries(body["thinking"], "thinking")
        kind = text(thinking.get("type"), "thinking.type")
        reasoning["enabled"] = kind in ("enabled", "adaptive")
        if kind == "enabled" and isinstance(thinking.get("budget_tokens"), int):
            reasoning["max_tokens"] = thinking["budget_tokens"]
        if thinking.get("display") == "omitted":
            reasoning["exclude"] = True
    if reasoning:
        chat["reasoning"] = reasoning
    for name in [each for each in config if each not in {"effort", "format"}]:
        brief.drop(f"output_config.{name}")


def _structure(body: Json, chat: Json) -> None:
    """`output_format` is what `output_config.format` was called before."""
    config = entries(body.get("output_config") or {}, "output_config")
    where = "output_format" if config.get("format") is None else "output_config.format"
    given = body.get("output_format") if config.get("format") is None else config["format"]
    if given is None:
        return
    wanted = entries(given, where)
    if wanted.get("type") != "json_schema":
        raise untranslatable((where, "type"), f"`{wanted.get('type')}`", "openai_chat")
    schema = entries(wanted.get("schema"), (where, "schema"))
    chat["response_format"] = {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": is_strict(schema)},
    }


def _tell_user(body: Json, chat: Json, brief: Brief) -> None:
    metadata = entries(body.get("metadata") or {}, "metadata")
    move({"user": metadata.get("user_id")}, chat, "user")
    for name in [each for each in metadata if each != "user_id"]:
        brief.drop(f"metadata.{name}")
    tier = body.get("service_tier")
    if isinstance(tier, str) and tier in _TIERS:
        chat["service_tier"] = _TIERS[tier]
    elif tier is not None:
        brief.drop("service_tier")


def _leave_out(name: str, value: object, brief: Brief) -> None:
    if value is None:
        return
    what = _CONTENT.get(name)
    if name == "thread" and isinstance(value, dict) and value.get("type") == "continue":
        raise HeldElsewhere("`thread`: a conversation that the provider holds cannot be told to another format")
    if what is not None and value:
        raise untranslatable(name, what, "another format")
    brief.drop(name)
