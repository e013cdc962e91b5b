"""Images, documents, sound and video of the hub as Converse's blocks, and back."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, malformed, text, untranslatable
from torana.formats.json import as_list, as_object, as_text
from torana.formats.parts import data_url, split_data_url

if TYPE_CHECKING:
    from torana.formats.json import Json

TARGET = "bedrock_converse"

_IMAGES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
_DOCUMENTS = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
}
_VIDEOS = {
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "flv": "video/x-flv",
    "mpeg": "video/mpeg",
    "mpg": "video/mpg",
    "wmv": "video/x-ms-wmv",
    "three_gp": "video/3gpp",
}
_SOUNDS = frozenset(
    {
        *("mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm"),
        "webm",
    }
)
_ALIASES = {"jpg": "jpeg", "3gp": "three_gp", "htm": "html", "markdown": "md", "text": "txt", "pcm16": "pcm"}
_BY_TYPE = {kind: name for table in (_IMAGES, _DOCUMENTS, _VIDEOS) for name, kind in table.items()} | {
    "image/jpg": "jpeg",
    "text/x-markdown": "md",
    "application/csv": "csv",
}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9()\[\]-]+")
_MOST_NAME = 200
_S3 = "s3://"


class Names:
    """Names of the documents of one request, which Bedrock wants short, plain, and each once."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def name(self, filename: str) -> str:
        stem, dot, end = filename.rpartition(".")
        plain = _NOT_IN_NAMES.sub(" ", stem if dot and len(end) <= 4 else filename).strip()[:_MOST_NAME] or "document"  # noqa: PLR2004  # the longest extension
        name, count = plain, 1
        while name in self.taken:
            count += 1
            name = f"{plain[: _MOST_NAME - 8]} {count}"
        self.taken.add(name)
        return name


def image_block(part: Json, where: Place) -> Json:
    at = (where, "image_url")
    image = part.get("image_url")
    url = image if isinstance(image, str) else text(entries(image, at).get("url"), (at, "url"))
    return {"image": _medium(url, _IMAGES, (at, "url"), "an image")}


def video_block(part: Json, where: Place) -> Json:
    at = (where, "video_url")
    url = text(entries(part.get("video_url"), at).get("url"), (at, "url"))
    return {"video": _medium(url, _VIDEOS, (at, "url"), "a video")}


def sound_block(part: Json, where: Place) -> Json:
    at = (where, "input_audio")
    sound = entries(part.get("input_audio"), at)
    name = text(sound.get("format"), (at, "format"))
    name = _ALIASES.get(name, name)
    if name not in _SOUNDS:
        raise untranslatable((at, "format"), f"sound of the format `{name}`", TARGET)
    return {"audio": {"format": name, "source": {"bytes": text(sound.get("data"), (at, "data"))}}}


def document_block(part: Json, where: Place, names: Names) -> Json:
    at = (where, "file")
    file = entries(part.get("file"), at)
    if file.get("file_data") is None:
        if file.get("file_id") is not None:
            raise untranslatable((at, "file_id"), "a file of another provider", TARGET)
        raise malformed((at, "file_data"), "a string")
    filename = as_text(file.get("filename"))
    made = _medium(text(file["file_data"], (at, "file_data")), _DOCUMENTS, (at, "file_data"), "a document", filename)
    document: Json = {
        "format": made["format"],
        "name": names.name(as_text(part.get("title")) or filename),
        "source": made["source"],
    }
    if as_text(part.get("context")):
        document["context"] = part["context"]
    if as_object(part.get("citations")).get("enabled") is True:
        document["citations"] = {"enabled": True}
    return {"document": document}


def _medium(url: str, formats: dict[str, str], where: Place, what: str, filename: str = "") -> Json:
    found = split_data_url(url)
    if found is not None:
        kind, data = found
        name = _BY_TYPE.get(kind.lower(), "")
        name = name if name in formats else _by_extension(filename)
        if name not in formats:
            raise untranslatable(where, f"{what} of the type `{kind}`", TARGET)
        return {"format": name, "source": {"bytes": data}}
    if url.startswith(_S3):
        name = _by_extension(url)
        if name not in formats:
            raise untranslatable(where, f"{what} whose name does not say its type", TARGET)
        return {"format": name, "source": {"s3Location": {"uri": url}}}
    if url.startswith(("https://", "http://")):
        raise untranslatable(where, f"{what} by its URL", TARGET)
    raise malformed(where, "a data URL")


def _by_extension(name: str) -> str:
    end = name.rpartition(".")[2].lower()
    return _ALIASES.get(end, end)


def image_part(block: Json) -> Json:
    return {"type": "image_url", "image_url": {"url": _url(block, _IMAGES, "image/png")}}


def video_part(block: Json) -> Json:
    return {"type": "video_url", "video_url": {"url": _url(block, _VIDEOS, "video/mp4")}}


def sound_part(block: Json, where: Place) -> Json:
    data = as_object(block.get("source")).get("bytes")
    if not isinstance(data, str):
        raise untranslatable((where, "source"), "sound by its place in S3", "other formats")
    return {"type": "input_audio", "input_audio": {"data": data, "format": as_text(block.get("format")) or "wav"}}


def document_part(block: Json) -> Json:
    name, kind = as_text(block.get("name")) or "document", as_text(block.get("format")) or "txt"
    part: Json = {"type": "file", "file": {"filename": f"{name}.{kind}", "file_data": _document_url(block, kind)}}
    if as_text(block.get("context")):
        part["context"] = block["context"]
    if as_object(block.get("citations")).get("enabled") is True:
        part["citations"] = {"enabled": True}
    return part


def _document_url(block: Json, kind: str) -> str:
    source = as_object(block.get("source"))
    written = as_text(source.get("text")) or "\n".join(
        as_text(as_object(each).get("text")) for each in as_list(source.get("content"))
    )
    if written:
        return data_url("text/plain", b64encode(written.encode("utf-8", "replace")).decode())
    return _url(block, _DOCUMENTS, f"application/{kind}")


def _url(block: Json, types: dict[str, str], usual: str) -> str:
    source = as_object(block.get("source"))
    place = as_text(as_object(source.get("s3Location")).get("uri"))
    return place or data_url(types.get(as_text(block.get("format")), usual), as_text(source.get("bytes")))


def answered_image(image: Json) -> Json:
    """Of a model; what is not in the answer itself is told by its URL."""
    url = as_text(as_object(image.get("image_url")).get("url"))
    kind, data = split_data_url(url) or ("", "")
    name = _BY_TYPE.get(kind, "")
    return {"image": {"format": name, "source": {"bytes": data}}} if name in _IMAGES else {"text": url}
