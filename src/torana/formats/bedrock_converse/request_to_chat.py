"""Requests of Converse's clients to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.bedrock_converse.messages_to_chat import OTHERS, mark_of, message_to_chat, system_to_chat
from torana.formats.bedrock_converse.tools_from_chat import GROUNDING
from torana.formats.fields import Place, entries, move, text, untranslatable
from torana.formats.json import as_list, as_object, as_text, load
from torana.formats.parts import entries_of
from torana.formats.strictness import is_strict

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_RARE = frozenset(
    {
        *("additionalModelRequestFields", "outputConfig"),
        *("serviceTier", "requestMetadata", "additionalModelResponseFieldPaths"),
    }
)
_KNOWN = _RARE | {
    *("messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "promptVariables"),
    *("modelId", "model", "stream"),
}
_TUNING = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p", "stopSequences": "stop"}
_STOP_PATHS = ["/stop_sequence"]
_REFUSED = {"guardrailConfig": "a guardrail", "promptVariables": "a prompt that is kept at Bedrock"}
"""What must not be left out in silence, though it is neither content nor tuning."""
_TIERS = frozenset({"priority", "default", "flex"})


def request_to_chat(body: Json, brief: Brief) -> Json:
    """The model and whether it is to stream stand in the path, so not here."""
    if not _REFUSED.keys().isdisjoint(body):
        _refuse(body)
    messages = system_to_chat(body.get("system"), brief)
    for where, message in entries_of(body.get("messages"), "messages"):
        messages += message_to_chat(message, where, brief)
    chat: Json = {"messages": messages}
    move(body, chat, "model", "stream")
    _tune(_object(body, "inferenceConfig"), chat, brief)
    _tools(_object(body, "toolConfig"), chat, brief)
    if not _RARE.isdisjoint(body):
        _own(_object(body, "additionalModelRequestFields"), chat, brief)
        _shape(_object(body, "outputConfig"), chat)
        _deliver(body, chat, brief)
    if not _KNOWN.issuperset(body):
        for name in sorted(body.keys() - _KNOWN):
            brief.drop(name)
    return chat


def _refuse(body: Json) -> None:
    for name, what in _REFUSED.items():
        if body.get(name):
            raise untranslatable(name, what, OTHERS)


def _object(body: Json, name: str) -> Json:
    value = body.get(name)
    return {} if value is None else entries(value, name)


def _tune(config: Json, chat: Json, brief: Brief) -> None:
    for name, value in config.items():
        if value is None or value == []:
            continue
        if name in _TUNING:
            chat[_TUNING[name]] = value
        else:
            brief.drop(f"inferenceConfig.{name}")


def _tools(config: Json, chat: Json, brief: Brief) -> None:
    tools: list[Json] = []
    for where, tool in entries_of(config.get("tools") or [], "toolConfig.tools"):
        if "toolSpec" in tool:
            tools.append(_tool(entries(tool["toolSpec"], (where, "toolSpec")), (where, "toolSpec"), brief))
        elif as_object(tool.get("systemTool")).get("name") == GROUNDING:
            chat["web_search_options"] = {}
        elif "cachePoint" not in tool:
            name = as_text(as_object(tool.get("systemTool")).get("name")) or next(iter(tool), "nothing")
            raise untranslatable(where, f"Bedrock's own tool `{name}`", OTHERS)
        elif tools:
            tools[-1]["cache_control"] = mark_of(tool)
        else:
            brief.drop("cachePoint")
    if tools:
        chat["tools"] = tools
    if config.get("toolChoice") is not None:
        _choose(entries(config["toolChoice"], "toolConfig.toolChoice"), chat)


def _tool(spec: Json, where: Place, brief: Brief) -> Json:
    given = entries(spec.get("inputSchema"), (where, "inputSchema")).get("json")
    schema = entries(given, (where, "inputSchema.json"))
    function: Json = {"name": text(spec.get("name"), (where, "name")), "parameters": schema}
    move(spec, function, "description")
    if spec.get("strict") is True:
        if is_strict(schema):
            function["strict"] = True
        else:
            brief.drop("tools.strict")  # others call it loose where properties may be left out
    return {"type": "function", "function": function}


def _choose(choice: Json, chat: Json) -> None:
    if "tool" in choice:
        where = "toolConfig.toolChoice.tool"
        name = text(entries(choice["tool"], where).get("name"), (where, "name"))
        chat["tool_choice"] = {"type": "function", "function": {"name": name}}
    elif "any" in choice:
        chat["tool_choice"] = "required"
    elif "auto" in choice:
        chat["tool_choice"] = "auto"


def _own(fields: Json, chat: Json, brief: Brief) -> None:
    """What clients tell a model beside Converse's own fields: of those, what the hub has a word for."""
    for name, value in fields.items():
        inner = as_object(value)
        match name:
            case "top_k" | "k":
                chat["top_k"] = value
            case "inferenceConfig" if inner.keys() <= {"topK", "reasoningConfig"}:
                move({"top_k": inner.get("topK")}, chat, "top_k")
                _novas_reasoning(as_object(inner.get("reasoningConfig")), chat)
            case "thinking":
                _thinking(inner, chat)
            case "output_config" if inner.get("effort"):
                _reason(chat)["effort"] = inner["effort"]
            case "reasoning_effort":
                _reason(chat)["effort"] = value
            case "reasoningConfig":
                _novas_reasoning(inner, chat)
            case "tool_choice":
                _own_choice(inner, chat)
            case _:
                brief.drop(f"additionalModelRequestFields.{name}")


def _own_choice(choice: Json, chat: Json) -> None:
    """Claude's."""
    if choice.get("disable_parallel_tool_use") is True:
        chat["parallel_tool_calls"] = False
    kind = as_text(choice.get("type"))
    if kind == "tool":
        chat["tool_choice"] = {"type": "function", "function": {"name": as_text(choice.get("name"))}}
    elif kind in ("none", "auto", "any"):
        chat["tool_choice"] = "required" if kind == "any" else kind


def _thinking(thinking: Json, chat: Json) -> None:
    """Claude's."""
    reasoning = _reason(chat)
    reasoning["enabled"] = thinking.get("type") != "disabled"
    move({"max_tokens": thinking.get("budget_tokens")}, reasoning, "max_tokens")
    if thinking.get("display") == "omitted":
        reasoning["exclude"] = True


def _novas_reasoning(config: Json, chat: Json) -> None:
    if config:
        _reason(chat)["enabled"] = config.get("type") == "enabled"
        move({"effort": config.get("maxReasoningEffort")}, _reason(chat), "effort")


def _reason(chat: Json) -> Json:
    return as_object(chat.setdefault("reasoning", {}))


def _shape(config: Json, chat: Json) -> None:
    if isinstance(config.get("effort"), str):
        _reason(chat)["effort"] = config["effort"]
    if config.get("textFormat") is None:
        return
    where = "outputConfig.textFormat.structure"
    structure = entries(entries(config["textFormat"], "outputConfig.textFormat").get("structure"), where)
    where += ".jsonSchema"
    given = entries(structure.get("jsonSchema"), where)
    written = text(given.get("schema"), (where, "schema"))
    schema = entries(load(written.encode("utf-8", "surrogatepass")), (where, "schema"))
    told: Json = {"name": as_text(given.get("name")) or "answer", "schema": schema, "strict": is_strict(schema)}
    move(given, told, "description")
    chat["response_format"] = {"type": "json_schema", "json_schema": told}


def _deliver(body: Json, chat: Json, brief: Brief) -> None:
    tier = _object(body, "serviceTier").get("type")
    if isinstance(tier, str) and tier in _TIERS:
        chat["service_tier"] = tier
    elif tier is not None:
        brief.drop("serviceTier")
    if metadata := _object(body, "requestMetadata"):
        chat["metadata"] = metadata
    if as_list(body.get("additionalModelResponseFieldPaths")) not in ([], _STOP_PATHS):
        brief.drop("additionalModelResponseFieldPaths")
