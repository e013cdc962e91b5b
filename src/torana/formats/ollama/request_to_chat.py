"""Requests of Ollama's clients to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, items, malformed, move, text
from torana.formats.json import as_object, as_text, dump
from torana.formats.knobs import drop_rest
from torana.formats.ollama.images import url_of
from torana.formats.ollama.words import OPTIONS
from torana.formats.reasoning import unseal
from torana.formats.strictness import is_strict

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SAME = ("model", "logprobs", "top_logprobs")
_READ = frozenset({*_SAME, "stream", "messages", "tools", "format", "options", "think"})
_OF_THOUGHT = frozenset({"thinking", "signature"})
_NAMES = {theirs: name for name, theirs in OPTIONS.items()}


def request_to_chat(body: Json, brief: Brief) -> Json:
    chat: Json = {}
    move(body, chat, *_SAME)
    chat["stream"] = body.get("stream") is not False
    conversation = _Conversation()
    for number, message in enumerate(items(body.get("messages"), "messages")):
        conversation.add(entries(message, ("messages", number)), number)
    chat["messages"] = conversation.messages
    if body.get("tools"):
        chat["tools"] = [
            _tool(entries(tool, ("tools", number)), ("tools", number))
            for number, tool in enumerate(items(body["tools"], "tools"))
        ]
    if body.get("options") is not None:
        _add_options(entries(body["options"], "options"), chat, brief)
    if body.get("format"):
        chat["response_format"] = _form(body["format"])
    if body.get("think") is not None:
        chat["reasoning"] = _reasoning(body["think"])
    drop_rest(body, _READ, brief)
    return chat


class _Conversation:
    def __init__(self) -> None:
        self.messages: list[Json] = []
        self._open: list[tuple[str, str]] = []
        """Name and id of the calls that have no result yet: older clients say but which tool it was."""

    def add(self, message: Json, number: int) -> None:
        where = ("messages", number)
        role = text(message.get("role"), (where, "role"))
        content = text(message.get("content") or "", (where, "content"))
        images = _images(message["images"], (where, "images")) if message.get("images") else []
        if role == "assistant":
            self.messages.append(self._assistant(message, content, images, number))
            return
        if role not in ("system", "user", "tool"):
            raise malformed((where, "role"), "`system`, `user`, `assistant` or `tool`")
        told: Json = {"role": role}
        if role == "tool":
            told["tool_call_id"] = self._answered(message, number)
        texts: list[Json] = [{"type": "text", "text": content}] if content else []
        told["content"] = [*texts, *images] if images else content
        self.messages.append(told)

    def _assistant(self, message: Json, content: str, images: list[Json], number: int) -> Json:
        told: Json = {"role": "assistant", "content": content or None}
        if images:
            told["images"] = images
        if not _OF_THOUGHT.isdisjoint(message):
            _add_thoughts(message, told)
        where = (("messages", number), "tool_calls")
        calls = [
            self._call(entries(call, (where, n)), (where, n), f"call_{number}_{n}")
            for n, call in enumerate(items(message.get("tool_calls") or [], where))
        ]
        if calls:
            told["tool_calls"] = calls
        return told

    def _call(self, call: Json, where: Place, default: str) -> Json:
        function = entries(call.get("function"), (where, "function"))
        name = text(function.get("name"), (where, "function.name"))
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            arguments = (dump(entries(arguments or {}, (where, "function.arguments"))) or b"{}").decode()
        id_ = as_text(call.get("id")) or default
        self._open.append((name, id_))
        return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}

    def _answered(self, message: Json, number: int) -> str:
        """The call that a result is of: by its id, by the tool's name, or the one that waits longest."""
        id_ = as_text(message.get("tool_call_id"))
        name = as_text(message.get("tool_name")) or as_text(message.get("name"))
        for known in self._open:
            if (known[1] == id_) if id_ else (not name or known[0] == name):
                self._open.remove(known)
                return known[1]
        return id_ or f"call_{number}"


def _images(given: object, where: Place) -> list[Json]:
    return [
        {"type": "image_url", "image_url": {"url": url_of(text(each, (where, number)))}}
        for number, each in enumerate(items(given, where))
    ]


def _add_thoughts(message: Json, told: Json) -> None:
    thought = as_text(message.get("thinking"))
    details = unseal(as_text(message.get("signature")))
    if details is None and thought:
        details = [{"type": "reasoning.text", "text": thought, "format": "unknown", "index": 0}]
    if details:
        told["reasoning"], told["reasoning_details"] = thought, details


def _tool(tool: Json, where: Place) -> Json:
    function = entries(tool.get("function"), (where, "function"))
    text(function.get("name"), (where, "function.name"))
    return {"type": "function", "function": function}


def _add_options(options: Json, chat: Json, brief: Brief) -> None:
    for name, value in options.items():
        if value is None:
            continue
        if name in _NAMES:
            chat[_NAMES[name]] = value
        elif name == "stop":
            chat["stop"] = [value] if isinstance(value, str) else items(value, "options.stop")
        elif name != "num_predict":
            brief.drop(f"options.{name}")
        elif not isinstance(value, int) or value > 0:
            chat["max_tokens"] = value  # what is less means that there is no bound


def _form(form: object) -> Json:
    if form == "json":
        return {"type": "json_object"}
    if isinstance(form, str):
        raise malformed("format", "`json` or a JSON Schema")
    told: Json = {"name": "answer", "schema": entries(form, "format")}
    if is_strict(as_object(form)):
        told["strict"] = True
    return {"type": "json_schema", "json_schema": told}


def _reasoning(think: object) -> Json:
    if isinstance(think, bool):
        return {"enabled": think}
    return {"effort": text(think, "think")}
