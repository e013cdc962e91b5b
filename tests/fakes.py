"""Ports with a memory in place of a network or a disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from torana.attempts import LocalPlace
from torana.catalog.prices import Prices
from torana.directory import Directory, compile_directory
from torana.errors import LocalModelMissing
from torana.exchange import Entry, Gateway, Request
from torana.flow import Flow
from torana.formats.reading import read as read_bodies
from torana.journal import Head, Record, mask
from torana.message import Call, Headers, Reply, Sink
from torana.policies.semantic_cache import Recall
from torana.providers import table
from torana.snapshot import AccountConfig, GatewayConfig, Snapshot
from torana.storage.books import Books
from torana.storage.cache import Cache
from torana.storage.counters import Counters
from torana.storage.pricing import builtin_table

ACCOUNT = "0123456789abcdef0123456789abcdef"
PREFIX = f"/v1/{ACCOUNT}/default/"
JSON_TYPE = (b"content-type", b"application/json")


def no_books() -> Books:
    """Counters that cannot be opened, and the built-in prices."""

    def refuse() -> Counters:
        raise OSError(28, "No space left on device", "counters")

    return Books(refuse, lambda: Prices(builtin_table()))


@dataclass
class Records:
    """The policies' ports."""

    rows: list[Record] = field(default_factory=list)
    repeated: int = 0
    """How many came packed."""
    unread: int = 0
    """Of how many the bodies were left to be read; they are read in `rows`."""
    books: Books = field(default_factory=no_books)
    cache: Cache | None = None
    recall: Recall | None = None

    def record(self, entry: Entry, head: Head, secrets: tuple[bytes, ...]) -> None:
        record = as_read(entry, head)
        if record.is_unread:
            self.unread += 1
            read_bodies(record, record.format)
        for secret in secrets:
            mask(record, secret)
        self.rows.append(record)

    def record_again(self, frame: bytes) -> bool:
        self.repeated += 1
        self.rows.append(msgspec.msgpack.decode(memoryview(frame)[4:], type=Record))
        return True


def as_read(entry: Entry, head: Head) -> Record:
    """The record as the journal's reader would find it."""
    data = bytearray(msgspec.msgpack.encode(entry))
    data[1:3] = len(Record.__struct_fields__).to_bytes(2, "big")
    return msgspec.msgpack.decode(data + (head.fields if entry.has_bodies else head.bare), type=Record)


@dataclass
class Pieces:
    """A source that gives what it was made with, at once, and remembers what was asked of it."""

    chunks: list[bytes]
    error: Exception | None = None
    holds: bool = False
    """Gives its pieces but never ends."""
    sink: Sink | None = None
    calls: list[str] = field(default_factory=list)

    def start(self, sink: Sink) -> None:
        self.sink = sink
        for chunk in self.chunks:
            sink.write(chunk)
        if self.error is not None:
            sink.fail(self.error)
        elif not self.holds:
            sink.end()

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    def abort(self) -> None:
        self.calls.append("abort")


@dataclass
class Taken:
    """A sink that keeps what it gets."""

    data: bytes = b""
    ended: bool = False
    error: Exception | None = None

    def write(self, chunk: bytes) -> None:
        assert not self.ended, "nothing comes after the end"
        self.data += chunk

    def end(self) -> None:
        assert not self.ended, "there is one end"
        self.ended = True

    def fail(self, error: Exception) -> None:
        self.error = error


@dataclass
class Answers:
    """An upstream that answers each call from a function, and keeps the calls."""

    answer: Callable[[Call], Reply]
    calls: list[Call] = field(default_factory=list)

    async def send(self, call: Call) -> Reply:
        self.calls.append(call)
        return self.answer(call)


@dataclass
class NoModel:
    async def endpoint(self, *, is_dead: bool) -> LocalPlace:
        raise LocalModelMissing("there is no model in this test")


def directory(records: Records, *gateways: GatewayConfig) -> Directory:
    configured = list(gateways) or [GatewayConfig(ACCOUNT, "default")]
    return compile_directory(Snapshot(1, [AccountConfig(ACCOUNT, "test", 0)], configured), records)


def gateway(config: GatewayConfig | None = None) -> Gateway:
    """One gateway, compiled."""
    config = config or GatewayConfig(ACCOUNT, "default")
    found = directory(Records(), config).gateway(config.account_id.encode(), config.id.encode())
    assert found is not None
    return found


def flow(records: Records, upstream: Answers, *gateways: GatewayConfig, payload_bytes: int = 1 << 20) -> Flow:
    return Flow(directory(records, *gateways), table({}), upstream, NoModel(), payload_bytes, records.books.load)


def request(path: str, body: bytes = b"", headers: Headers | None = None, method: bytes = b"POST") -> Request:
    return Request(method, path.encode(), [(b"host", b"t"), *(headers or [JSON_TYPE])], body)
