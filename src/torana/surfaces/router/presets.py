"""Presets: what a name stands for in requests, and what of one is kept (openrouter.md 2.9).

Both work on the hub's form of a request, so that one preset is good for every format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.formats.json import Json

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROUTER = """
    models provider plugins route transforms service_tier top_a min_p repetition_penalty modalities image_config
    max_tool_calls stop_server_tools_when cache_control cache_enabled cache_ttl_seconds
"""
_MODEL = """
    model temperature top_p top_k frequency_penalty presence_penalty seed stop max_tokens max_completion_tokens
    logit_bias logprobs top_logprobs verbosity reasoning reasoning_effort include_reasoning response_format
    structured_outputs tools tool_choice parallel_tool_calls audio web_search_options prompt_cache_options
"""
OWN = frozenset(_ROUTER.split())
"""What a preset may hold that is called the same in each format, as it is the router's."""
CONFIG = OWN | frozenset(_MODEL.split())
"""What a preset may hold; anything else of a request is the request's alone."""
_CACHE = frozenset({"cache_enabled", "cache_ttl_seconds"})
_SAME = (
    frozenset({"max_tokens", "max_completion_tokens"}),
    frozenset({"reasoning", "reasoning_effort", "include_reasoning"}),
)
"""Names of one thing: a request that has one of them says it all."""
_NAMED = frozenset({"openrouter:advisor", "openrouter:subagent"})
_SYSTEM = frozenset({"system", "developer"})


class Captured(Struct, frozen=True):
    """What of a request is worth a name."""

    config: Json
    system_prompt: str | None


class Caching(Struct, frozen=True):
    """What a preset says of the response cache; None = nothing."""

    enabled: bool | None = None
    ttl_s: int | None = None


def apply(request: Json, preset: Mapping[str, object]) -> Json:
    """A new request: the preset's `config` and `system_prompt`, and over them what the request itself has.

    Its tools come first, each in its place; the request's take the place of those of the same identity or follow.
    A system or developer message of the request's own takes the place of the preset's prompt. Model names that stand
    for the preset (`@preset/…`) have to be taken off before. What is said of the cache is read with `caching`.
    """
    config = _config(preset)
    given = {name for name in request if request[name] is not None}
    hidden = {name for names in _SAME if names & given for name in names} | _CACHE
    merged: Json = {name: value for name, value in config.items() if name not in hidden} | request
    tools, own = config.get("tools"), request.get("tools")
    if isinstance(tools, list) and isinstance(own, list):
        merged["tools"] = _united(tools, own)
    prompt, messages = preset.get("system_prompt"), request.get("messages")
    if isinstance(prompt, str) and prompt and isinstance(messages, list) and not any(map(_instructs, messages)):
        merged["messages"] = [{"role": "system", "content": prompt}, *messages]
    return merged


def caching(preset: Mapping[str, object]) -> Caching:
    config = _config(preset)
    enabled, ttl = config.get("cache_enabled"), config.get("cache_ttl_seconds")
    return Caching(
        enabled if isinstance(enabled, bool) else None,
        ttl if isinstance(ttl, int) and not isinstance(ttl, bool) else None,
    )


def capture(chat: Json, body: Json) -> Captured:
    """`body` is the request as it came, `chat` the same in the hub, which has no place for some of the router's own."""
    own = {name: body[name] for name in OWN & body.keys()}
    config = {name: value for name, value in (chat | own).items() if name in CONFIG and value is not None}
    return Captured(config, _prompt(chat.get("messages")))


def _config(preset: Mapping[str, object]) -> Json:
    config = preset.get("config")
    return config if isinstance(config, dict) else {}


def _united(preset: list[object], own: list[object]) -> list[object]:
    left = list(own)
    united = []
    for tool in preset:
        identity = _identity(tool)
        same = next((one for one in left if identity is not None and _identity(one) == identity), None)
        if same is not None:
            left = [one for one in left if one is not same]
        united.append(tool if same is None else same)
    return united + left


def _identity(tool: object) -> tuple[str, str] | None:
    """Functions by their name, advisors and subagents by type and name, other tools by type; None = none of these."""
    if not isinstance(tool, dict) or not isinstance(kind := tool.get("type"), str):
        return None
    held = tool.get("parameters") if kind in _NAMED else tool.get(kind)
    name = held.get("name") if isinstance(held, dict) else None
    return kind, name if isinstance(name, str) else ""


def _instructs(message: object) -> bool:
    return isinstance(message, dict) and message.get("role") in _SYSTEM


def _prompt(messages: object) -> str | None:
    """What the system is told before anything else, as one text."""
    texts: list[str] = []
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, dict) or message.get("role") not in _SYSTEM:
            break
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"text": content}]
        texts += [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return "\n\n".join(texts) or None
