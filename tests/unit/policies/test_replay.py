"""A stored stream in the pieces that it is given again in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodies import Gathered
from torana.policies.replay import Replay, events
from unit.formats.test_eventstream import event
from unit.storage.caches import answer

AWS = b"application/vnd.amazon.eventstream"
SSE = b"text/event-stream; charset=utf-8"
FRAMES = [event("messageStart", b"{}"), event("contentBlockDelta", b'{"a":1}'), event("messageStop", b"{}")]


@pytest.mark.parametrize(
    ("kind", "pieces"),
    [
        (AWS, FRAMES),
        (SSE, [b"data: 1\n\n", b": comment\n\n", b"event: x\ndata: 2\n\n"]),
        (SSE, [b"data: 1\r\n\r\n", b"data: 2\r\n\r\n"]),
        (SSE, [b"data: 1\n\n", b"data: without its end"]),
        (b"application/x-ndjson", [b'{"a":1}\n{"b":2}\n']),
    ],
)
def test_each_event_is_a_piece(kind: bytes, pieces: list[bytes]) -> None:
    assert events(answer(b"".join(pieces), kind=kind)) == pieces


@given(st.binary(max_size=200), st.sampled_from([AWS, SSE, b"text/plain"]))
def test_no_byte_is_lost_or_made(body: bytes, kind: bytes) -> None:
    assert b"".join(events(answer(body, kind=kind))) == body


async def test_a_sink_that_resumes_from_within_a_write_gets_all_in_order() -> None:
    replay = Replay([b"1", b"2", b"3"])

    class Hasty(Gathered):
        def write(self, chunk: bytes) -> None:
            super().write(chunk)
            replay.pause()
            replay.resume()

    sink = Hasty()
    replay.start(sink)
    assert await sink.done == b"123"
    assert sink.pieces == [b"1", b"2", b"3"]
