"""Parts of the hub's messages as Anthropic's blocks."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, malformed, move, text, untranslatable
from torana.formats.json import as_object
from torana.formats.parts import split_data_url

if TYPE_CHECKING:
    from torana.formats.json import Json

_NAME = "anthropic_messages"
_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_NAMES = frozenset({"document.pdf", "document.txt", "document"})
"""File names that are no titles: they stand where a document has none."""
_FIELDS = 2
"""Of a text without marks."""


def block_of(part: Json, at: Place) -> Json:
    match part.get("type"):
        case "text":
            said = part.get("text")
            block: Json = {"type": "text", "text": said if type(said) is str else text(said, (at, "text"))}
            if len(part) == _FIELDS or not said:
                return block
        case "image_url":
            block = {"type": "image", "source": _image(entries(part.get("image_url"), (at, "image_url")), at)}
        case "file":
            block = _file(part, at)
        case kind:
            raise untranslatable(at, f"a part of type `{kind}`", _NAME)
    mark(part, block)
    return block


def mark(given: Json, block: Json) -> None:
    """What is up to here is worth caching, whichever way it is said."""
    if "cache_control" in given:
        if given["cache_control"] is not None:
            block["cache_control"] = given["cache_control"]
    elif "prompt_cache_breakpoint" in given and as_object(given["prompt_cache_breakpoint"]).get("mode") == "explicit":
        block["cache_control"] = {"type": "ephemeral"}


def _image(image: Json, at: Place) -> Json:
    where = (at, "image_url.url")
    url = text(image.get("url"), where)
    split = split_data_url(url)
    if split is None:
        return _from_url(url, where)
    return _image_data(split, where)


def _image_data(split: tuple[str, str], where: Place) -> Json:
    media_type = "image/jpeg" if split[0] == "image/jpg" else split[0]
    if media_type not in _IMAGES:
        raise untranslatable(where, f"`{media_type}`", _NAME)
    return {"type": "base64", "media_type": media_type, "data": split[1]}


def _from_url(url: str, where: Place) -> Json:
    if not url.startswith(("http://", "https://")):
        raise malformed(where, "a URL or a data URL in base64")
    return {"type": "url", "url": url}


def _file(part: Json, at: Place) -> Json:
    file = entries(part.get("file"), (at, "file"))
    if file.get("file_id") is not None:
        source: Json = {"type": "file", "file_id": text(file["file_id"], (at, "file.file_id"))}
    else:
        where = (at, "file.file_data")
        data = text(file.get("file_data"), where)
        split = split_data_url(data)
        if split is None:
            source = _from_url(data, where)
        elif split[0].startswith("image/"):
            return {"type": "image", "source": _image_data(split, where)}
        else:
            source = _document(split, where)
    block: Json = {"type": "document", "source": source}
    move(part, block, "title", "context", "citations")
    name = file.get("filename")
    if "title" not in block and isinstance(name, str) and name not in _NAMES:
        block["title"] = name
    return block


def _document(split: tuple[str, str], where: Place) -> Json:
    """PDFs as they are, all that is text as plain text."""
    media_type, data = split
    if media_type == "application/pdf":
        return {"type": "base64", "media_type": media_type, "data": data}
    if not media_type.startswith("text/") and media_type not in ("application/json", "application/xml"):
        raise untranslatable(where, f"`{media_type}`", _NAME)
    try:
        plain = b64decode(data).decode("utf-8", "replace")
    except binascii.Error:
        raise malformed(where, "a data URL in base64") from None
    return {"type": "text", "media_type": "text/plain", "data": plain}
