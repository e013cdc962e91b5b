"""A body on its way through is passed on, metered, captured, and settled once."""

from __future__ import annotations

import pytest

from fakes import Pieces, Taken, gateway, request
from torana.exchange import Entry, Exchange, Opening, Usage
from torana.relay import Intake, Relay


class Counting:
    """A meter that counts bytes as tokens."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finished = False
        self._seen = 0

    def feed(self, chunk: bytes) -> None:
        self._seen += len(chunk)

    def finish(self) -> None:
        self.finished = True
        self.usage = Usage(tokens_out=self._seen)


@pytest.fixture
def x() -> Exchange:
    one = gateway()
    return Exchange(request("/v1/"), Opening(one), one, Entry("id"), 0.0)


def test_pieces_pass_in_order_and_the_end_is_settled_before_it_is_told(x: Exchange) -> None:
    taken = Taken()
    settled: list[bool] = []
    relay = Relay(x, Pieces([b"ab", b"c"]), lambda _: settled.append(taken.ended), 100)
    relay.metered_by(Counting(), None)
    relay.start(taken)
    assert taken.data == b"abc"
    assert taken.ended
    assert settled == [False]
    assert x.log.usage == Usage(tokens_out=3)
    assert (b"".join(x.response_pieces or []), x.log.response_size, x.log.is_truncated) == (b"abc", 3, False)


def test_what_is_over_the_payload_limit_passes_but_is_not_captured(x: Exchange) -> None:
    taken = Taken()
    Relay(x, Pieces([b"abc", b"def", b"ghi"]), lambda _: None, 5).start(taken)
    assert taken.data == b"abcdefghi"
    assert b"".join(x.response_pieces or []) == b"abcde"
    assert x.log.is_truncated
    assert x.log.response_size == 9


def test_a_body_of_just_the_limit_is_not_truncated(x: Exchange) -> None:
    Relay(x, Pieces([b"abc", b"de"]), lambda _: None, 5).start(Taken())
    assert not x.log.is_truncated


def test_a_broken_stream_is_settled_as_broken_with_what_there_was(x: Exchange) -> None:
    taken = Taken()
    settled: list[Exchange] = []
    relay = Relay(x, Pieces([b"ab"], error=ConnectionError("cut")), settled.append, 100)
    relay.metered_by(Counting(), None).start(taken)
    assert isinstance(taken.error, ConnectionError)
    assert not taken.ended
    assert len(settled) == 1
    assert x.log.is_broken
    assert x.log.error == "cut"
    assert x.log.usage == Usage(tokens_out=2)


def test_a_client_that_leaves_aborts_the_upstream_and_settles_once(x: Exchange) -> None:
    source = Pieces([b"ab"], holds=True)
    settled: list[Exchange] = []
    relay = Relay(x, source, settled.append, 100)
    relay.start(Taken())
    relay.abort()
    relay.abort()
    assert source.calls == ["abort"]
    assert len(settled) == 1
    assert x.log.cancelled


def test_an_abort_after_the_end_changes_nothing(x: Exchange) -> None:
    source = Pieces([b"ab"])
    relay = Relay(x, source, lambda _: None, 100)
    relay.start(Taken())
    relay.abort()
    assert not x.log.cancelled
    assert source.calls == []


def test_back_pressure_reaches_the_source(x: Exchange) -> None:
    source = Pieces([], holds=True)
    relay = Relay(x, source, lambda _: None, 100)
    relay.start(Taken())
    relay.pause()
    relay.resume()
    assert source.calls == ["pause", "resume"]


def test_a_streamed_request_body_is_counted_and_its_beginning_kept(x: Exchange) -> None:
    taken = Taken()
    intake = Intake(x, Pieces([b"abc", b"def"]), 4)
    intake.start(taken)
    assert taken.data == b"abcdef"
    assert taken.ended
    assert x.log.request_size == 6
    assert b"".join(x.request_pieces or []) == b"abcd"
