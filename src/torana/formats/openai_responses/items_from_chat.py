"""The hub's messages, as items of a Responses input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, text, untranslatable
from torana.formats.json import as_list, as_object
from torana.formats.openai_responses.content_from_chat import (
    NAME,
    annotation_from_chat,
    parts_from_chat,
    said_from_chat,
)
from torana.formats.openai_responses.thoughts import items_of
from torana.formats.parts import entries_of
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json

_UNTOLD = frozenset({"function_call", "audio", "images"})
_ROLES = ("user", "system", "developer")


def items_from_chat(messages: object, *, is_marked: bool) -> list[Json]:
    made: list[Json] = []
    custom: set[str] = set()
    """Calls of tools that take free text: their results are items of another type."""
    for where, message in entries_of(messages, "messages"):
        role = text(message.get("role"), (where, "role"))
        if role == "assistant":
            made += _assistant(message, where, custom)
        elif role == "tool":
            made.append(_output(message, where, custom, is_marked=is_marked))
        elif role in _ROLES:
            content = parts_from_chat(message.get("content"), (where, "content"), is_marked=is_marked)
            made.append({"type": "message", "role": role, "content": content})
        elif role == "function":
            raise untranslatable((where, "role"), "the result of a function that is no tool", NAME)
        else:
            raise malformed((where, "role"), "`system`, `developer`, `user`, `assistant` or `tool`")
    return made


def _assistant(message: Json, where: Place, custom: set[str]) -> list[Json]:
    if not _UNTOLD.isdisjoint(message):
        _refuse(message, where)
    details = details_of(message)
    made = items_of(details) if details else []
    said = said_from_chat(message.get("content"), (where, "content"))
    if (annotations := as_list(message.get("annotations"))) and said and "annotations" in said[0]:
        said[0]["annotations"] = [annotation_from_chat(as_object(each)) for each in annotations]
    if message.get("refusal"):
        said.append({"type": "refusal", "refusal": text(message["refusal"], (where, "refusal"))})
    if said:
        made.append({"type": "message", "role": "assistant", "content": said})
    for number, call in enumerate(items(message.get("tool_calls") or [], (where, "tool_calls"))):
        at = ((where, "tool_calls"), number)
        made.append(_call(entries(call, at), at, custom))
    return made


def _refuse(message: Json, where: Place) -> None:
    for name in sorted(_UNTOLD.intersection(message)):
        if message[name]:
            raise untranslatable((where, name), f"`{name}` of an assistant", NAME)


def _call(call: Json, where: Place, custom: set[str]) -> Json:
    id_ = text(call.get("id"), (where, "id"))
    if call.get("type") == "custom":
        custom.add(id_)
        inner = entries(call.get("custom"), (where, "custom"))
        name, given = text(inner.get("name"), (where, "custom.name")), inner.get("input")
        told = text(given, (where, "custom.input"))
        return {"type": "custom_tool_call", "call_id": id_, "name": name, "input": told}
    inner = entries(call.get("function"), (where, "function"))
    name = text(inner.get("name"), (where, "function.name"))
    arguments = text(inner.get("arguments") or "{}", (where, "function.arguments"))
    return {"type": "function_call", "call_id": id_, "name": name, "arguments": arguments}


def _output(message: Json, where: Place, custom: set[str], *, is_marked: bool) -> Json:
    id_ = text(message.get("tool_call_id"), (where, "tool_call_id"))
    content = message.get("content")
    told = content if isinstance(content, str) else parts_from_chat(content, (where, "content"), is_marked=is_marked)
    kind = "custom_tool_call_output" if id_ in custom else "function_call_output"
    return {"type": kind, "call_id": id_, "output": told}
