"""Lines of JSON, from bytes cut anywhere."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odd import odd_objects
from torana.exchange import Usage
from torana.formats.ndjson import LineMeter, Lines

VALUES = st.lists(
    st.one_of(
        st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=3),
        odd_objects(["a", '"', "{", "}\n", "\\", "\\u"], ["]}", "\r\n", '\\"', "é😀"]),
    ),
    min_size=1,
    max_size=4,
)
CUTS = st.lists(st.integers(0, 300), max_size=5)


def fed(data: bytes, cuts: list[int], limit: int = 1 << 20) -> list[bytes]:
    lines = Lines(limit)
    places = sorted({min(cut, len(data)) for cut in cuts})
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    found = [line for piece in pieces for line in lines.feed(piece)]
    return found + lines.finish()


@given(VALUES, CUTS, st.sampled_from(["\n", "\r\n", "\n\n", " \n"]))
def test_each_line_is_what_it_was_however_it_is_cut(values: list[object], cuts: list[int], end: str) -> None:
    data = end.join(json.dumps(value) for value in values).encode()
    assert [json.loads(line) for line in fed(data, cuts)] == values
    assert [json.loads(line) for line in fed(b"\xef\xbb\xbf" + data, [])][1:] == values[1:]


@given(VALUES, CUTS)
def test_objects_that_are_laid_out_are_found_too(values: list[object], cuts: list[int]) -> None:
    data = json.dumps({"a": values}, indent=2).encode()
    assert [json.loads(line) for line in fed(data, cuts)] == [{"a": values}]


def test_what_is_too_long_is_left_out() -> None:
    data = b'{"a":1}\n{"b":"' + b"x" * 50 + b'"}\n{"c":1}\n'
    for cuts in ([], [20], list(range(len(data)))):
        assert fed(data, cuts, limit=30) == [b'{"a":1}', b'{"c":1}']


def test_it_is_at_rest_between_lines_alone() -> None:
    lines = Lines()
    assert not lines.is_at_rest
    lines.feed(b'{"a":1}\n')
    assert lines.is_at_rest
    lines.feed(b"{")
    assert not lines.is_at_rest
    lines.feed(b"}\n")
    assert lines.is_at_rest


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_meter_reads_the_lines_that_have_its_mark(size: int) -> None:
    read: list[bytes] = []

    def usage_in(line: bytes) -> Usage:
        read.append(line)
        return Usage(len(line))

    meter = LineMeter(b"count", usage_in)
    data = b'{"a":1}\n{"b":2}\n{"count":3}'
    for at in range(0, len(data), size):
        meter.feed(data[at : at + size])
    meter.finish()
    assert read == [b'{"count":3}']
    assert meter.usage == Usage(11)
