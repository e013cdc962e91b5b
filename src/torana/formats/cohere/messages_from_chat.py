"""A conversation of the hub in Cohere's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.cohere.citations import Said, from_annotations
from torana.formats.cohere.words import NAME
from torana.formats.documents import text_in_file, title_of_file
from torana.formats.fields import Place, entries, items, malformed, move, text, untranslatable
from torana.formats.json import as_text, load
from torana.formats.parts import parts_of, text_of
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json

PLAN = "tool_plan"
"""The id of the block of reasoning that is Cohere's plan."""


class Conversation:
    """Goes from message to message; `documents` are the texts among the files."""

    def __init__(self) -> None:
        self.messages: list[Json] = []
        self.documents: list[Json] = []
        self._images: list[Json] = []
        """Of the tool results that came last; Cohere takes images from users alone."""

    def add(self, message: Json, where: Place) -> None:
        role = text(message.get("role"), (where, "role"))
        if role == "tool":
            self.messages.append(self._result(message, where))
            return
        self.close()
        if role in ("system", "developer"):
            self.messages.append({"role": "system", "content": text_of(message.get("content"), (where, "content"))})
        elif role == "user":
            self.messages.append({"role": "user", "content": self._content(message.get("content"), (where, "content"))})
        elif role == "assistant":
            self.messages.append(_assistant(message, where))
        else:
            raise malformed((where, "role"), "`system`, `developer`, `user`, `assistant` or `tool`")

    def close(self) -> None:
        """To be called at the end."""
        if self._images:
            self.messages.append({"role": "user", "content": self._images})
            self._images = []

    def _content(self, content: object, where: Place) -> object:
        if isinstance(content, str):
            return content
        found: list[Json] = []
        for at, part in parts_of(content, where):
            kind = part.get("type")
            if kind == "text":
                found.append({"type": "text", "text": text(part.get("text"), (at, "text"))})
            elif kind == "image_url":
                found.append(_image(part, at))
            elif kind == "file":
                self._document(part, at)
            else:
                raise untranslatable(at, f"`{kind}`", NAME)
        return found or ""

    def _document(self, part: Json, where: Place) -> None:
        written = text_in_file(part, where)
        if written is None:
            raise untranslatable(where, "a file that is not plain text", NAME)
        data: Json = {"snippet": written}
        if title := title_of_file(part):
            data["title"] = title
        if context := as_text(part.get("context")):
            data["context"] = context
        self.documents.append({"id": f"doc:{len(self.documents)}", "data": data})

    def _result(self, message: Json, where: Place) -> Json:
        texts = []
        for at, part in parts_of(message.get("content"), (where, "content")):
            kind = part.get("type")
            if kind == "image_url":
                self._images.append(_image(part, at))
            elif kind == "text":
                texts.append(text(part.get("text"), (at, "text")))
            elif kind == "file" and (written := text_in_file(part, at)) is not None:
                texts.append(written)
            else:
                raise untranslatable(at, f"`{kind}` in a tool's result", NAME)
        content = [_block(each) for each in texts]
        if message.get("is_error") is True:
            content = [{"type": "document", "document": {"data": {"error": "".join(texts)}}}]
        id_ = text(message.get("tool_call_id"), (where, "tool_call_id"))
        return {"role": "tool", "tool_call_id": id_, "content": content or [{"type": "text", "text": ""}]}


def _block(result: str) -> Json:
    """An object is a document, which can be cited field by field."""
    data = load(result.encode("utf-8", "replace")) if result.startswith("{") else None
    if isinstance(data, dict) and data:
        return {"type": "document", "document": {"data": data}}
    return {"type": "text", "text": result}


def _image(part: Json, where: Place) -> Json:
    image = entries(part.get("image_url"), (where, "image_url"))
    told: Json = {"url": text(image.get("url"), (where, "image_url.url"))}
    move(image, told, "detail")
    return {"type": "image_url", "image_url": told}


def _assistant(message: Json, where: Place) -> Json:
    told: Json = {"role": "assistant"}
    plans: list[str] = []
    content: list[Json] = []
    for detail in details_of(message):
        if thought := as_text(detail.get("text")):
            if detail.get("id") == PLAN:
                plans.append(thought)
            else:
                content.append({"type": "thinking", "thinking": thought})
    content += _said(message, where)
    if plans:
        told["tool_plan"] = "".join(plans)
    if calls := _calls(message, where):
        told["tool_calls"] = calls
    if content or not calls:
        told["content"] = content or ""
    if message.get("annotations"):
        said = [as_text(each.get("text")) for each in content]
        told["citations"] = from_annotations(message["annotations"], Said(*said))
    return told


def _said(message: Json, where: Place) -> list[Json]:
    found: list[Json] = []
    for at, part in parts_of(message.get("content"), (where, "content")):
        kind = part.get("type")
        if kind not in ("text", "refusal"):
            raise untranslatable(at, f"`{kind}` of an assistant", NAME)
        found.append({"type": "text", "text": text(part.get(str(kind)), (at, kind))})
    if refusal := as_text(message.get("refusal")):
        found.append({"type": "text", "text": refusal})
    if message.get("images"):
        raise untranslatable((where, "images"), "an image of an assistant", NAME)
    return found


def _calls(message: Json, where: Place) -> list[Json]:
    if message.get("function_call"):
        raise untranslatable((where, "function_call"), "a function in place of a tool", NAME)
    made: list[Json] = []
    for number, given in enumerate(items(message.get("tool_calls") or [], (where, "tool_calls"))):
        at = ((where, "tool_calls"), number)
        call = entries(given, at)
        if call.get("type", "function") != "function":
            raise untranslatable(at, f"a call of type `{call['type']}`", NAME)
        function = entries(call.get("function"), (at, "function"))
        told: Json = {
            "name": text(function.get("name"), (at, "function.name")),
            "arguments": text(function.get("arguments") or "{}", (at, "function.arguments")),
        }
        made.append({"id": text(call.get("id"), (at, "id")), "type": "function", "function": told})
    return made
