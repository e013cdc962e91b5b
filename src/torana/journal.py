"""What happened, on disk before the client knows: one append-only file a worker.

A segment is a plain file of frames: 4 bytes little-endian length, then that many bytes of MessagePack (a `Record` as an
array). A frame is written by one `write` before the last bytes of the answer leave, so a process killed at any
moment loses nothing that it had answered. The writer holds a lock (`flock`) on its open segment: who can take
it knows that the writer is gone or has moved on.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.exchange import Entry
from torana.formats.reading import read as read_bodies
from torana.message import Headers  # noqa: TC001  # msgspec reads it when it makes the decoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LENGTH = struct.Struct("<I")
pack_length = _LENGTH.pack
SUFFIX = ".journal"


class Record(Entry, array_like=True):
    """One finished exchange: its entry, and then what its request's head says. New fields go to the end."""

    account_id: str = ""
    gateway_id: str = ""
    event_id: str = ""
    """Empty = the log id."""
    provider: str = ""
    format: str = ""
    method: str = ""
    path: str = ""
    metadata: str = ""
    custom_cost: str = ""
    user_agent: str = ""
    request_type: str = ""
    request_content_type: str = ""
    request_headers: Headers = []  # noqa: RUF012  # msgspec makes a new one for each
    """As they came, credentials masked; empty = not kept."""
    trace_id: str = ""
    """The caller's, in hex; empty = none was sent. Likewise `parent_span_id`."""
    parent_span_id: str = ""
    token_id: str = ""
    """Of the API token that the caller showed; empty = none that is good."""
    credential: str = ""
    """What the provider was shown: see `Opening.credential`."""

    @property
    def created_ms(self) -> int:
        """Unix time, as the id has it."""
        return int(self.id[:8] + self.id[9:13], 16)

    @property
    def duration_us(self) -> int:
        return round(self.duration_s * 1e6)

    @property
    def first_byte_us(self) -> int:
        """0 where no byte came."""
        return round(self.first_byte_s * 1e6)


class Light(Record, array_like=True):
    """A record as the ingester reads it: header fields stay packed, as they go into the store."""

    request_headers: msgspec.Raw = msgspec.Raw(b"\x90")  # type: ignore[assignment]  # what is packed is `Headers`
    response_headers: msgspec.Raw = msgspec.Raw(b"\x90")  # type: ignore[assignment]  # the same


_FIELDS = len(Record.__struct_fields__)
_HEAD_FIELDS = _FIELDS - len(Entry.__struct_fields__)
_FORMAT_AT = Record.__struct_fields__.index("format") - len(Entry.__struct_fields__)
_HEADERS_AT = Record.__struct_fields__.index("request_headers") - len(Entry.__struct_fields__)
_ARRAY_BYTES = 3  # how an array of more than 15 begins: its type and how many there are
ARRAY = b"\xdc" + _FIELDS.to_bytes(2, "big")
pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Record).decode
_unpack_lightly = msgspec.msgpack.Decoder(Light).decode


class Head:
    """The fields of a `Record` beyond those of its entry, as they stand in a frame: packed once for many records."""

    __slots__ = ("bare", "fields", "format", "free_of")

    def __init__(self, *fields: str | Headers) -> None:
        """All of them, in their order."""
        if len(fields) != _HEAD_FIELDS:
            raise ValueError(f"a record's head has {_HEAD_FIELDS} fields, not {len(fields)}")
        self.format = str(fields[_FORMAT_AT])
        packed = [pack(field) for field in fields]
        self.fields = b"".join(packed)
        packed[_HEADERS_AT] = pack([])
        self.bare = b"".join(packed)
        """Without the request's headers."""
        self.free_of: tuple[bytes, ...] | None = None
        """Secrets that were looked for in it, and do not stand there."""


MASK = b"***"
_OWN = frozenset({"id", "account_id", "token_id"})  # made by us: no caller's secret is in them


def mask(record: Record, secret: bytes) -> None:
    """An upstream may echo what it was sent: an error that quotes the key, a debugging endpoint."""
    plain, hidden = secret.decode("latin-1"), MASK.decode()
    for name in Record.__struct_fields__:
        value = getattr(record, name)
        if type(value) is bytes:
            setattr(record, name, value.replace(secret, MASK))
        elif type(value) is str and name not in _OWN:
            setattr(record, name, value.replace(plain, hidden))
    record.request_headers = [(n, v.replace(secret, MASK)) for n, v in record.request_headers]
    record.response_headers = [(n, v.replace(secret, MASK)) for n, v in record.response_headers]
    for attempt in record.attempts:
        attempt.provider = attempt.provider.replace(plain, hidden)
        attempt.model = attempt.model.replace(plain, hidden)
        attempt.error = attempt.error.replace(plain, hidden)


def _masked(frame: bytes, secret: bytes) -> bytes:
    record = _unpack(memoryview(frame)[_LENGTH.size :])
    if record.is_unread:
        read_bodies(record, record.format)  # as long as they are what they were
    mask(record, secret)
    packed = pack(record)
    return pack_length(len(packed)) + packed


_PROBE_BYTES = 8
# The search hashes bytes by their low six bits: those that usual text has not let it skip most of it.
_SELDOM = b"ZXQJVKGBYWNHUF"
_RARE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_")


@lru_cache(maxsize=1024)
def _probes(secrets: tuple[bytes, ...]) -> tuple[tuple[bytes, bytes, bytes], ...]:
    """Of each secret: a byte and a part that are looked for, and itself. Others than ASCII have no one form."""
    return tuple((_seldom(each), _probe(each), each) if each.isascii() else (b"", b"", each) for each in secrets)


def _seldom(secret: bytes) -> bytes:
    """That byte of it which is most often missing in usual text, if any is: to miss one takes a tenth of the time."""
    return bytes([byte for byte in _SELDOM if byte in secret][:1])


def _probe(secret: bytes) -> bytes:
    """The part of a secret that is searched for: a short one of rare bytes is found, or not, in a third of the time."""
    starts = range(max(1, len(secret) - _PROBE_BYTES + 1))
    best = max(starts, key=lambda at: sum(byte in _RARE for byte in secret[at : at + _PROBE_BYTES]))
    return secret[best : best + _PROBE_BYTES]


class Dropped(Struct):
    """How many records lost their bodies, or were lost whole, and why the last one was."""

    bodies: int = 0
    rows: int = 0
    reason: str = ""


class Journal:
    """The writing end; one a process, never shared. Bounded: past 3/4 of `limit` bodies go, past all of it rows."""

    def __init__(self, folder: Path, name: str, limit: int, segment_bytes: int = 8 << 20) -> None:
        self.dropped = Dropped()
        self._folder = folder
        self._name = name
        self._limit = limit
        self._segment_bytes = max(64 << 10, min(segment_bytes, limit // 16))
        self._strip_above = limit * 3 // 4
        self._fd = -1
        self._size = 0
        self._room = 0
        """As long as the segment is shorter, there is nothing to be asked before a record is written."""
        self._others = 0
        self._sequence = 0
        self._synced_size = 0
        self._rolled: list[int] = []
        self._appends_until_measured = 0
        self._rolled_bytes = 0

    def open(self) -> None:
        """Starts the first segment; OSError where the folder cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._roll()

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd, self._room = -1, 0

    def append(self, entry: Entry, head: Head | None = None, secrets: tuple[bytes, ...] = ()) -> bool:
        """True when the record is in the file; False when it was counted as dropped.

        An entry without a `head` is a whole `Record`. `secrets` are masked wherever they stand in it.
        """
        if self._size >= self._room:
            reason = self._make_room(entry, head)
            if reason:
                return self._drop(reason)
        try:
            packed = pack(entry)
            if head is None:
                frame = pack_length(len(packed)) + packed
            else:
                fields = head.fields if entry.has_bodies else head.bare
                length = pack_length(len(packed) + len(fields))
                frame = b"".join((length, ARRAY, packed[_ARRAY_BYTES:], fields))
            for rare, probe, secret in _probes(secrets):
                # Looked for in the whole record: hardly ever is it there, each field by itself costs thrice that.
                if frame.find(rare) >= 0 and frame.find(probe) >= 0:
                    frame = _masked(frame, secret)
        except (ValueError, OverflowError, TypeError) as error:
            return self._drop(f"a record cannot be written: {error}")
        return self._write(frame)

    def append_frame(self, frame: bytes) -> bool:
        """False where its record is to be given to `append` in its place; what cannot be written is counted, too."""
        if self._size >= self._room:
            return False
        self._write(frame)
        return True

    def _write(self, frame: bytes) -> bool:
        try:
            written = os.write(self._fd, frame)
        except OSError as error:
            return self._drop(error.strerror or str(error))
        if written != len(frame):
            # A full disk takes a part: without the cut the next frame would not be found.
            os.ftruncate(self._fd, self._size)
            return self._drop(os.strerror(errno.ENOSPC))
        self._size += written
        return True

    def _make_room(self, entry: Entry, head: Head | None) -> str:
        """For one more record, in a new segment or with less of it; or why there is none."""
        if self._size >= self._segment_bytes or self._fd < 0:
            try:
                self._roll()
            except OSError as error:
                # The open segment may still take it; it is tried again with the next record.
                if self._fd < 0:
                    return error.strerror or str(error)
        if self._size + self._others > self._strip_above:
            used = self._used_near_limit()
            if used > self._limit:
                return "the journal is at its limit"
            if used > self._strip_above and entry.has_bodies:
                if entry.is_unread and head is not None:
                    read_bodies(entry, head.format)
                self._strip(entry)
        return ""

    @property
    def appended_bytes(self) -> int:
        return self._rolled_bytes + self._size

    def _used_near_limit(self) -> int:
        # Listing the folder for each record would cost more than the record: now and then is near enough.
        self._appends_until_measured -= 1
        if self._appends_until_measured < 0:
            self._appends_until_measured = 64
            return self._measure()
        return self._size + self._others

    def look(self) -> None:
        """Sees what the ingester has taken away; to be called now and then, since a quiet writer would not."""
        if self._size + self._others > self._limit // 2:
            self._measure()

    def unsynced(self) -> list[int]:
        """Descriptors whose data the disk may not have yet, for `sync`; they are the caller's to close."""
        files, self._rolled = self._rolled, []
        if self._fd >= 0 and self._size != self._synced_size:
            self._synced_size = self._size
            files.append(os.dup(self._fd))
        return files

    def _strip(self, entry: Entry) -> None:
        entry.request_body = entry.response_body = entry.kept = b""
        entry.response_headers = []
        if isinstance(entry, Record):
            entry.request_headers = []
        entry.has_bodies = False
        self.dropped.bodies += 1
        self.dropped.reason = "the journal is near its limit"

    def _drop(self, reason: str) -> bool:
        self.dropped.rows += 1
        self.dropped.reason = reason
        return False

    def _roll(self) -> None:
        path = self._folder / f"{self._name}-{self._sequence:08d}{SUFFIX}"
        hidden = path.with_suffix(".new")
        fd = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # Locked before it has its name: nobody may see it and think it abandoned.
            fcntl.flock(fd, fcntl.LOCK_EX)
            hidden.rename(path)
        except OSError:
            os.close(fd)
            hidden.unlink(missing_ok=True)
            raise
        if self._fd >= 0:
            self._rolled.append(os.dup(self._fd))
            fcntl.flock(self._fd, fcntl.LOCK_UN)  # the duplicate would hold the lock on
            os.close(self._fd)
        self._rolled_bytes += self._size
        self._fd, self._size, self._synced_size = fd, 0, 0
        self._sequence += 1
        self._measure()

    def _measure(self) -> int:
        """Bytes of all segments, the other workers' too; called when a segment rolls and near the limit."""
        total = 0
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    total += entry.stat().st_size if entry.name.endswith(SUFFIX) else 0
                except FileNotFoundError:
                    continue  # the ingester was done with it
        self._others = max(0, total - self._size)
        self._room = min(self._segment_bytes, self._strip_above - self._others) if self._fd >= 0 else 0
        return total


def sync(files: list[int]) -> None:
    """Makes what was written survive the machine too; blocks, so call it off the event loop."""
    for fd in files:
        try:
            os.fdatasync(fd)
        finally:
            os.close(fd)


class Frame(Struct, frozen=True, gc=False):
    """One record as read, and where the next one begins."""

    record: Record
    next_offset: int


def segments(folder: Path) -> list[Path]:
    """All segments, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.name.endswith(SUFFIX))


def read(path: Path, offset: int = 0, limit: int = 32 << 20, *, lightly: bool = False) -> Iterator[Frame]:
    """Whole frames from `offset` on, about `limit` bytes at most; stops before a frame that is still being written.

    `lightly`: each record is a `Light` one.
    """
    unpack = _unpack_lightly if lightly else _unpack
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(offset)
        data = file.read(limit)
        at = 0
        while at + _LENGTH.size <= len(data):
            (length,) = _LENGTH.unpack_from(data, at)
            end = at + _LENGTH.size + length
            if offset + end > size:
                return
            if end > len(data):
                data = data[at:] + file.read(max(limit, length))
                at, offset, end = 0, offset + at, _LENGTH.size + length
                if end > len(data):
                    return
            yield Frame(unpack(memoryview(data)[at + _LENGTH.size : end]), offset + end)
            at = end


def is_abandoned(path: Path) -> bool:
    """Whether its writer is gone or writes another segment: nothing will be added to it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        # Shared: two who ask at once must not take each other for the writer.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
