"""AWS event-stream frames, made by this file's own writer and read at every cut."""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from torana.formats.eventstream import Frame, Frames, event_frame, exception_frame, write_frame


def header(name: str, kind: int, value: bytes) -> bytes:
    counted = struct.pack(">H", len(value)) if kind in (6, 7) else b""
    return bytes([len(name)]) + name.encode() + bytes([kind]) + counted + value


def frame(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def event(kind: str, payload: bytes) -> bytes:
    return frame(header(":event-type", 7, kind.encode()), payload)


def read(data: bytes, cuts: list[int] | None = None) -> list[Frame]:
    frames = Frames()
    edges = [0, *sorted(cuts or []), len(data)]
    return [each for start, end in pairwise(edges) for each in frames.feed(data[start:end])]


def test_the_smallest_frame_of_amazons_documentation() -> None:
    data = bytes.fromhex("00000010 00000000 05c248eb 7d98c8ff")
    assert read(data) == [Frame({}, b"")]


def test_headers_of_every_type_are_read_past() -> None:
    headers = b"".join(
        [
            header("yes", 0, b""),
            header("no", 1, b""),
            header("byte", 2, b"\x01"),
            header("short", 3, b"\x00\x01"),
            header("int", 4, bytes(4)),
            header("long", 5, bytes(8)),
            header("bytes", 6, b"abc"),
            header("time", 8, bytes(8)),
            header("uuid", 9, bytes(16)),
            header(":event-type", 7, b"chunk"),
        ]
    )
    (found,) = read(frame(headers, b"{}"))
    assert found.event == "chunk"
    assert found.headers[b"bytes"] == b"abc"
    assert len(found.headers) == 10


def test_an_exception_is_named_by_its_type() -> None:
    assert read(frame(header(":exception-type", 7, b"throttlingException"), b""))[0].event == "throttlingException"
    assert read(frame(header(":error-code", 7, b"InternalError"), b""))[0].event == "InternalError"
    assert not read(frame(b"", b""))[0].event


@pytest.mark.parametrize("headers", [b"\x05abc", b"\x01a\x63", b"\x01a\x07\x00", b"\xff"])
def test_headers_that_make_no_sense_are_left(headers: bytes) -> None:
    assert read(frame(headers, b"x")) == [Frame({}, b"x")]


def test_a_frame_with_a_wrong_checksum_is_left_out_and_the_next_is_not() -> None:
    bad = bytearray(event("chunk", b"one"))
    bad[-6] ^= 1
    assert [each.payload for each in read(bytes(bad) + event("chunk", b"two"))] == [b"two"]


@pytest.mark.parametrize(
    "prelude",
    [
        struct.pack(">III", 100, 10, 0),  # a checksum that is wrong
        struct.pack(">II", 15, 0) + struct.pack(">I", zlib.crc32(struct.pack(">II", 15, 0))),
        struct.pack(">II", 20, 9) + struct.pack(">I", zlib.crc32(struct.pack(">II", 20, 9))),
        struct.pack(">II", 1 << 31, 0) + struct.pack(">I", zlib.crc32(struct.pack(">II", 1 << 31, 0))),
    ],
)
def test_past_a_length_that_cannot_be_nothing_is_read(prelude: bytes) -> None:
    frames = Frames()
    assert [each.payload for each in frames.feed(event("chunk", b"one") + prelude + bytes(200))] == [b"one"]
    assert frames.is_broken
    assert frames.feed(event("chunk", b"two")) == []
    assert not frames.is_at_rest


@given(st.lists(st.binary(max_size=30), max_size=4), st.lists(st.integers(0, 300)))
def test_frames_are_the_same_however_they_are_cut(payloads: list[bytes], cuts: list[int]) -> None:
    data = b"".join(event("chunk", payload) for payload in payloads)
    frames = read(data, [min(cut, len(data)) for cut in cuts])
    assert [each.payload for each in frames] == payloads


@given(st.binary())
def test_bytes_of_any_kind_are_read_without_an_error(data: bytes) -> None:
    read(data, list(range(len(data))))
    read(frame(data, b"x"))


def test_the_smallest_frame_is_written_as_amazon_documents_it() -> None:
    assert write_frame({}, b"") == bytes.fromhex("00000010 00000000 05c248eb 7d98c8ff")


texts = st.text(max_size=20).map(str.encode)


@given(st.dictionaries(st.text("abc:-", min_size=1, max_size=9).map(str.encode), texts, max_size=4), st.binary())
def test_what_is_written_is_read_by_torana_and_by_amazons_sdk(headers: dict[bytes, bytes], payload: bytes) -> None:
    data = write_frame(headers, payload)
    assert read(data) == [Frame(headers, payload)]
    theirs = EventStreamBuffer()
    theirs.add_data(data)
    message = theirs.next()
    assert message.payload == payload
    assert {name.encode(): value.encode() for name, value in message.headers.items()} == headers


def test_events_and_exceptions_are_told_apart_as_amazons_sdk_does() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event_frame("chunk", b"{}") + exception_frame("throttlingException", b'{"message":"no"}'))
    event_, exception = (message.to_response_dict() for message in buffer)
    assert (event_["status_code"], event_["headers"][":event-type"], event_["body"]) == (200, "chunk", b"{}")
    assert (exception["status_code"], exception["headers"][":exception-type"]) == (400, "throttlingException")
    assert exception["headers"][":content-type"] == "application/json"
