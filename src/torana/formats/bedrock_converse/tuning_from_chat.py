"""How the hub wants an answer made, as Converse says it, or as a model's own fields do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.effort import think as think_as_claude
from torana.formats.anthropic_messages.schemas import closed
from torana.formats.bedrock_converse.media import TARGET
from torana.formats.fields import entries, items, malformed, text, untranslatable
from torana.formats.json import as_list, as_object, as_text, dump
from torana.formats.knobs import drop_rest
from torana.formats.reasoning import Wish, effort_of, wish_of

if TYPE_CHECKING:
    from torana.formats.anthropic_messages.models import Traits
    from torana.formats.bedrock_converse.models import Model
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_READ = frozenset(
    {
        *("model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "functions"),
        *("max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "stop", "response_format"),
        *("reasoning", "reasoning_effort", "include_reasoning", "web_search_options", "service_tier", "metadata"),
        *("modalities", "audio"),
    }
)
_OF_SHAPE = frozenset({"modalities", "audio", "response_format"})
_OF_DELIVERY = frozenset({"service_tier", "metadata"})
_TIERS = frozenset({"priority", "default", "flex", "reserved"})
_METADATA = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")
_MOST_METADATA = 16
_STOP_PATH = "/stop_sequence"
_MOST_TOKENS_ASSUMED = 16_000
"""Where a request does not limit its answer, and its thoughts are so many that an effort is made of them."""
_KINDS = {"toolResult": "tool_result", "reasoningContent": "thinking"}
"""Anthropic's words for blocks that decide whether it may think."""


def tune(chat: Json, body: Json, model: Model, brief: Brief) -> None:
    """Adds all but the conversation and its tools to `body`."""
    config: Json = {}
    own: Json = {}
    for name in ("max_completion_tokens", "max_tokens"):
        if "maxTokens" not in config and (most := _number(chat, name)) is not None:
            config["maxTokens"] = most
    if chat.get("stop") is not None:
        _stop(chat["stop"], config, body, brief)
    _think(chat, body, config, own, model, brief)
    _sample(chat, config, own, model, brief)
    if config:
        body["inferenceConfig"] = config
    if own:
        body["additionalModelRequestFields"] = as_object(body.get("additionalModelRequestFields")) | own
    if not _OF_SHAPE.isdisjoint(chat):
        _shape(chat, body, model, brief)
    if not _OF_DELIVERY.isdisjoint(chat):
        _deliver(chat, body, brief)
    drop_rest(chat, _READ, brief)


def _number(chat: Json, name: str) -> int | float | None:
    value = chat.get(name)
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    raise malformed(name, "a number")


def _stop(stop: object, config: Json, body: Json, brief: Brief) -> None:
    given = [stop] if isinstance(stop, str) else [text(s, ("stop", n)) for n, s in enumerate(items(stop, "stop"))]
    told = [each for each in given if each.strip()]
    if len(told) < len(given):
        brief.drop("stop")  # what is nothing but space is refused
    if told:
        config["stopSequences"] = told
        body["additionalModelResponseFieldPaths"] = [_STOP_PATH]


def _sample(chat: Json, config: Json, own: Json, model: Model, brief: Brief) -> None:
    """Claude's sampling is its own to choose while it thinks, and in its newer models always."""
    temperature, top_p = _number(chat, "temperature"), _number(chat, "top_p")
    is_fixed = model.claude is not None and (
        not model.claude.has_sampling or as_object(own.get("thinking")).get("type") in ("enabled", "adaptive")
    )
    is_at_its_most = as_object(own.get("reasoningConfig")).get("maxReasoningEffort") == "high"
    if temperature is not None:
        if is_fixed or is_at_its_most:
            _drop("temperature", temperature, brief)
        else:
            config["temperature"] = min(temperature, 1)  # OpenAI's ends at 2
    if top_p is not None:
        is_second = model.claude is not None and not model.claude.has_either_sampling and "temperature" in config
        if is_fixed or is_at_its_most or is_second:
            _drop("top_p", top_p, brief)
        else:
            config["topP"] = top_p
    if (top_k := _number(chat, "top_k")) is not None:
        own |= {} if is_fixed else _top_k(top_k, model)
        if is_fixed or not _top_k(top_k, model):
            brief.drop("top_k")


def _drop(name: str, value: float, brief: Brief) -> None:
    if value != 1:
        brief.drop(name)


def _top_k(top_k: float, model: Model) -> Json:
    match model.family:
        case "claude" | "mistral":
            return {"top_k": top_k}
        case "nova":
            return {"inferenceConfig": {"topK": top_k}}
        case "cohere":
            return {"k": top_k}
    return {}


def _think(chat: Json, body: Json, config: Json, own: Json, model: Model, brief: Brief) -> None:
    wish = wish_of(chat)
    if wish.is_on is None:
        return
    if model.claude is not None:
        own |= _claudes(chat, body, config, model.claude, brief)
    elif model.has_efforts:
        own |= _novas(wish, config, brief, _name(chat))
    elif model.family == "gpt-oss":
        own["reasoning_effort"] = _one_of_three(effort_of(wish, _limit(config))) if wish.is_on else "low"
        if not wish.is_on:
            brief.drop(_name(chat))
    else:
        brief.drop(_name(chat))


def _name(chat: Json) -> str:
    return "reasoning" if isinstance(chat.get("reasoning"), dict) else "reasoning_effort"


def _limit(config: Json) -> int:
    most = config.get("maxTokens")
    return most if isinstance(most, int) and most > 0 else _MOST_TOKENS_ASSUMED


def _claudes(chat: Json, body: Json, config: Json, traits: Traits, brief: Brief) -> Json:
    """As Anthropic itself is told, of a request that is like this one in all that matters for it."""
    choice = as_object(as_object(body.get("toolConfig")).get("toolChoice"))
    own = as_object(as_object(body.get("additionalModelRequestFields")).get("tool_choice"))
    kind = next(iter(choice), "") or own.get("type")
    like: Json = {
        "max_tokens": config.get("maxTokens", traits.most_tokens),
        "tool_choice": {"type": kind},
        "messages": [
            {"content": [{"type": _KINDS.get(next(iter(as_object(block))), "")} for block in _first(message)]}
            for message in as_list(body.get("messages"))[-2:]
        ],
    }
    think_as_claude(chat, like, traits, brief)
    return {name: like[name] for name in ("thinking", "output_config") if name in like}


def _first(message: object) -> list[object]:
    return as_list(as_object(message).get("content"))[:1]


def _novas(wish: Wish, config: Json, brief: Brief, name: str) -> Json:
    """At its highest effort Nova takes no limit, and a limit is what costs hang on: then a step lower."""
    if not wish.is_on:
        return {}
    effort = _one_of_three(effort_of(wish, _limit(config)))
    if effort == "high" and "maxTokens" in config:
        effort = "medium"
        brief.drop(name)
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}


def _one_of_three(effort: str) -> str:
    return {"minimal": "low", "xhigh": "high", "max": "high"}.get(effort, effort)


def _shape(chat: Json, body: Json, model: Model, brief: Brief) -> None:
    modalities = chat.get("modalities")
    if chat.get("audio") is not None or modalities not in (None, ["text"], ["image", "text"], ["text", "image"]):
        raise untranslatable("modalities", "an answer in sound", TARGET)
    if chat.get("response_format") is None:
        return
    shape = entries(chat["response_format"], "response_format")
    if shape.get("type") != "json_schema":
        if shape.get("type") != "text":
            brief.drop("response_format")  # `json_object`, of which the prompt must say it too
        return
    if model.claude is not None and not model.claude.has_schemas:
        raise untranslatable("response_format", "a JSON schema", f"`{chat.get('model')}`")
    where = "response_format.json_schema"
    given = entries(shape.get("json_schema"), where)
    schema = entries(given.get("schema"), (where, "schema"))
    told: Json = {"schema": (dump(closed(schema) if model.claude is not None else schema) or b"{}").decode()}
    for name in ("name", "description"):
        if as_text(given.get(name)):
            told[name] = given[name]
    body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": told}}}


def _deliver(chat: Json, body: Json, brief: Brief) -> None:
    tier = chat.get("service_tier")
    if isinstance(tier, str) and tier in _TIERS:
        body["serviceTier"] = {"type": tier}
    elif tier not in (None, "auto"):
        brief.drop("service_tier")
    metadata = as_object(chat.get("metadata"))
    if metadata:
        pairs = [each for pair in metadata.items() for each in pair]
        if len(metadata) <= _MOST_METADATA and all(isinstance(e, str) and _METADATA.fullmatch(e) for e in pairs):
            body["requestMetadata"] = metadata
        else:
            brief.drop("metadata")
