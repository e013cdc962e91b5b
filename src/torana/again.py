"""A log record written before, for the next exchange that differs in id and times."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from torana.exchange import Entry
from torana.journal import ARRAY, pack, pack_length

if TYPE_CHECKING:
    from torana.journal import Head

_FIELDS = Entry.__struct_fields__
_TIMES_AT = _FIELDS.index("duration_s")
_AFTER_TIMES = _FIELDS.index("first_byte_s") + 1
_AFTER_HEADERS = _FIELDS.index("response_headers") + 1
_BEGINNING = ARRAY + b"\xd9\x24"  # a text of 36 bytes comes first
_ID_BYTES = 36
_pack_times = struct.Struct(">cdcd").pack
_DOUBLE = b"\xcb"
_TIMES_BYTES = 18


class Again:
    """An entry to be written once more, with another id, other times and another value of its answer's last header.

    All else is packed once. Of bodies that are dropped near the journal's bound, or masked, it knows nothing: see
    `Journal.append_frame` and `is_free_of`.
    """

    __slots__ = ("_first", "_free_of", "_last", "_length", "_middle")

    def __init__(self, entry: Entry) -> None:
        packed = [pack(getattr(entry, name)) for name in _FIELDS]
        packed[_AFTER_HEADERS - 1] = packed[_AFTER_HEADERS - 1].removesuffix(pack(entry.response_headers[-1][1]))
        self._first = b"".join(packed[1:_TIMES_AT])
        self._middle = b"".join(packed[_AFTER_TIMES:_AFTER_HEADERS])
        self._last = b"".join(packed[_AFTER_HEADERS:])
        self._length = len(_BEGINNING) + _ID_BYTES + _TIMES_BYTES + self.size
        self._free_of: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self._first) + len(self._middle) + len(self._last)

    def is_free_of(self, secrets: tuple[bytes, ...], head: Head) -> bool:
        """Whether none of them stands in it, or in the head that it is to be written with."""
        if self._free_of != secrets:
            if _hold(secrets, self._first, self._middle, self._last):
                return False
            self._free_of = secrets
        if head.free_of is not secrets:
            if _hold(secrets, head.fields):
                return False
            head.free_of = secrets
        return True

    def frame(self, head: Head, id_: bytes, duration_s: float, first_byte_s: float, value: bytes) -> bytes:
        """For the journal. `id_` as text, `value` of the last header."""
        told, fields = pack(value), head.fields
        return b"".join(
            (
                pack_length(self._length + len(told) + len(fields)),
                _BEGINNING,
                id_,
                self._first,
                _pack_times(_DOUBLE, duration_s, _DOUBLE, first_byte_s),
                self._middle,
                told,
                self._last,
                fields,
            )
        )


def _hold(secrets: tuple[bytes, ...], *parts: bytes) -> bool:
    """Whether any may stand there: others than ASCII have no one form, so they are the journal's to look for."""
    return any(not secret.isascii() or secret in part for secret in secrets for part in parts)
