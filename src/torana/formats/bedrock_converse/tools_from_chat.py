"""The hub's tools, and which of them to call, as Converse's `toolConfig`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.bedrock_converse.media import TARGET
from torana.formats.bedrock_converse.messages_from_chat import cache_point
from torana.formats.fields import entries, items, text, untranslatable
from torana.formats.json import as_object, as_text

if TYPE_CHECKING:
    from torana.formats.bedrock_converse.models import Model
    from torana.formats.json import Json
    from torana.formats.translation import Brief

GROUNDING = "nova_grounding"
"""Nova's own web search."""


def tools_from_chat(chat: Json, model: Model, used: list[str], brief: Brief) -> tuple[Json | None, Json]:
    """`toolConfig`, and what Claude alone is told of its tools; `used` are the names that messages call."""
    tools = _tools(chat, model, brief)
    choice = _choice(chat.get("tool_choice"))
    if "none" in choice and not used:
        return None, {}
    if not tools and used:
        # Bedrock refuses calls in messages without the tools that they are of.
        tools, choice = [_forgotten(name) for name in used], {"none": {}}
    if not tools:
        return None, {}
    config: Json = {"tools": tools}
    own = _own_choice(choice, chat, model, brief)
    if choice and not own and "none" not in choice:
        config["toolChoice"] = choice
    return config, own


def is_forced(chat: Json) -> bool:
    """Whether a tool must be called."""
    choice = chat.get("tool_choice")
    return choice == "required" or isinstance(choice, dict)


def _tools(chat: Json, model: Model, brief: Brief) -> list[Json]:
    blocks: list[Json] = []
    for number, each in enumerate(items(chat.get("tools") or [], "tools")):
        where = f"tools[{number}]"
        tool = entries(each, where)
        if tool.get("type") not in (None, "function"):
            raise untranslatable(where, f"a tool of the type `{tool.get('type')}`", TARGET)
        blocks.append(_spec(tool, where, model, brief))
        if tool.get("cache_control") is not None and model.family == "nova":
            brief.drop("cache_control")  # Nova caches prompts, and no tools
        elif (point := cache_point(tool, model, brief)) is not None:
            blocks.append(point)
    if chat.get("web_search_options") is not None:
        if model.family == "nova":
            blocks.append({"systemTool": {"name": GROUNDING}})
        else:
            brief.drop("web_search_options")
    return blocks


def _spec(tool: Json, where: str, model: Model, brief: Brief) -> Json:
    at = f"{where}.function"
    function = entries(tool.get("function"), at)
    parameters = function.get("parameters")
    schema = {} if parameters is None else entries(parameters, f"{at}.parameters")
    spec: Json = {"name": text(function.get("name"), f"{at}.name")}
    if as_text(function.get("description")).strip():
        spec["description"] = function["description"]
    spec["inputSchema"] = {"json": schema if "type" in schema else {"type": "object", "properties": {}, **schema}}
    if function.get("strict") is True:
        if model.is_strict:
            spec["strict"] = True
        else:
            brief.drop("tools.function.strict")
    return {"toolSpec": spec}


def _forgotten(name: str) -> Json:
    schema: Json = {"type": "object", "properties": {}}
    return {"toolSpec": {"name": name, "inputSchema": {"json": schema}}}


def _choice(choice: object) -> Json:
    match choice:
        case None | "auto":
            return {}
        case "none":
            return {"none": {}}
        case "required":
            return {"any": {}}
        case str():
            raise untranslatable("tool_choice", f"`{choice}`", TARGET)
    wanted = entries(choice, "tool_choice")
    if wanted.get("type") != "function":
        raise untranslatable("tool_choice", f"a choice of the type `{wanted.get('type')}`", TARGET)
    function = entries(wanted.get("function"), "tool_choice.function")
    return {"tool": {"name": text(function.get("name"), "tool_choice.function.name")}}


def _own_choice(choice: Json, chat: Json, model: Model, brief: Brief) -> Json:
    """Claude's own field, which can forbid tools, and several at once; Converse has no words for either."""
    is_single = chat.get("parallel_tool_calls") is False
    if not model.is_claude:
        if is_single:
            brief.drop("parallel_tool_calls")
        if chat.get("tool_choice") == "none":
            brief.drop("tool_choice")
        return {}
    if "none" in choice:
        return {"tool_choice": {"type": "none"}}
    if not is_single:
        return {}
    kind = next(iter(choice), "auto")
    return {"tool_choice": {"type": kind, **as_object(choice.get(kind)), "disable_parallel_tool_use": True}}
