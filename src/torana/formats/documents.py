"""Files of plain text within a request, for formats that have no files."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING

from torana.formats.fields import Place, entries
from torana.formats.json import as_text
from torana.formats.parts import split_data_url

if TYPE_CHECKING:
    from torana.formats.json import Json

_TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/x-ndjson")


def text_in_file(part: Json, where: Place) -> str | None:
    """The text of a part of type `file`; None where it is no text, or is elsewhere."""
    split = split_data_url(as_text(entries(part.get("file"), (where, "file")).get("file_data")))
    if split is None or not split[0].startswith(_TEXTS):
        return None
    try:
        return b64decode(split[1], validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def title_of_file(part: Json) -> str:
    file = part.get("file")
    return as_text(part.get("title")) or (as_text(file.get("filename")) if isinstance(file, dict) else "")
