"""Requests of Cohere's clients (version 2) to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.cohere.citations import to_annotations
from torana.formats.cohere.messages_from_chat import PLAN
from torana.formats.cohere.words import NAME
from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable
from torana.formats.json import as_object, as_text, dump
from torana.formats.knobs import drop_rest
from torana.formats.parts import parts_of, text_of
from torana.formats.reasoning import unseal
from torana.formats.strictness import is_strict

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_SAME = (
    *("model", "stream", "temperature", "seed", "frequency_penalty", "presence_penalty", "max_tokens", "logprobs"),
    # Not the hub's, but a Cohere model behind it knows them.
    *("safety_mode", "citation_options", "priority"),
)
_READ = frozenset(
    {
        *_SAME,
        *("messages", "documents", "tools", "strict_tools", "tool_choice", "response_format", "stop_sequences"),
        *("k", "p", "thinking"),
    }
)


def request_to_chat(body: Json, brief: Brief) -> Json:
    chat: Json = {}
    move(body, chat, *_SAME)
    messages = [
        _message(entries(message, ("messages", number)), ("messages", number))
        for number, message in enumerate(items(body.get("messages"), "messages"))
    ]
    if body.get("documents"):
        _add_documents(items(body["documents"], "documents"), messages)
    chat["messages"] = messages
    _add_tools(body, chat)
    for name, old in (("top_p", "p"), ("top_k", "k"), ("stop", "stop_sequences")):
        if body.get(old):
            chat[name] = body[old]
    if body.get("thinking") is not None:
        _add_thinking(entries(body["thinking"], "thinking"), chat)
    if body.get("response_format") is not None:
        _add_form(entries(body["response_format"], "response_format"), chat)
    drop_rest(body, _READ, brief)
    return chat


def _message(message: Json, where: Place) -> Json:
    role = text(message.get("role"), (where, "role")).lower()
    content, at = message.get("content"), (where, "content")
    if role == "system":
        return {"role": role, "content": text_of(content, at)}
    if role == "user":
        return {"role": role, "content": content if isinstance(content, str) else _parts(content, at)}
    if role == "assistant":
        return _assistant(message, where)
    if role == "tool":
        id_ = text(message.get("tool_call_id"), (where, "tool_call_id"))
        return {"role": role, "tool_call_id": id_, "content": _result(content, at)}
    raise malformed((where, "role"), "`system`, `user`, `assistant` or `tool`")


def _parts(content: object, where: Place) -> list[Json]:
    found: list[Json] = []
    for at, part in parts_of(content, where):
        kind = part.get("type")
        if kind == "text":
            found.append({"type": "text", "text": text(part.get("text"), (at, "text"))})
        elif kind == "image_url":
            image = entries(part.get("image_url"), (at, "image_url"))
            text(image.get("url"), (at, "image_url.url"))
            found.append({"type": kind, "image_url": image})
        elif kind == "document":
            found.append({"type": "text", "text": _document(part.get("document"), (at, "document"))})
        else:
            raise malformed((at, "type"), "`text` or `image_url`")
    return found


def _result(content: object, where: Place) -> object:
    """A text where it is one."""
    if isinstance(content, str):
        return content
    texts: list[Json] = []
    for at, part in parts_of(content, where):
        kind = part.get("type")
        if kind == "text":
            texts.append({"type": kind, "text": text(part.get("text"), (at, "text"))})
        elif kind == "document":
            document = entries(part.get("document"), (at, "document"))
            texts.append({"type": "text", "text": _data(document.get("data"), (at, "document.data"))})
        else:
            raise malformed((at, "type"), "`text` or `document`")
    return texts[0]["text"] if len(texts) == 1 else texts


def _data(data: object, where: Place) -> str:
    """The SDK's users write it as a text too."""
    return data if isinstance(data, str) else (dump(entries(data, where)) or b"{}").decode()


def _document(given: object, where: Place) -> str:
    if isinstance(given, str):
        return f"<document>\n{given}\n</document>"
    document = entries(given, where)
    id_ = as_text(document.get("id"))
    head = f'<document id="{id_}">' if id_ else "<document>"
    data = _data(document.get("data"), (where, "data"))
    return f"{head}\n{data}\n</document>"


def _add_documents(documents: list[object], messages: list[Json]) -> None:
    """As texts before what the user said last: files that are no PDFs are not known everywhere."""
    texts: list[object] = [
        {"type": "text", "text": _document(each, ("documents", number))} for number, each in enumerate(documents)
    ]
    for message in reversed(messages):
        if message["role"] == "user":
            content = message["content"]
            said = content if isinstance(content, list) else [{"type": "text", "text": content}]
            message["content"] = texts + said
            return
    messages.append({"role": "user", "content": texts})


def _assistant(message: Json, where: Place) -> Json:
    told: Json = {"role": "assistant"}
    texts: list[str] = []
    details: list[Json] = []
    if plan := as_text(message.get("tool_plan")):
        details.append({"type": "reasoning.text", "text": plan, "format": "unknown", "index": 0, "id": PLAN})
    for at, part in parts_of(message.get("content"), (where, "content")):
        kind = part.get("type")
        if kind == "text":
            texts.append(text(part.get("text"), (at, "text")))
        elif kind == "thinking":
            details += unseal(as_text(part.get("signature"))) or _thought(part, at, len(details))
        else:
            raise malformed((at, "type"), "`text` or `thinking`")
    told["content"] = "".join(texts) or None
    if details:
        told["reasoning"] = "".join(as_text(each.get("text")) for each in details)
        told["reasoning_details"] = details
    if message.get("tool_calls"):
        told["tool_calls"] = [
            _call(call, ((where, "tool_calls"), number))
            for number, call in enumerate(items(message["tool_calls"], (where, "tool_calls")))
        ]
    citations = items(message.get("citations") or [], (where, "citations"))
    if citations:
        told["annotations"] = [each for citation in citations for each in to_annotations(as_object(citation))]
    return told


def _thought(part: Json, where: Place, index: int) -> list[Json]:
    thought = text(part.get("thinking"), (where, "thinking"))
    return [{"type": "reasoning.text", "text": thought, "format": "unknown", "index": index}] if thought else []


def _call(given: object, where: Place) -> Json:
    call = entries(given, where)
    function = entries(call.get("function"), (where, "function"))
    told: Json = {
        "name": text(function.get("name"), (where, "function.name")),
        "arguments": text(function.get("arguments") or "{}", (where, "function.arguments")),
    }
    return {"id": text(call.get("id"), (where, "id")), "type": "function", "function": told}


def _add_tools(body: Json, chat: Json) -> None:
    if body.get("tools"):
        strict = body.get("strict_tools") is True
        chat["tools"] = [
            _tool(entries(tool, ("tools", number)), ("tools", number), strict=strict)
            for number, tool in enumerate(items(body["tools"], "tools"))
        ]
    if body.get("tool_choice") is not None:
        choice = text(body["tool_choice"], "tool_choice").lower()
        if choice not in ("required", "none"):
            raise malformed("tool_choice", "`REQUIRED` or `NONE`")
        chat["tool_choice"] = choice


def _tool(tool: Json, where: Place, *, strict: bool) -> Json:
    function = entries(tool.get("function"), (where, "function"))
    text(function.get("name"), (where, "function.name"))
    if strict and is_strict(as_object(function.get("parameters"))):
        function["strict"] = True
    return {"type": "function", "function": function}


def _add_thinking(thinking: Json, chat: Json) -> None:
    if text(thinking.get("type"), "thinking.type") == "disabled":
        chat["reasoning"] = {"enabled": False}
    elif thinking.get("token_budget") is not None:
        chat["reasoning"] = {"max_tokens": thinking["token_budget"]}
    else:
        chat["reasoning"] = {"enabled": True}


def _add_form(form: Json, chat: Json) -> None:
    kind = text(form.get("type"), "response_format.type")
    if kind == "json_object" and form.get("json_schema") is not None:
        schema = entries(form["json_schema"], "response_format.json_schema")
        told: Json = {"name": "answer", "schema": schema}
        if is_strict(schema):
            told["strict"] = True
        chat["response_format"] = {"type": "json_schema", "json_schema": told}
    elif kind in ("json_object", "text"):
        chat["response_format"] = {"type": kind}
    else:
        raise untranslatable("response_format", f"`{kind}`", NAME)
