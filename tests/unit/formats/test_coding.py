"""Content codings: whole, in pieces, broken, and as bombs."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from torana.formats.coding import decode, decoder

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = b"data: " + b"a sentence that repeats itself, more or less; " * 500


def raw_deflate(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()


def noise(size: int) -> bytes:
    return b"".join(zlib.crc32(i.to_bytes(4, "big")).to_bytes(4, "big") for i in range(size // 4))


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("GZip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
    ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    ("identity, zstd ,gzip", lambda data: gzip.compress(zstandard.compress(data))),
]
each_coding = pytest.mark.parametrize(("name", "encode"), CODINGS, ids=[f"{i}-{c[0]}" for i, c in enumerate(CODINGS)])


@each_coding
def test_a_body_is_decoded_whole_and_byte_by_byte(name: str, encode: Callable[[bytes], bytes]) -> None:
    encoded = encode(TEXT)
    assert decode(encoded, name) == TEXT
    assert decode(encoded, name.encode()) == TEXT
    undo = decoder(name)
    assert undo is not None
    assert b"".join(undo.feed(encoded[i : i + 1]) for i in range(len(encoded))) == TEXT


@each_coding
def test_a_body_cut_short_yields_what_there_was(name: str, encode: Callable[[bytes], bytes]) -> None:
    data = noise(400_000)
    encoded = encode(data)
    plain = decode(encoded[: len(encoded) * 3 // 4], name)
    assert data.startswith(plain)
    assert len(plain) > len(data) // 3


@each_coding
def test_what_follows_the_body_does_not_hide_it(name: str, encode: Callable[[bytes], bytes]) -> None:
    assert decode(encode(TEXT) + b"trailing junk", name)[: len(TEXT)] == TEXT


@each_coding
def test_garbage_yields_nothing_and_no_error(name: str, encode: Callable[[bytes], bytes]) -> None:
    undo = decoder(name)
    assert undo is not None
    assert undo.feed(b"\xff" * 50) == b""
    assert undo.feed(encode(TEXT)) == b""


@each_coding
def test_a_bomb_stops_at_the_limit(name: str, encode: Callable[[bytes], bytes]) -> None:
    bomb = encode(bytes(4 << 20))
    assert decode(bomb, name, limit=100_000) == bytes(100_000)
    undo = decoder(name, limit=100_000)
    assert undo is not None
    assert sum(len(undo.feed(bomb[at : at + 1000])) for at in range(0, len(bomb), 1000)) == 100_000


@pytest.mark.parametrize("name", ["", "identity", "snappy", "gzip, snappy", b"", "gzip," * 5 + "gzip"])
def test_bytes_stay_as_they_are_where_there_is_nothing_to_undo_or_nobody_knows_how(name: str | bytes) -> None:
    assert decoder(name) is None
    assert decode(TEXT, name) == TEXT
    assert decode(TEXT, name, limit=10) == TEXT[:10]


def test_a_body_of_several_gzip_members_is_one() -> None:
    encoded = gzip.compress(b"one") + gzip.compress(b"two")
    assert decode(encoded, "gzip") == b"onetwo"
    undo = decoder("gzip")
    assert undo is not None
    assert b"".join(undo.feed(encoded[i : i + 1]) for i in range(len(encoded))) == b"onetwo"


def test_a_break_late_in_a_long_body_keeps_what_came_before_its_chunk() -> None:
    encoded = bytearray(gzip.compress(noise(300_000)))
    encoded[-6:] = b"\xff" * 6
    undo = decoder("gzip")
    assert undo is not None
    plain = b"".join(undo.feed(bytes(encoded[at : at + 1000])) for at in range(0, len(encoded), 1000))
    assert len(plain) > 290_000
    assert noise(300_000).startswith(plain)


def test_a_wrong_checksum_at_the_end_of_a_short_body_costs_nothing() -> None:
    encoded = bytearray(gzip.compress(TEXT))
    encoded[-6] ^= 1
    assert decode(bytes(encoded), "gzip") == TEXT
    undo = decoder("gzip")
    assert undo is not None
    assert undo.feed(bytes(encoded[:50])) + undo.feed(bytes(encoded[50:])) == TEXT


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd", "br, gzip"]))
def test_bytes_of_any_kind_are_decoded_without_an_error(data: bytes, name: str) -> None:
    assert len(decode(data, name, limit=1000)) <= 1000
