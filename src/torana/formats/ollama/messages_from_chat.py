"""A conversation of the hub in Ollama's words: a text and images each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.documents import text_in_file
from torana.formats.fields import Place, entries, items, malformed, text, untranslatable
from torana.formats.json import as_text, dump, load
from torana.formats.ollama.words import NAME
from torana.formats.parts import parts_of, split_data_url
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json


class Conversation:
    def __init__(self) -> None:
        self.messages: list[Json] = []
        self._names: dict[str, str] = {}
        """The tools that were called, by the ids of the calls."""
        self._images: list[str] = []
        """Of the tool results that came last; models look at those of users."""

    def add(self, message: Json, where: Place) -> None:
        role = text(message.get("role"), (where, "role"))
        if role == "tool":
            self.messages.append(self._result(message, where))
            return
        self.close()
        if role not in ("system", "developer", "user", "assistant"):
            raise malformed((where, "role"), "`system`, `developer`, `user`, `assistant` or `tool`")
        said, images = _content(message.get("content"), (where, "content"))
        told: Json = {"role": "system" if role == "developer" else role, "content": said}
        if role == "assistant":
            self._add_assistant(message, told, where)
            images += [_data(each, ((where, "images"), n)) for n, each in enumerate(_images(message, where))]
        if images:
            told["images"] = images
        self.messages.append(told)

    def close(self) -> None:
        """To be called at the end."""
        if self._images:
            self.messages.append({"role": "user", "content": "", "images": self._images})
            self._images = []

    def _add_assistant(self, message: Json, told: Json, where: Place) -> None:
        if refusal := as_text(message.get("refusal")):
            told["content"] = as_text(told["content"]) + refusal
        if thought := "".join(as_text(each.get("text")) for each in details_of(message)):
            told["thinking"] = thought
        if message.get("function_call"):
            raise untranslatable((where, "function_call"), "a function in place of a tool", NAME)
        calls = [
            self._call(entries(call, ((where, "tool_calls"), n)), n, ((where, "tool_calls"), n))
            for n, call in enumerate(items(message.get("tool_calls") or [], (where, "tool_calls")))
        ]
        if calls:
            told["tool_calls"] = calls

    def _call(self, call: Json, number: int, where: Place) -> Json:
        if call.get("type", "function") != "function":
            raise untranslatable(where, f"a call of type `{call['type']}`", NAME)
        function = entries(call.get("function"), (where, "function"))
        name = text(function.get("name"), (where, "function.name"))
        written = text(function.get("arguments") or "{}", (where, "function.arguments"))
        arguments = load(written.encode("utf-8", "replace"))
        if not isinstance(arguments, dict):
            raise malformed((where, "function.arguments"), "a JSON object")
        id_ = as_text(call.get("id"))
        self._names[id_] = name
        return {"id": id_, "function": {"index": number, "name": name, "arguments": arguments}}

    def _result(self, message: Json, where: Place) -> Json:
        said, images = _content(message.get("content"), (where, "content"))
        self._images += images
        if message.get("is_error") is True:
            said = (dump({"error": said}) or b"").decode()
        id_ = text(message.get("tool_call_id"), (where, "tool_call_id"))
        told: Json = {"role": "tool", "content": said, "tool_call_id": id_}
        if name := self._names.get(id_) or as_text(message.get("name")):
            told["tool_name"] = name
        return told


def _content(content: object, where: Place) -> tuple[str, list[str]]:
    """Texts are told apart by a line break."""
    if isinstance(content, str):
        return content, []
    texts: list[str] = []
    images: list[str] = []
    for at, part in parts_of(content, where):
        kind = part.get("type")
        if kind in ("text", "refusal"):
            texts.append(text(part.get(str(kind)), (at, kind)))
        elif kind == "image_url":
            images.append(_data(part, at))
        elif kind == "file" and (written := text_in_file(part, at)) is not None:
            texts.append(written)
        else:
            raise untranslatable(at, f"`{kind}`", NAME)
    return "\n".join(texts), images


def _images(message: Json, where: Place) -> list[object]:
    return items(message.get("images") or [], (where, "images"))


def _data(given: object, where: Place) -> str:
    image = entries(entries(given, where).get("image_url"), (where, "image_url"))
    url = text(image.get("url"), (where, "image_url.url"))
    split = split_data_url(url)
    if split is None:
        raise untranslatable((where, "image_url.url"), "an image that is not in the request itself", NAME)
    return split[1]
