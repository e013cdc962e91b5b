"""An answer that was given before, told as one of its own: ids, times, and nothing used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.formats.json import dump, load

if TYPE_CHECKING:
    from torana.formats.json import Json

_EVENT = re.compile(rb".+?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)
_DATA = re.compile(rb"^data: ?(\{.*\})[ \t]*\r?$", re.MULTILINE)
_TIMES = ("created", "created_at")
_NESTED = ("response", "message")
"""Where events of `/responses` and `/messages` have the answer."""
_METADATA = "openrouter_metadata"
_REMARK = b":"


def renewed(body: bytes, source_id: str, id_: str, created: int) -> bytes:
    """A whole answer. What is no object is given as it is. `created` is in Unix seconds."""
    whole = load(body)
    if not isinstance(whole, dict):
        return body
    _renew(whole, source_id, id_, created)
    return dump(whole) or body


def renewed_events(body: bytes, source_id: str, id_: str, created: int) -> list[bytes]:
    """A stream's events, without remarks that only kept a connection open."""

    def renew(found: re.Match[bytes]) -> bytes:
        return b"data: " + renewed(found[1], source_id, id_, created)

    return [_DATA.sub(renew, event) for event in _EVENT.findall(body) if not event.startswith(_REMARK)]


def _renew(told: Json, source_id: str, id_: str, created: int) -> None:
    told.pop(_METADATA, None)
    if told.get("id") == source_id:
        told["id"] = id_
    for name in _TIMES:
        if isinstance(told.get(name), int | float):
            told[name] = created
    if isinstance(usage := told.get("usage"), dict):
        told["usage"] = _emptied(usage)
    for name in _NESTED:
        if isinstance(inner := told.get(name), dict):
            _renew(inner, source_id, id_, created)


def _emptied(usage: Json) -> Json:
    """All counters at 0, whatever they count."""
    told: Json = {}
    for name, value in usage.items():
        if isinstance(value, dict):
            told[name] = _emptied(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            told[name] = 0
        else:
            told[name] = value
    return told
