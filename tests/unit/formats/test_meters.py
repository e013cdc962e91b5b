"""Meters: what they skip, what they keep, and what they make of strangers."""

from __future__ import annotations

import base64
import json
import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from torana.exchange import Usage
from torana.formats import FORMATS
from torana.formats.bedrock_invoke.passing import may_tell
from torana.formats.meter import EventMeter, Events

USAGE = b'{"usage":{"prompt_tokens":3,"completion_tokens":2}}'


def frame(payload: bytes) -> bytes:
    """Of an AWS event stream, without headers."""
    prelude = struct.pack(">II", 16 + len(payload), 0)
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + payload
    return message + struct.pack(">I", zlib.crc32(message))


def metered(name: str, *pieces: bytes) -> Usage | None:
    meter = FORMATS[name].meter()
    for piece in pieces:
        meter.feed(piece)
    meter.finish()
    return meter.usage


def test_usage_is_known_as_soon_as_its_event_is_whole() -> None:
    meter = FORMATS["openai_chat"].meter()
    meter.feed(b"data: " + USAGE)
    assert meter.usage is None
    meter.feed(b"\n\n")
    assert meter.usage == Usage(3, 2)


def test_a_chunk_without_the_marker_is_not_split() -> None:
    seen: list[bytes] = []

    def read(data: bytes) -> Usage | None:
        seen.append(data)
        return None

    meter = EventMeter(b"MARK", read)
    meter.feed(b"data: first\n\n")
    meter.feed(b"data: skipped\n\n")
    meter.feed(b"data: MARK one\n\ndata: other\n\n")
    meter.feed(b"data: split in MA")
    meter.feed(b"RK two\n\n")
    meter.feed(b"data: skipped again\r\n\r\n")
    meter.feed(b"data: MARK three")
    meter.finish()
    assert seen == [b"MARK one", b"split in MARK two", b"MARK three"]


def test_a_marker_in_what_the_model_says_counts_for_nothing() -> None:
    said = json.dumps({"choices": [{"delta": {"content": USAGE.decode()}}]}).encode()
    assert metered("openai_chat", b"data: " + said + b"\n\n") is None


def test_usage_without_numbers_does_not_undo_what_was_read() -> None:
    later = b'data: {"usage":{"total_tokens":null,"prompt_tokens":null}}\n\n'
    assert metered("openai_chat", b"data: " + USAGE + b"\n\n", later) == Usage(3, 2)


def test_the_last_usage_of_many_counts() -> None:
    chunks = [b'data: {"usage":{"prompt_tokens":9,"completion_tokens":%d}}\n\n' % n for n in range(5)]
    assert metered("openai_chat", *chunks) == Usage(9, 4)


def test_a_stream_may_begin_with_blank_bytes() -> None:
    assert metered("openai_chat", b"", b"\n", b"\xef\xbb\xbf", b"data: " + USAGE + b"\n\n") == Usage(3, 2)
    assert metered("gemini", b" \n", b'[{"usageMetadata":{"promptTokenCount":4}}]') == Usage(4)


def test_events_that_never_began_are_none() -> None:
    events = Events()
    assert events.feed(b"  ") == []
    assert events.finish() == []
    assert not events.is_at_rest


def test_a_frame_whose_base64_is_wrong_tells_nothing() -> None:
    good = json.dumps({"bytes": base64.b64encode(b'{"generation_token_count":4}').decode()}).encode()
    said = json.dumps({"bytes": base64.b64encode(b'{"generation":"a token"}').decode()}).encode()
    frames = [frame(payload) for payload in (b'{"bytes":"b2tlb"}', b"nonsense", good, b'{"bytes":5}', said)]
    assert metered("bedrock_invoke", *frames) == Usage(0, 4)


@given(
    st.binary(max_size=9), st.sampled_from([b'"inputTokens"', b'"prompt_token_count"', b'"usage_tokens"']), st.binary()
)
def test_a_count_is_seen_through_base64(before: bytes, name: bytes, after: bytes) -> None:
    assert may_tell(base64.b64encode(before + name + after))


def test_what_the_model_says_is_not_looked_into_through_base64() -> None:
    assert not may_tell(
        base64.b64encode(b'{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello"}}')
    )


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_bytes_of_any_kind_are_metered_without_an_error(data: list[bytes]) -> None:
    for name in FORMATS:
        metered(name, *data)
        metered(name, b"data: ", *data, b"\n\n")
