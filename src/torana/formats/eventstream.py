"""AWS event streams: binary frames with headers and two checksums, from bytes cut anywhere.

A frame is: total length (4 bytes, big-endian), length of the headers (4), CRC-32 of those eight (4), headers, payload,
CRC-32 of all before it (4). A header is: length of its name (1), name, type of its value (1), value.
https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

from msgspec import Struct

_PRELUDE = struct.Struct(">III")
_LENGTHS = struct.Struct(">II")
_CRC = struct.Struct(">I")
_LEAST = _PRELUDE.size + _CRC.size
_MOST = 25 << 20  # AWS allows 24 MB of payload and 128 kB of headers

_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of the header values that have a fixed size, by type; 6 (bytes) and 7 (text) begin with their length."""
_COUNTED = (6, 7)
_TEXT = b"\x07"
_MOST_KNOWN = 256
"""Bytes of headers that are worth remembering."""
_IS_JSON = {b":content-type": b"application/json"}
_MOST_TEXT = (1 << 15) - 1  # what a header may have


class Frame(Struct, frozen=True):
    headers: dict[bytes, bytes]
    """Values as they are on the wire; texts such as `:event-type` need no more."""
    payload: bytes

    @property
    def event(self) -> str:
        """Its type: of an event, an exception, or an error."""
        told = self.headers
        name = told.get(b":event-type") or told.get(b":exception-type") or told.get(b":error-code") or b""
        return name.decode("utf-8", "replace")


class Frames:
    """Bytes in, whole frames out. One whose checksum is wrong is left out; past a wrong length there is nothing."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.is_broken = False

    @property
    def is_at_rest(self) -> bool:
        """Whether the next byte begins a frame."""
        return not self._held and not self.is_broken

    def feed(self, chunk: bytes) -> list[Frame]:
        frames: list[Frame] = []
        if self.is_broken:
            return frames
        held = self._held
        if held:
            held += chunk
        data = held or chunk  # nearly all chunks are whole frames, which need not be copied
        at, size = 0, len(data)
        while size - at >= _PRELUDE.size:
            total, headers, crc = _PRELUDE.unpack_from(data, at)
            if zlib.crc32(data[at : at + 8]) != crc or not _LEAST + headers <= total <= _MOST:
                self.is_broken = True
                held.clear()
                return frames
            if size - at < total:
                break
            frame = _read(bytes(data[at : at + total]), headers)
            if frame is not None:
                frames.append(frame)
            at += total
        if held:
            del held[:at]
        elif at < size:
            held += chunk[at:]
        return frames


def event_frame(kind: str, payload: bytes) -> bytes:
    """An event of a stream of JSON, as Bedrock sends them."""
    return _framed(_of_event(kind), payload)


def exception_frame(kind: str, payload: bytes) -> bytes:
    """The event that SDKs raise as the exception of that name; nothing follows it."""
    return write_frame({b":exception-type": kind.encode(), **_IS_JSON, b":message-type": b"exception"}, payload)


def write_frame(headers: dict[bytes, bytes], payload: bytes) -> bytes:
    """All values of headers are texts."""
    return _framed(_written(headers), payload)


def _read(data: bytes, headers_size: int) -> Frame | None:
    if zlib.crc32(data[:-4]) != int.from_bytes(data[-4:]):
        return None
    end = _PRELUDE.size + headers_size
    headers = data[_PRELUDE.size : end]
    # Those of a stream's events are the same over and over.
    read = _known_headers if headers_size <= _MOST_KNOWN else _read_headers
    return Frame(read(headers), data[end:-4])


@lru_cache(maxsize=128)
def _known_headers(data: bytes) -> dict[bytes, bytes]:
    return _read_headers(data)


def _read_headers(data: bytes) -> dict[bytes, bytes]:
    """As far as they can be read."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        name_end = at + 1 + data[at]
        kind = data[name_end] if name_end < len(data) else -1
        start = name_end + 1
        if kind in _COUNTED and start + 2 <= len(data):
            size = int.from_bytes(data[start : start + 2], "big")
            start += 2
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            break
        found[data[at + 1 : name_end]] = data[start : start + size]
        at = start + size
    return found


@lru_cache(maxsize=64)
def _of_event(kind: str) -> bytes:
    return _written({b":event-type": kind.encode(), **_IS_JSON, b":message-type": b"event"})


def _written(headers: dict[bytes, bytes]) -> bytes:
    told = []
    for name, value in headers.items():
        text = value[:_MOST_TEXT]
        told += [bytes([len(name)]), name, _TEXT, len(text).to_bytes(2, "big"), text]
    return b"".join(told)


def _framed(headers: bytes, payload: bytes) -> bytes:
    lengths = _LENGTHS.pack(_LEAST + len(headers) + len(payload), len(headers))
    crc = zlib.crc32(lengths)
    start = lengths + _CRC.pack(crc) + headers
    return b"".join((start, payload, _CRC.pack(zlib.crc32(payload, zlib.crc32(start)))))
