"""Parts of a message's content in the hub as parts of Gemini's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries, malformed, text, untranslatable
from torana.formats.gemini.media import audio_type, media_from_chat
from torana.formats.parts import parts_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

TARGET = "gemini"
_ABOUT = ("title", "context")
"""What a document may have beside it: Gemini reads it as text before it."""


def parts_from_chat(content: object, where: Place, brief: Brief) -> list[Json]:
    if isinstance(content, str):
        return [{"text": content}] if content else []
    made: list[Json] = []
    for at, part in parts_of(content, where):
        made += [{"text": text(part[name], (at, name))} for name in _ABOUT if part.get(name)]
        made.append(part_from_chat(part, at, brief))
    return made


def part_from_chat(part: Json, where: Place, brief: Brief) -> Json:
    for knob in ("cache_control", "citations"):
        if knob in part:
            brief.drop(knob)
    kind = text(part.get("type"), (where, "type"))
    if kind == "text":
        return {"text": text(part.get("text"), (where, "text"))}
    if kind == "refusal":
        return {"text": text(part.get("refusal"), (where, "refusal"))}
    if kind == "image_url":
        return _image(part, where, brief)
    if kind == "input_audio":
        return _audio(part, where)
    if kind == "video_url":
        return _video(part, where)
    if kind == "file":
        return _file(part, where)
    raise untranslatable(where, f"a part of type `{kind}`", TARGET)


def _image(part: Json, where: Place, brief: Brief) -> Json:
    image = part.get("image_url")
    if isinstance(image, str):
        return media_from_chat(image, "image/jpeg")
    given = entries(image, (where, "image_url"))
    if given.get("detail") not in (None, "auto"):
        brief.drop("detail")
    return media_from_chat(text(given.get("url"), (where, "image_url.url")), "image/jpeg")


def _audio(part: Json, where: Place) -> Json:
    given = entries(part.get("input_audio"), (where, "input_audio"))
    data = text(given.get("data"), (where, "input_audio.data"))
    if data.startswith(("data:", "https://", "http://", "gs://")):
        return media_from_chat(data, "audio/wav")
    return {
        "inlineData": {"mimeType": audio_type(text(given.get("format"), (where, "input_audio.format"))), "data": data}
    }


def _video(part: Json, where: Place) -> Json:
    given = entries(part.get("video_url"), (where, "video_url"))
    made = media_from_chat(text(given.get("url"), (where, "video_url.url")), "video/mp4")
    if isinstance(about := part.get("video_metadata"), dict):
        made["videoMetadata"] = told = {}
        told.update({_VIDEO.get(name, name): value for name, value in about.items()})
    return made


_VIDEO = {"start_offset": "startOffset", "end_offset": "endOffset"}


def _file(part: Json, where: Place) -> Json:
    given = entries(part.get("file"), (where, "file"))
    name = text(given.get("filename") or "", (where, "file.filename"))
    source = given.get("file_data")
    if source is None and isinstance(given.get("file_id"), str):
        # Google's own ids are URIs, of its Files API or of Cloud Storage.
        source = given["file_id"]
        if not str(source).startswith(("https://", "gs://")):
            raise untranslatable((where, "file.file_id"), "a file that another provider keeps", TARGET)
    url = text(source, (where, "file.file_data"))
    if not url.startswith(("data:", "https://", "http://", "gs://")):
        raise malformed((where, "file.file_data"), "a data URL or a URL")
    return media_from_chat(url, "application/pdf", name)
