"""Messages of the hub as Anthropic has them: turns of users and assistants, and what the system says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.citations import cited
from torana.formats.anthropic_messages.parts_from_chat import block_of, mark
from torana.formats.anthropic_messages.reply import input_of
from torana.formats.anthropic_messages.thoughts import own_blocks
from torana.formats.fields import Place, entries, items, malformed, refuse, text, untranslatable
from torana.formats.json import as_list, as_object, load
from torana.formats.parts import parts_of
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json

_NAME = "anthropic_messages"
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
_UNTOLD = frozenset({"audio", "images", "function_call"})
_UNMARKED = ("thinking", "redacted_thinking")


class Conversation:
    """Takes messages in order; those of one role that follow each other become one."""

    def __init__(self, *, has_system_turns: bool) -> None:
        self._has_system_turns = has_system_turns
        self._system: list[Json] = []
        self._turns: list[tuple[str, list[Json]]] = []

    def add(self, message: Json, where: Place) -> None:
        match text(message.get("role"), (where, "role")):
            case "user":
                self._extend("user", _marked(message, _blocks(message, where)))
            case "assistant":
                self._extend("assistant", _marked(message, _assistant(message, where)))
            case "tool":
                self._extend("user", [_result(message, where)])
            case "system" | "developer":
                self._instruct(_texts(message, where))
            case "function":
                raise untranslatable(where, "a result without an id", _NAME)
            case _:
                raise malformed((where, "role"), "`system`, `developer`, `user`, `assistant` or `tool`")

    def write(self, body: Json) -> None:
        if not self._turns:  # somebody has to say something
            self._system, blocks = [], self._system
            self._extend("user", blocks)
        if self._system:
            body["system"] = _plain(self._system)
        if "system" in [role for role, _ in self._turns]:
            self._settle()
        turns = self._turns
        if turns and turns[-1][0] == "assistant":
            _strip_end(turns[-1][1])
        body["messages"] = [{"role": role, "content": _plain(blocks)} for role, blocks in turns if blocks]

    def _extend(self, role: str, blocks: list[Json]) -> None:
        if not blocks:
            return
        if self._turns and self._turns[-1][0] == role:
            self._turns[-1][1].extend(blocks)
        else:
            self._turns.append((role, blocks))

    def _instruct(self, blocks: list[Json]) -> None:
        if self._turns:
            self._extend("system", blocks)
        else:
            self._system += blocks

    def _settle(self) -> None:
        """Turns of the system that Claude, or this place, does not take are told by the user, marked as what they are.

        They may follow a user's, and be followed by an assistant's or nothing.
        """
        given, self._turns = self._turns, []
        for number, (role, blocks) in enumerate(given):
            if role != "system" or self._has_place(given, number):
                self._extend(role, blocks)
            else:
                self._extend("user", [{**block, "text": f"<system>\n{block['text']}\n</system>"} for block in blocks])

    def _has_place(self, turns: list[tuple[str, list[Json]]], number: int) -> bool:
        is_followed = number + 1 < len(turns) and turns[number + 1][0] != "assistant"
        return self._has_system_turns and not is_followed and turns[number - 1][0] == "user"


def _blocks(message: Json, where: Place) -> list[Json]:
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return _told([block_of(part, at) for at, part in parts_of(content, (where, "content"))])


def _texts(message: Json, where: Place) -> list[Json]:
    if isinstance(message.get("content"), str):
        return _marked(message, _blocks(message, where))
    blocks = []
    for at, part in parts_of(message.get("content"), (where, "content")):
        if part.get("type") != "text":
            raise untranslatable(at, f"`{part.get('type')}` in what the system says", _NAME)
        blocks.append(block_of(part, at))
    return _marked(message, _told(blocks))


def _told(blocks: list[Json]) -> list[Json]:
    """Anthropic refuses texts that are empty."""
    return [block for block in blocks if block.get("type") != "text" or block["text"]]


def _marked(message: Json, blocks: list[Json]) -> list[Json]:
    """A mark of the whole message stands on its last block that can have one."""
    if "cache_control" in message:
        for block in reversed(blocks):
            if block.get("type") not in _UNMARKED:
                mark(message, block)
                break
    return blocks


def _plain(blocks: list[Json]) -> str | list[Json]:
    first = blocks[0]
    lone = first.get("text")
    return lone if len(blocks) == 1 and len(first) == 2 and isinstance(lone, str) else blocks  # noqa: PLR2004  # with its type


def _strip_end(blocks: list[Json]) -> None:
    """An answer that Claude is to go on with may not end in space."""
    last = blocks[-1]
    if last.get("type") == "text":
        last["text"] = str(last["text"]).rstrip()
        if not last["text"]:
            blocks.pop()


def _result(message: Json, where: Place) -> Json:
    content = _blocks(message, where)
    block: Json = {"type": "tool_result", "tool_use_id": _id(message.get("tool_call_id"), (where, "tool_call_id"))}
    if content:
        block["content"] = _plain(content)
    if message.get("is_error") is True:
        block["is_error"] = True
    mark(message, block)
    return block


def _id(given: object, where: Place) -> str:
    """Anthropic knows letters, digits, `_` and `-` in it; some models write others."""
    return _NOT_IN_IDS.sub("_", text(given, where))


def _assistant(message: Json, where: Place) -> list[Json]:
    refuse(message, _UNTOLD, where, _NAME)
    details = details_of(message)
    blocks = own_blocks(details) if details else []
    content = message.get("content")
    annotations = [as_object(each) for each in as_list(message.get("annotations"))]
    if annotations and isinstance(content, str):
        blocks += cited(content, annotations, is_own=True)
    else:
        for at, part in parts_of(content, (where, "content")):
            if part.get("type") == "refusal":
                part = {"type": "text", "text": text(part.get("refusal"), (at, "refusal"))}  # noqa: PLW2901
            if part.get("type") != "text":
                raise untranslatable(at, f"`{part.get('type')}` of an assistant", _NAME)
            blocks.append(block_of(part, at))
    if isinstance(message.get("refusal"), str):
        blocks.append({"type": "text", "text": message["refusal"]})
    if message.get("tool_calls") is not None:
        for number, call in enumerate(items(message["tool_calls"], (where, "tool_calls"))):
            place = ((where, "tool_calls"), number)
            blocks.append(_tool_use(entries(call, place), place))
    return _told(blocks)


def _tool_use(call: Json, at: Place) -> Json:
    if call.get("type", "function") != "function":
        raise untranslatable(at, f"a call of type `{call['type']}`", _NAME)
    function = entries(call.get("function"), (at, "function"))
    arguments = text(function.get("arguments"), (at, "function.arguments"))
    return {
        "type": "tool_use",
        "id": _id(call.get("id"), (at, "id")),
        "name": text(function.get("name"), (at, "function.name")),
        "input": input_of(arguments, load(arguments.encode("utf-8", "surrogatepass"))),
    }
