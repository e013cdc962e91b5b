"""How the hub wants an answer made, as Converse says it, or as a model's own fields do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.formats.bedrock_converse.tools_from_chat import is_forced
from torana.formats.fields import entries, items, text
from torana.formats.json import as_object, as_text, dump
from torana.formats.reasoning import Wish, budget_of, effort_of, wish_of

if TYPE_CHECKING:
    from torana.formats.bedrock_converse.models import Model
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SILENT = frozenset(
    {
        *("model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls"),
        *("max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "stop", "response_format"),
        *("reasoning", "reasoning_effort", "include_reasoning", "web_search_options", "service_tier", "metadata"),
    }
)
"""Fields that are told, or dropped by name where they are."""
_NOTHING_SAID: dict[str, object] = {"n": 1, "modalities": ["text"], "logprobs": False, "store": False}
"""Fields that say no more than what is so anyway."""
_TIERS = frozenset({"priority", "default", "flex", "reserved"})
_METADATA = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")
_MOST_METADATA = 16
_STOP_PATH = "/stop_sequence"
_MOST_TOKENS_ASSUMED = 16_000
"""Of which a share is for thinking, where a request does not limit its answer."""
_LEAST_BUDGET = 1024
_LEAST_TOP_P = 0.95
"""What Claude takes while it thinks."""
_CHATS_NAMES = {"topP": "top_p"}


def tune(chat: Json, body: Json, model: Model, brief: Brief) -> None:
    """Adds all but the conversation and its tools to `body`."""
    config: Json = {}
    own: Json = {}
    most = chat.get("max_completion_tokens") or chat.get("max_tokens")
    if most is not None:
        config["maxTokens"] = most
    _stop(chat, config, body)
    _sample(chat, config, own, model, brief)
    _think(chat, config, own, model, brief)
    if config:
        body["inferenceConfig"] = config
    if own:
        body["additionalModelRequestFields"] = own
    _shape(chat.get("response_format"), body, brief)
    _deliver(chat, body, brief)
    for name, value in chat.items():
        if name not in _SILENT and value is not None and _NOTHING_SAID.get(name) != value:
            brief.drop(name)


def _stop(chat: Json, config: Json, body: Json) -> None:
    stop = chat.get("stop")
    if stop is None:
        return
    stops = [stop] if isinstance(stop, str) else [text(s, f"stop[{n}]") for n, s in enumerate(items(stop, "stop"))]
    if any(stops):
        config["stopSequences"] = [each for each in stops if each]
        body["additionalModelResponseFieldPaths"] = [_STOP_PATH]


def _sample(chat: Json, config: Json, own: Json, model: Model, brief: Brief) -> None:
    temperature, top_p = chat.get("temperature"), chat.get("top_p")
    if temperature is not None:
        # Converse ends at 1, OpenAI at 2.
        config["temperature"] = 1 if isinstance(temperature, int | float) and temperature > 1 else temperature
    if top_p is not None:
        config["topP"] = top_p
    if (top_k := chat.get("top_k")) is not None:
        if model.is_claude or model.family == "mistral":
            own["top_k"] = top_k
        elif model.family == "nova":
            own["inferenceConfig"] = {"topK": top_k}
        elif model.family == "cohere":
            own["k"] = top_k
        else:
            brief.drop("top_k")
    if not model.is_sampled:
        _drop(config, own, brief, "temperature", "topP", "top_k")
    elif model.takes_one_of_temperature_and_top_p and "temperature" in config:
        _drop(config, own, brief, "topP")


def _drop(config: Json, own: Json, brief: Brief, *names: str) -> None:
    for name in names:
        if config.pop(name, None) is not None or own.pop(name, None) is not None:
            brief.drop(_CHATS_NAMES.get(name, name))


def _think(chat: Json, config: Json, own: Json, model: Model, brief: Brief) -> None:
    wish = wish_of(chat)
    if wish.is_on is None:
        return
    told = False
    if model.thinks_with_budget:
        told = _with_budget(wish, chat, config, own, brief)
    elif model.thinks_adaptively:
        told = _adaptively(wish, chat, config, own, model, brief)
    elif model.family == "nova" and model.version >= (2, 0):
        told = _as_nova(wish, config, own, brief)
    elif model.family == "gpt-oss":
        own["reasoning_effort"] = _one_of_three(effort_of(wish, _limit(config))) if wish.is_on else "low"
        told = wish.is_on
    if not told:
        brief.drop("reasoning" if chat.get("reasoning") is not None else "reasoning_effort")


def _limit(config: Json) -> int:
    most = config.get("maxTokens")
    return most if isinstance(most, int) and most > 0 else _MOST_TOKENS_ASSUMED


def _with_budget(wish: Wish, chat: Json, config: Json, own: Json, brief: Brief) -> bool:
    """Claude to 4.5, which thinks when it is told to, and not where it must call a tool."""
    if not wish.is_on:
        return True
    most = _limit(config)
    budget = min(max(budget_of(wish, most), _LEAST_BUDGET), most - 1)
    if is_forced(chat) or budget < _LEAST_BUDGET:
        return False
    own["thinking"] = {"type": "enabled", "budget_tokens": budget}
    _steady(config, own, brief)
    return True


def _steady(config: Json, own: Json, brief: Brief) -> None:
    """Claude is not to be sampled otherwise than it is used to while it thinks."""
    if config.get("temperature") != 1:
        _drop(config, own, brief, "temperature")
    top_p = config.get("topP")
    if isinstance(top_p, int | float) and top_p < _LEAST_TOP_P:
        _drop(config, own, brief, "topP")
    _drop(config, own, brief, "top_k")


def _adaptively(wish: Wish, chat: Json, config: Json, own: Json, model: Model, brief: Brief) -> bool:
    """Claude from 4.6 on, which is told how hard to try."""
    if not wish.is_on:
        if model.always_thinks:
            own["output_config"] = {"effort": "low"}
            return False
        own["thinking"] = {"type": "disabled"}
        return True
    if wish.effort is not None or wish.max_tokens is not None:
        own["output_config"] = {"effort": _claudes_effort(effort_of(wish, _limit(config)), model)}
    if is_forced(chat) and not model.always_thinks:
        return False
    thinking: Json = {"type": "adaptive"}
    if model.version > (4, 6):  # which shows no thoughts unless it is told to
        thinking["display"] = "omitted" if wish.is_hidden else "summarized"
    own["thinking"] = thinking
    _steady(config, own, brief)
    return True


def _claudes_effort(effort: str, model: Model) -> str:
    if effort == "xhigh" and model.version < (4, 7):
        return "high"
    return {"minimal": "low"}.get(effort, effort)


def _as_nova(wish: Wish, config: Json, own: Json, brief: Brief) -> bool:
    """Nova 2. At its highest effort it takes no limit, and a limit is what costs hang on: then a step lower."""
    if not wish.is_on:
        return True
    effort = _one_of_three(effort_of(wish, _limit(config)))
    is_lowered = effort == "high" and "maxTokens" in config
    if effort == "high" and not is_lowered:
        _drop(config, own, brief, "temperature", "topP")
    own["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": "medium" if is_lowered else effort}
    return not is_lowered


def _one_of_three(effort: str) -> str:
    return {"minimal": "low", "xhigh": "high", "max": "high"}.get(effort, effort)


def _shape(wanted: object, body: Json, brief: Brief) -> None:
    if wanted is None:
        return
    shape = entries(wanted, "response_format")
    if shape.get("type") == "json_schema":
        where = "response_format.json_schema"
        given = entries(shape.get("json_schema"), where)
        schema = dump(entries(given.get("schema"), f"{where}.schema")) or b"{}"
        told: Json = {"schema": schema.decode()}
        for name in ("name", "description"):
            if as_text(given.get(name)):
                told[name] = given[name]
        body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": told}}}
    elif shape.get("type") != "text":
        brief.drop("response_format")


def _deliver(chat: Json, body: Json, brief: Brief) -> None:
    tier = chat.get("service_tier")
    if tier in _TIERS:
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
