"""Can the calls of an answer be run? What Auto Exacto judges endpoints by (openrouter.md 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text, load

if TYPE_CHECKING:
    from torana.formats.json import Json


def are_sound(reply: Json, tools: object) -> bool | None:
    """Of a whole answer: each call names a tool of the request, with arguments that are a JSON object.

    None = it calls none. Whether the arguments fit the tool's schema is not looked at.
    """
    names = {as_text(as_object(as_object(tool).get("function")).get("name")) for tool in as_list(tools)}
    messages = [as_object(as_object(choice).get("message")) for choice in as_list(reply.get("choices"))]
    calls = [
        as_object(as_object(call).get("function")) for each in messages for call in as_list(each.get("tool_calls"))
    ]
    if not calls:
        return None
    return all(call.get("name") in names and _is_object(as_text(call.get("arguments"))) for call in calls)


def _is_object(arguments: str) -> bool:
    return isinstance(load(arguments.encode("utf-8", "surrogatepass")), dict)
