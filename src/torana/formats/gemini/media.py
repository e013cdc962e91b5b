"""Media in parts: `inlineData` and `fileData` on one side, data URLs and other URLs on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_object, as_text
from torana.formats.parts import data_url, split_data_url

if TYPE_CHECKING:
    from torana.formats.json import Json

_AUDIO_TO_CHAT = {
    "x-wav": "wav",
    "wave": "wav",
    "vnd.wave": "wav",
    "mpeg": "mp3",
    "mpga": "mp3",
    "x-m4a": "m4a",
    "x-aiff": "aiff",
    "l16": "pcm16",
    "pcm": "pcm16",
}
_AUDIO_FROM_CHAT = {"mp3": "audio/mpeg", "pcm16": "audio/L16;codec=pcm;rate=24000", "m4a": "audio/mp4"}
_BY_ENDING = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "html": "text/html",
    "htm": "text/html",
    "css": "text/css",
    "csv": "text/csv",
    "xml": "text/xml",
    "json": "application/json",
    "js": "text/javascript",
    "py": "text/x-python",
    "rtf": "text/rtf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "webm": "video/webm",
    "avi": "video/avi",
    "flv": "video/x-flv",
    "wmv": "video/wmv",
    "3gp": "video/3gpp",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
}


def media_type_of(name: str, default: str) -> str:
    """By the ending of a URL or a file's name."""
    path = name.partition("?")[0].partition("#")[0]
    return _BY_ENDING.get(path.rpartition(".")[2].lower(), default)


def audio_format(media_type: str) -> str:
    """OpenAI's word for it: `wav`, `mp3`."""
    kind = media_type.partition("/")[2].partition(";")[0].strip().lower()
    return _AUDIO_TO_CHAT.get(kind, kind)


def audio_type(word: str) -> str:
    return _AUDIO_FROM_CHAT.get(word, f"audio/{word}")


def inline_to_chat(blob: Json) -> Json:
    """A part of the hub, of `inlineData`."""
    kind, data = as_text(blob.get("mimeType")), _standard(as_text(blob.get("data")))
    if kind.startswith("audio/"):
        return {"type": "input_audio", "input_audio": {"data": data, "format": audio_format(kind)}}
    return _by_url(data_url(kind, data), kind, as_text(blob.get("displayName")))


def _standard(data: str) -> str:
    """Google's SDKs write base64 with `-` and `_`, which others do not read."""
    if "-" in data or "_" in data:
        data = data.replace("-", "+").replace("_", "/")
    return data if len(data) % 4 == 0 else data.rstrip("=") + "=" * (-len(data.rstrip("=")) % 4)


def file_to_chat(file: Json) -> Json:
    """A part of the hub, of `fileData`."""
    url, kind = as_text(file.get("fileUri")), as_text(file.get("mimeType"))
    if not kind:
        kind = "video/mp4" if _is_youtube(url) else media_type_of(url, "")
    return _by_url(url, kind, as_text(file.get("displayName")))


def _by_url(url: str, kind: str, name: str) -> Json:
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    if kind.startswith("video/"):
        return {"type": "video_url", "video_url": {"url": url}}
    return {"type": "file", "file": {"filename": name, "file_data": url} if name else {"file_data": url}}


def _is_youtube(url: str) -> bool:
    return url.startswith(("https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/"))


def media_from_chat(url: str, default: str, name: str = "") -> Json:
    """A part of Gemini's, of a URL; `default` is its type where nothing tells."""
    split = split_data_url(url)
    if split is not None:
        kind, data = split
        if kind == "text/plain" and not url.startswith("data:text/plain"):
            kind = default
        return {"inlineData": {"mimeType": kind, "data": data}}
    if _is_youtube(url):
        return {"fileData": {"fileUri": url}}
    return {"fileData": {"mimeType": media_type_of(name, "") or media_type_of(url, default), "fileUri": url}}


def image_url_of(part: Json) -> str:
    """Of an `image_url`, which some write as a text."""
    given = part.get("image_url")
    return as_text(given) or as_text(as_object(given).get("url"))
