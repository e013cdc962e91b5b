"""The hub's tools, and which of them to call, as Converse's `toolConfig`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.schemas import closed
from torana.formats.bedrock_converse.media import TARGET
from torana.formats.bedrock_converse.messages_from_chat import cache_point
from torana.formats.fields import Place, entries, text, untranslatable
from torana.formats.functions import Choice, choice_of
from torana.formats.json import as_object, as_text
from torana.formats.parts import entries_of

if TYPE_CHECKING:
    from torana.formats.bedrock_converse.models import Model
    from torana.formats.json import Json
    from torana.formats.translation import Brief

GROUNDING = "nova_grounding"
"""Nova's own web search."""


def tools_from_chat(chat: Json, model: Model, used: list[str], brief: Brief) -> tuple[Json | None, Json]:
    """`toolConfig`, and what Claude alone is told of its tools; `used` are the names that messages call."""
    if chat.get("functions"):
        raise untranslatable("functions", "functions in place of tools", TARGET)
    choice = choice_of(chat, TARGET)
    tools = _tools(chat, choice, model, brief)
    if choice.mode == "none" and not used:
        return None, {}
    if not tools and used:
        # Bedrock refuses calls in messages without the tools that they are of.
        tools, choice = [_forgotten(name) for name in used], Choice("none")
    if not tools:
        return None, {}
    if choice.mode == "required" and model.claude is not None and not model.claude.can_be_forced:
        brief.drop("tool_choice")
        choice = Choice()
    told = _told(choice, chat)
    config: Json = {"tools": tools}
    own = _own_choice(told, choice, chat, model, brief)
    if told and not own:
        config["toolChoice"] = told
    return config, own


def _tools(chat: Json, choice: Choice, model: Model, brief: Brief) -> list[Json]:
    """Those that may be called."""
    allowed = choice.names if _is_of_several(chat) else None
    blocks: list[Json] = []
    for where, tool in entries_of(chat.get("tools") or [], "tools"):
        if tool.get("type") not in (None, "function"):
            raise untranslatable(where, f"a tool of the type `{tool.get('type')}`", TARGET)
        spec = _spec(entries(tool.get("function"), (where, "function")), (where, "function"), model, brief)
        if allowed is not None and spec["name"] not in allowed:
            continue
        blocks.append({"toolSpec": spec})
        if "cache_control" not in tool:
            continue
        if tool["cache_control"] is not None and model.family == "nova":
            brief.drop("cache_control")  # Nova caches prompts, and no tools
        elif (point := cache_point(tool, model, brief)) is not None:
            blocks.append(point)
    if chat.get("web_search_options") is not None:
        if model.family == "nova":
            blocks.append({"systemTool": {"name": GROUNDING}})
        else:
            brief.drop("web_search_options")
    return blocks


def _spec(function: Json, where: Place, model: Model, brief: Brief) -> Json:
    parameters = function.get("parameters")
    schema = {} if parameters is None else entries(parameters, (where, "parameters"))
    spec: Json = {"name": text(function.get("name"), (where, "name"))}
    if as_text(function.get("description")).strip():
        spec["description"] = function["description"]
    if function.get("strict") is True:
        if not model.has_strict_tools:
            brief.drop("tools.strict")
        else:
            spec["strict"] = True
            schema = closed(schema) if model.claude is not None else schema
    is_object = schema.get("type") == "object"
    spec["inputSchema"] = {"json": schema if is_object else {"properties": {}, **schema, "type": "object"}}
    return spec


def _forgotten(name: str) -> Json:
    schema: Json = {"type": "object", "properties": {}}
    return {"toolSpec": {"name": name, "inputSchema": {"json": schema}}}


def _is_of_several(chat: Json) -> bool:
    return as_object(chat.get("tool_choice")).get("type") == "allowed_tools"


def _told(choice: Choice, chat: Json) -> Json:
    """Empty where the model may do as it likes, which is what it does anyway."""
    if choice.mode != "required":
        return {}
    if choice.names and not _is_of_several(chat):
        return {"tool": {"name": choice.names[0]}}
    return {"any": {}}


def _own_choice(told: Json, choice: Choice, chat: Json, model: Model, brief: Brief) -> Json:
    """Claude's own field, which can forbid tools, and several at once; Converse has no words for either."""
    is_single = chat.get("parallel_tool_calls") is False
    if model.claude is None:
        if is_single:
            brief.drop("parallel_tool_calls")
        if chat.get("tool_choice") == "none":
            brief.drop("tool_choice")
        return {}
    if choice.mode == "none":
        return {"tool_choice": {"type": "none"}}
    if not is_single:
        return {}
    kind = next(iter(told), "auto")
    return {"tool_choice": {"type": kind, **as_object(told.get(kind)), "disable_parallel_tool_use": True}}
