"""Puts the text of PDFs in the place of files, for models that read none (openrouter.md 2.4, 2.8).

What was read goes back with the answer as annotations. A client that sends them again with its next turn has the file's
text used again, found by the file's hash.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.errors import PluginRefused
from torana.fetching import inline
from torana.formats.documents import text_in_file
from torana.formats.json import Json, as_list, as_object, as_text
from torana.formats.parts import data_url, split_data_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torana.fetching import Sender
    from torana.plugins.prepared import Context, Prepared
    from torana.plugins.reading import Reader, Told

_ENGINES = frozenset({"", "native", "cloudflare-ai", "pdf-text", "mistral-ocr"})
_PDF = "application/pdf"
_BEGINS = ("JVBERi",)
"""`%PDF-` in base64."""
_OURS = "pdf-text"


class _File(Struct):
    """A part of type `file`, and where it stands."""

    where: str
    parts: list[object]
    place: int
    part: Json

    @property
    def name(self) -> str:
        return as_text(as_object(self.part.get("file")).get("filename"))

    @property
    def data(self) -> str:
        return as_text(as_object(self.part.get("file")).get("file_data"))

    def put(self, text: str) -> None:
        told: Json = {"type": "text", "text": text}
        if "cache_control" in self.part:
            told["cache_control"] = self.part["cache_control"]
        self.parts[self.place] = told


async def read_files(prepared: Prepared, wish: Json, context: Context, reader: Reader, upstream: Sender | None) -> None:
    """Changes the request, and notes what was read. PluginRefused, Untranslatable where a file cannot be had or read.

    `upstream` brings files that are named by URLs; None = they are left as they are.
    """
    known = _taken_annotations(prepared.chat)
    files = list(_files(prepared.chat))
    if not files or wish.get("enabled") is False:
        return
    for file in files:
        _complete(file)
    if _is_native(as_text(as_object(wish.get("pdf")).get("engine")), context, files[0].where):
        return
    if upstream is not None:
        await inline(prepared.chat, ("file",), upstream)
    pages = count = 0
    for file in files:
        data = _pdf_in(file)
        if data is None:
            _put_text(file)
            continue
        annotation, told = await _read(file, data, known, reader, prepared)
        count, pages = count + 1, pages + told
        file.put(_shown(annotation))
        if annotation not in prepared.annotations:
            prepared.annotations.append(annotation)
    if count:
        data_: Json = {"engine": _OURS, "files": count, "pages": pages}
        prepared.stages.append({"type": "plugin", "name": "file-parser", "data": data_})


def _is_native(engine: str, context: Context, where: str) -> bool:
    """Whether the model reads files itself. PluginRefused where that was asked for, and it does not."""
    if engine not in _ENGINES:
        raise PluginRefused(
            f"`pdf.engine` of the plugin `file-parser` cannot be `{engine}`: use `native` or `pdf-text`"
        )
    if engine == "mistral-ocr":
        raise PluginRefused(
            "`pdf.engine: mistral-ocr` is not available on this server: use `pdf-text`, which reads the text of a PDF, "
            "or `native` with a model that reads files"
        )
    if engine == "native" and not context.takes_files:
        raise PluginRefused(f"`{where}`: the model reads no files, so `pdf.engine` cannot be `native`")
    return context.takes_files and engine in ("", "native")


def _files(chat: Json) -> Iterator[_File]:
    for number, message in enumerate(as_list(chat.get("messages"))):
        parts = as_list(as_object(message).get("content"))
        for place, part in enumerate(parts):
            if isinstance(part, dict) and part.get("type") == "file" and isinstance(part.get("file"), dict):
                yield _File(f"messages[{number}].content[{place}].file", parts, place, part)


def _complete(file: _File) -> None:
    """Base64 alone is taken for what it begins as: OpenRouter's own examples send a PDF so."""
    if file.data.startswith(_BEGINS):
        as_object(file.part["file"])["file_data"] = data_url(_PDF, file.data)


def _pdf_in(file: _File) -> bytes | None:
    """None where it is no PDF. PluginRefused where it is none that can be decoded."""
    split = split_data_url(file.data)
    if split is None or not (split[0].lower() == _PDF or split[1].startswith(_BEGINS)):
        return None
    try:
        return b64decode(split[1], validate=True)
    except (binascii.Error, ValueError):
        raise PluginRefused(f"`{file.where}.file_data` is not valid base64") from None


def _put_text(file: _File) -> None:
    """Files of plain text as text; all others as they are, for the provider's format to take or refuse."""
    text = text_in_file(file.part, file.where)
    if text is not None:
        file.put(f'<file name="{_plain(file.name)}">\n{text}\n</file>')


async def _read(
    file: _File, data: bytes, known: dict[str, Json], reader: Reader, prepared: Prepared
) -> tuple[Json, int]:
    """As an annotation, and how many pages were read for it."""
    hash_ = sha256(data).hexdigest()
    if (annotation := known.get(hash_)) is not None:
        return annotation, 0
    told = await reader.read(data)
    if told.error or not told.text:
        why = told.error or "it has no text: it may be a picture of one, which this server cannot read"
        done: Json = {"file_annotations": prepared.file_annotations} if prepared.file_annotations else {}
        raise PluginRefused(f"`{file.where}`: the PDF cannot be read: {why}", done)
    return _annotation(hash_, file.name, told), told.pages


def _annotation(hash_: str, name: str, told: Told) -> Json:
    file: Json = {"hash": hash_, "content": [{"type": "text", "text": told.text}]}
    if name:
        file["name"] = name
    return {"type": "file", "file": file}


def _shown(annotation: Json) -> str:
    file = as_object(annotation["file"])
    texts = [as_text(as_object(part).get("text")) for part in as_list(file.get("content"))]
    return f'<file name="{_plain(as_text(file.get("name")))}">\n' + "\n".join(texts) + "\n</file>"


def _plain(name: str) -> str:
    return name.replace('"', "'").replace("\n", " ")


def _taken_annotations(chat: Json) -> dict[str, Json]:
    """Files that were read for an earlier turn, by their hashes; taken out, as no upstream knows them."""
    known: dict[str, Json] = {}
    for message in map(as_object, as_list(chat.get("messages"))):
        if not isinstance(message.get("annotations"), list):
            continue
        kept: list[object] = []
        for annotation in as_list(message["annotations"]):
            file = as_object(as_object(annotation).get("file"))
            if as_object(annotation).get("type") != "file":
                kept.append(annotation)
            elif (hash_ := as_text(file.get("hash"))) and isinstance(file.get("content"), list):
                known[hash_] = as_object(annotation)
        message["annotations"] = kept
        if not kept:
            del message["annotations"]
    return known
