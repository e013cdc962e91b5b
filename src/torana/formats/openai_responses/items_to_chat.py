"""Items of a Responses input, gathered into the hub's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, text, untranslatable
from torana.formats.json import as_list, as_object
from torana.formats.openai_responses.content_to_chat import (
    HUB,
    annotations_in,
    content_to_chat,
    part_to_chat,
    simplest,
)
from torana.formats.openai_responses.thoughts import details_in
from torana.formats.openai_responses.tools_to_chat import flat_name

if TYPE_CHECKING:
    from torana.formats.json import Json

_ROLES = ("user", "system", "developer")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_CALLS = ("function_call", "custom_tool_call")


def messages_of(given: object) -> list[Json]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    gathered = _Gathered()
    for number, item in enumerate(items(given, "input")):
        where = ("input", number)
        gathered.add(entries(item, where), where)
    return gathered.messages


class _Gathered:
    """What an assistant thinks, says and calls in one go is one message."""

    def __init__(self) -> None:
        self.messages: list[Json] = []
        self._said: Json | None = None
        """The assistant's message under way, which is the last one."""

    def add(self, item: Json, where: Place) -> None:
        kind = item.get("type") or ("message" if "role" in item else None)
        if kind == "message":
            self._message(item, where)
        elif kind in _OUTPUTS:
            self._said = None
            content = content_to_chat(item.get("output"), (where, "output"))
            id_ = text(item.get("call_id"), (where, "call_id"))
            self.messages.append({"role": "tool", "tool_call_id": id_, "content": content})
        elif kind in _CALLS:
            as_list(self._under_way().setdefault("tool_calls", [])).append(_call(item, str(kind), where))
        elif kind == "reasoning":
            self._reasoning(item)
        elif isinstance(kind, str):
            raise untranslatable(where, f"`{kind}`", HUB)
        else:
            raise malformed((where, "type"), "a string")

    def _under_way(self, *, anew: bool = False) -> Json:
        """Calls wait for their results, so nothing begins anew behind them."""
        if self._said is None or (anew and _has_spoken(self._said)):
            self._said = {"role": "assistant", "content": None}
            self.messages.append(self._said)
        return self._said

    def _reasoning(self, item: Json) -> None:
        details = as_list(self._under_way(anew=True).setdefault("reasoning_details", []))
        details.extend(details_in(item, len(details)))

    def _message(self, item: Json, where: Place) -> None:
        role = item.get("role")
        if role == "assistant":
            self._assistant(item.get("content"), (where, "content"))
            return
        if role not in _ROLES:
            raise malformed((where, "role"), "`user`, `assistant`, `system` or `developer`")
        self._said = None
        self.messages.append({"role": role, "content": content_to_chat(item.get("content"), (where, "content"))})

    def _assistant(self, content: object, where: Place) -> None:
        message = self._under_way(anew=True)
        if isinstance(content, str):
            _say(message, [{"type": "text", "text": content}])
            return
        parts = [((where, number), entries(part, (where, number))) for number, part in enumerate(items(content, where))]
        refusals = [text(part.get("refusal"), (at, "refusal")) for at, part in parts if part.get("type") == "refusal"]
        if refusals:
            message["refusal"] = "".join(refusals)
        if said := [(at, part) for at, part in parts if part.get("type") != "refusal"]:
            _say(message, [part_to_chat(part, at) for at, part in said])
        if any(part.get("annotations") for _, part in said):
            message["annotations"] = annotations_in([part for _, part in said])


def _has_spoken(message: Json) -> bool:
    return "tool_calls" not in message and (message["content"] is not None or "refusal" in message)


def _say(message: Json, parts: list[Json]) -> None:
    before = message.get("content")
    if isinstance(before, str):
        parts = [{"type": "text", "text": before}, *parts]
    elif isinstance(before, list):
        parts = [*map(as_object, before), *parts]
    message["content"] = simplest(parts)


def _call(item: Json, kind: str, where: Place) -> Json:
    name = text(item.get("name"), (where, "name"))
    if item.get("namespace"):
        name = flat_name(text(item["namespace"], (where, "namespace")), name)
    id_ = text(item.get("call_id"), (where, "call_id"))
    if kind == "function_call":
        arguments = text(item.get("arguments"), (where, "arguments"))
        return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
    custom = {"name": name, "input": text(item.get("input"), (where, "input"))}
    return {"id": id_, "type": "custom", "custom": custom}
