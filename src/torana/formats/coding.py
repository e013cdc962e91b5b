"""Undoes Content-Encoding, in pieces or whole, without trusting what it is given.

What is broken yields what there was before the break; what grows past its bound stops there. Nothing raises.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

LIMIT = 256 << 20
"""Most that one body may decode to."""

_REPLAY_BYTES = 64 << 10
_ZSTD_SLICE = 128  # its library cannot be told where to stop, and 4 bytes may stand for 128 KiB
_ZSTD_WINDOW = 8 << 20  # what RFC 9659 lets a server use
_MOST_STAGES = 4


class Decoder(Protocol):
    def feed(self, chunk: bytes) -> bytes:
        """What the bytes so far decode to, less what was given already; nothing after a break or past the bound."""


_Make = Callable[[], "_Stage"]


class _Stage(Protocol):
    """One coding. `feed` gives about `room` bytes at most; what is left of the chunk then is lost."""

    error: type[Exception]

    def feed(self, chunk: bytes, room: int) -> bytes: ...


def decoder(content_encoding: bytes | str, limit: int = LIMIT) -> Decoder | None:
    """For one body; None where there is nothing to undo, or a coding that is unknown: its bytes stay as they are."""
    makes = _stages(content_encoding)
    return _Decoder(makes, limit) if makes else None


def decode(body: bytes, content_encoding: bytes | str, limit: int = LIMIT) -> bytes:
    """A whole body, or its first `limit` bytes; as it is where `decoder` gives None."""
    undo = decoder(content_encoding, limit)
    return body[:limit] if undo is None else undo.feed(body)


def _stages(content_encoding: bytes | str) -> list[_Make]:
    """In the order of undoing: the coding named last was applied last."""
    text = content_encoding.decode("latin-1") if isinstance(content_encoding, bytes) else content_encoding
    names = [name.strip().lower() for name in text.split(",")]
    names = [name for name in reversed(names) if name not in ("", "identity")]
    if len(names) > _MOST_STAGES or any(name not in _STAGES for name in names):
        return []
    return [_STAGES[name] for name in names]


class _Decoder:
    def __init__(self, makes: list[_Make], limit: int) -> None:
        self._makes = makes
        self._stages = [make() for make in makes]
        self._errors = tuple(stage.error for stage in self._stages)
        self._room = limit
        self._past: list[bytes] = []
        self._past_size = 0

    def feed(self, chunk: bytes) -> bytes:
        if self._room <= 0:
            return b""
        try:
            plain = _undo(self._stages, chunk, self._room)
        except self._errors:
            plain, room = self._replay(chunk), self._room
            self._room = 0
            return plain[:room]
        if self._past_size <= _REPLAY_BYTES:
            self._past.append(chunk)
            self._past_size += len(chunk)
        plain = plain[: self._room]
        self._room -= len(plain)
        return plain

    def _replay(self, chunk: bytes) -> bytes:
        """What came before the break: a library that meets one gives nothing at all of the chunk it is in."""
        if self._past_size + len(chunk) > _REPLAY_BYTES:
            return b""
        stages = [make() for make in self._makes]
        for past in self._past:
            _undo(stages, past, self._room)
        out: list[bytes] = []
        with suppress(*self._errors):  # met again, now with all that came before it in hand
            for at in range(len(chunk)):  # pragma: no branch  # it ends by the error
                out.append(_undo(stages, chunk[at : at + 1], self._room))  # noqa: PERF401  # keeps what came before
        return b"".join(out)


def _undo(stages: list[_Stage], piece: bytes, room: int) -> bytes:
    for stage in stages:
        piece = stage.feed(piece, room)
    return piece


class _Inflate:
    """zlib's formats. `is_many` = members may follow one another, as gzip's standard allows."""

    error: type[Exception] = zlib.error

    def __init__(self, wbits: int, *, is_many: bool = False) -> None:
        self._wbits = wbits
        self._is_many = is_many
        self._inner = zlib.decompressobj(wbits)

    def feed(self, chunk: bytes, room: int) -> bytes:
        out = b""
        while chunk and len(out) < room:
            if self._inner.eof:
                if not self._is_many:
                    break
                self._inner = zlib.decompressobj(self._wbits)
            out += self._inner.decompress(chunk, room - len(out))
            chunk = self._inner.unused_data
        return out


class _Deflate:
    """`deflate` is zlib's format by the standard, and raw deflate from some servers: the first two bytes tell."""

    error: type[Exception] = zlib.error

    def __init__(self) -> None:
        self._head = b""
        self._inflate: _Inflate | None = None

    def feed(self, chunk: bytes, room: int) -> bytes:
        if self._inflate is None:
            chunk = self._head = self._head + chunk
            if len(chunk) < 2:  # noqa: PLR2004  # the header of zlib's format
                return b""
            is_zlib = chunk[0] & 0x0F == zlib.DEFLATED and int.from_bytes(chunk[:2], "big") % 31 == 0
            self._inflate = _Inflate(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        return self._inflate.feed(chunk, room)


class _Brotli:
    def __init__(self) -> None:
        import brotli  # noqa: PLC0415  # milliseconds and memory that most processes never need

        self.error: type[Exception] = brotli.error
        self._inner = brotli.Decompressor()

    def feed(self, chunk: bytes, room: int) -> bytes:
        out: list[bytes] = []
        # Asked again until it is silent: where a body goes on, one call gives 32 KiB of what it has.
        while room > 0 and (piece := self._inner.process(chunk, output_buffer_limit=room)):
            out.append(piece)
            room -= len(piece)
            chunk = b""
        return b"".join(out)


class _Zstd:
    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415  # as above

        self.error: type[Exception] = zstandard.ZstdError
        self._inner = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj(read_across_frames=True)

    def feed(self, chunk: bytes, room: int) -> bytes:
        out: list[bytes] = []
        for at in range(0, len(chunk), _ZSTD_SLICE):
            if room <= 0:
                break
            out.append(self._inner.decompress(chunk[at : at + _ZSTD_SLICE]))
            room -= len(out[-1])
        return b"".join(out)


def _gzip() -> _Stage:
    return _Inflate(zlib.MAX_WBITS | 16, is_many=True)


_STAGES: dict[str, _Make] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _Deflate, "br": _Brotli, "zstd": _Zstd}
