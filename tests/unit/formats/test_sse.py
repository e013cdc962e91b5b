"""Server-sent events, against the standard's own examples and at every cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.formats.sse import Event, Splitter


def split(data: bytes, cuts: list[int] | None = None) -> list[Event]:
    splitter = Splitter()
    edges = [0, *sorted(cuts or []), len(data)]
    events = [each for start, end in pairwise(edges) for each in splitter.feed(data[start:end])]
    return events + splitter.finish()


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [(b"message", b"YHOO\n+2\n10")]),
        (
            b": test stream\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n",
            [b"first", b"second", b" third"],
        ),
        (b"data\n\ndata\ndata\n\ndata:\n\n", [b"", b"\n", b""]),
        (b"event: add\ndata: 1\n\nevent: remove\ndata: 2\n\ndata: 3\n\n", [(b"add", b"1"), (b"remove", b"2"), b"3"]),
        (b"event: lost\n\ndata: 1\n\n", [b"1"]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\r\ndata: d\r\n\n", [b"a", b"b", b"c", b"d"]),
        (b"\xef\xbb\xbfdata: a\n\ndata: \xef\xbb\xbfb\n\n", [b"a", b"\xef\xbb\xbfb"]),
        (b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: 1\n\n", [b"1"]),
        (b"data: x: y\nretry: 5\nnonsense: 1\n DATA: 2\n\n", [b"x: y"]),
        (b"data: cut\n", [b"cut"]),
        (b"data: cut", [b"cut"]),
        (b"data: cut\r", [b"cut"]),
        (b"", []),
        (b"\n\n\n", []),
    ],
)
def test_events_of_a_stream(stream: bytes, events: list[bytes | Event]) -> None:
    expected = [(b"message", each) if isinstance(each, bytes) else each for each in events]
    assert split(stream) == expected
    assert split(stream, list(range(len(stream)))) == expected


@given(st.text(alphabet="d:a te\r\n\ufeff").map(str.encode), st.lists(st.integers(0, 40)))
def test_events_are_the_same_however_they_are_cut(stream: bytes, cuts: list[int]) -> None:
    assert split(stream, [min(cut, len(stream)) for cut in cuts]) == split(stream)


WORDS = st.sampled_from(
    [b"data: ", b"data:", b"event: ", b"id: 4", b": c", b"x", b" ", b"\n", b"\n\n", b"\r\n", b"data: 1\n\n"]
)


@given(st.lists(WORDS).map(b"".join))
def test_whole_events_are_what_their_lines_say(stream: bytes) -> None:
    begun = b"data: 0\n\n"
    assert split(begun + stream, [len(begun)]) == split(begun + stream, list(range(len(begun + stream))))


def test_an_event_comes_with_its_last_byte() -> None:
    splitter = Splitter()
    assert splitter.feed(b"data: 1\n") == []
    assert not splitter.is_at_rest
    assert splitter.feed(b"\n") == [(b"message", b"1")]
    assert splitter.is_at_rest


def test_it_is_not_at_rest_where_a_line_end_may_be_half() -> None:
    splitter = Splitter()
    splitter.feed(b"data: 1\r\r")
    assert not splitter.is_at_rest
    assert splitter.feed(b"\n") == []
    assert splitter.is_at_rest


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_an_event_past_the_limit_is_left_out_and_the_next_one_is_not(step: int) -> None:
    splitter = Splitter(limit=100)
    long_line, long_lines = b"data: " + b"x" * 200 + b"\ndata: y\n\n", b"data: 1\n" * 50 + b"\n"
    stream = b"data: before\n\n" + long_line + long_lines + b"data: after\n\n"
    events = [each for at in range(0, len(stream), step) for each in splitter.feed(stream[at : at + step])]
    assert [data for _, data in events if len(data) > 1] == [b"before", b"after"]


def test_a_line_that_never_ends_is_not_held() -> None:
    splitter = Splitter(limit=1000)
    for _ in range(1000):
        splitter.feed(b"x" * 100)
    assert sum(len(piece) for piece in splitter._line) < 1000
