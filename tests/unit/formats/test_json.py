"""JSON from strangers: read as far as it goes, never with an error."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from torana.formats.json import Elements, Reader, Text, dump, load

if TYPE_CHECKING:
    from random import Random

LIMIT = 1 << 20


class Inner(Struct):
    count: int | None = None
    name: str | None = None


class Outer(Struct, rename="camel"):
    inner_one: Inner | None = None
    total: int | None = None
    many: list[Inner] | None = None


def split(data: bytes, cuts: list[int], limit: int = LIMIT) -> list[bytes]:
    elements = Elements(limit)
    edges = [0, *sorted(cuts), len(data)]
    found = [each for start, end in pairwise(edges) for each in elements.feed(data[start:end])]
    return found + elements.finish()


def test_a_field_of_the_wrong_type_is_left_out_alone() -> None:
    data = b'{"innerOne": {"count": "no", "name": "kept"}, "total": "12", "many": [{"count": 1}, 5]}'
    assert Reader(Outer).read(data) == Outer(inner_one=Inner(name="kept"), total=12, many=None)


def test_half_an_emoji_in_place_of_a_number_is_left_out_alone() -> None:
    assert Reader(Outer).read(b'{"innerOne": {"count": "\\ud83d", "name": "kept"}, "total": "\\ud83d"}') == Outer(
        inner_one=Inner(name="kept")
    )


@pytest.mark.parametrize("data", [b"", b"[]", b"nonsense", b'{"total": 1', b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_object_reads_as_none(data: bytes) -> None:
    assert Reader(Outer).read(data) is None


def test_a_large_body_of_the_wrong_type_is_not_read_twice() -> None:
    assert Reader(Outer).read(b'{"total": "x", "y": "' + b"y" * (2 << 20) + b'"}') is None


def test_half_an_emoji_is_let_through_and_two_halves_meet() -> None:
    first, second = load(b'{"a":"\\ud83d"}'), load(b'{"a":"\\ude00"}')
    assert first == {"a": "\ud83d"}
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert json.loads(dump(Text(first["a"], second["a"])) or b"") == "\U0001f600"


def test_bad_utf8_is_let_through() -> None:
    assert load(b'{"a":"x\xff"}') == {"a": "x�"}


def test_what_is_no_json_is_no_value() -> None:
    assert load(b"{") is None
    assert load(b"[" * 100_000) is None


def test_a_text_is_written_as_one_string() -> None:
    assert dump({"a": Text("x", "y")}) == b'{"a":"xy"}'


def test_what_cannot_be_written_is_none() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert dump(loop) is None


def test_the_objects_of_an_array_come_as_they_close() -> None:
    elements = Elements(LIMIT)
    assert elements.feed(b' [ {"a": [1, {"b": "}]"}]} ,') == [b'{"a": [1, {"b": "}]"}]}']
    assert elements.feed(b'\n{"c": "\\') == []
    assert elements.feed(b'"{"}') == [b'{"c": "\\"{"}']
    assert elements.feed(b"]") == []


def test_objects_may_follow_one_another_in_lines() -> None:
    assert split(b'{"a":1}\n{"b":2}\n', []) == [b'{"a":1}', b'{"b":2}']


def test_an_object_past_the_limit_is_left_out() -> None:
    data = b'[{"a":"' + b"x" * 50 + b'"},{"b":1}]'
    assert split(data, [], limit=20) == [b'{"b":1}']
    assert split(data, list(range(len(data))), limit=20) == [b'{"b":1}']


NAME = st.text(alphabet='a"\\{}[],', max_size=4)
OBJECTS = st.lists(
    st.dictionaries(NAME, NAME | st.lists(st.dictionaries(NAME, NAME, max_size=2), max_size=2), max_size=2),
    min_size=1,
    max_size=3,
)


@settings(max_examples=50)
@given(OBJECTS, st.booleans(), st.randoms(use_true_random=False))
def test_objects_are_the_same_however_they_are_cut(objects: list[object], is_array: bool, dice: Random) -> None:  # noqa: FBT001  # hypothesis gives it
    parts = [json.dumps(each).encode() for each in objects]
    data = b"[" + b",".join(parts) + b"]" if is_array else b"\n".join(parts)
    cuts = [dice.randrange(len(data)) for _ in range(5)]
    assert split(data, cuts) == split(data, list(range(len(data)))) == split(data, []) == parts


@given(st.binary(), st.integers(0, 20))
def test_bytes_of_any_kind_are_split_the_same_however_they_are_cut(data: bytes, cut: int) -> None:
    assert split(data, [min(cut, len(data))]) == split(data, [])
