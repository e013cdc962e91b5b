"""Reads JSON that others wrote: fast where it is as documented, forgiving where it is not."""

from __future__ import annotations

import json
import re
from typing import Generic, TypeVar, get_args

import msgspec
from msgspec import Raw, Struct

from torana.exchange import Asked

Json = dict[str, object]

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""All that a decoder may raise on hostile input: syntax, types, UTF-8, depth."""

_SALVAGE_BYTES = 1 << 20
"""Past this a body that does not fit its type is not read a second time: it would hold up everyone else."""

S = TypeVar("S", bound=Struct)


class _Config(Struct, rename="camel", gc=False):
    """Google's `generationConfig`, Bedrock's `inferenceConfig`, Titan's `textGenerationConfig`."""

    max_output_tokens: float | None = None
    max_tokens: float | None = None
    max_token_count: float | None = None
    candidate_count: float | None = None


class _Ask(Struct, gc=False):
    """Every format's names at once: none of them means anything else in another."""

    model: str | None = None
    stream: bool | None = None
    max_tokens: float | None = None
    max_completion_tokens: float | None = None
    max_output_tokens: float | None = None
    max_tokens_to_sample: float | None = None
    max_new_tokens: float | None = None
    max_gen_len: float | None = None
    n: float | None = None
    generationConfig: _Config | None = None  # noqa: N815  # the wire's own names, here and below
    inferenceConfig: _Config | None = None  # noqa: N815
    textGenerationConfig: _Config | None = None  # noqa: N815


_MOST_TOKENS = 100_000_000
_MOST_ANSWERS = 1_000
_read_ask = msgspec.json.Decoder(_Ask).decode
_read_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_load = msgspec.json.Decoder().decode


class Text:
    """A text that grows by pieces; joined when it is written, since adding to a `str` each time is quadratic."""

    __slots__ = ("pieces",)

    def __init__(self, *pieces: str) -> None:
        self.pieces = list(pieces)

    def __str__(self) -> str:
        return "".join(self.pieces)


_dump = msgspec.json.Encoder(enc_hook=str).encode


def read_request(body: bytes) -> Asked:
    """The model, whether a stream is wanted, and how much at most; a field of the wrong type counts as absent."""
    try:
        ask = _read_ask(body)
    except msgspec.ValidationError:
        return _salvage_request(body)
    except UNREADABLE:
        return Asked()
    return _asked(ask)


def _asked(ask: _Ask) -> Asked:
    most = ask.max_tokens or ask.max_completion_tokens or ask.max_output_tokens
    config = ask.generationConfig or ask.inferenceConfig or ask.textGenerationConfig
    if most is None and ask.n is None and config is None:
        most = ask.max_tokens_to_sample or ask.max_new_tokens or ask.max_gen_len
        if most is None:
            return Asked(ask.model or "", ask.stream is True)
    answers = ask.n
    if config is not None:
        most = most or config.max_output_tokens or config.max_tokens or config.max_token_count
        answers = answers or config.candidate_count
    tokens = int(min(most, _MOST_TOKENS)) if most is not None and most > 0 else None
    return Asked(
        ask.model or "", ask.stream is True, tokens, int(max(1, min(answers, _MOST_ANSWERS))) if answers else 1
    )


def _salvage_request(body: bytes) -> Asked:
    try:
        fields = _read_fields(body)
    except UNREADABLE:
        return Asked()
    given = {name: load(bytes(fields[name])) for name in _Ask.__struct_fields__ if name in fields}
    given["stream"] = given.get("stream") is True
    return _asked(_fit(given, _Ask))


def load(data: bytes) -> object:
    """The value, or None where there is none to be had. Lone surrogates and bad UTF-8 are let through."""
    try:
        return _load(data)
    except UNREADABLE:
        pass  # the standard library is slower, and reads more: half of an emoji is common in streams
    try:
        value: object = json.loads(data.decode("utf-8", "replace"))
    except UNREADABLE:
        return None
    return value


def dump(value: object) -> bytes | None:
    """As compact JSON; None where it cannot be written."""
    try:
        return _dump(value)
    except UNREADABLE:
        pass  # half of an emoji, on its own
    try:
        return json.dumps(value, separators=(",", ":"), default=str).encode()
    except UNREADABLE:
        return None


def as_object(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, Text) else ""


def as_index(value: object) -> int:
    """A place in a list; 0 where none is told."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


class Reader(Generic[S]):
    """Decodes into one Struct whose fields all have defaults; one of the wrong type keeps its default, alone."""

    def __init__(self, kind: type[S]) -> None:
        self._kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    def read(self, data: bytes) -> S | None:
        try:
            return self._decode(data)
        except UNREADABLE:
            return self._salvage(data)

    def _salvage(self, data: bytes) -> S | None:
        value = load(data) if len(data) <= _SALVAGE_BYTES else None
        return _fit(value, self._kind) if isinstance(value, dict) else None


def _fit(value: Json, kind: type[S]) -> S:
    kept: Json = {}
    for each in msgspec.structs.fields(kind):
        given = value.get(each.encode_name)
        try:
            kept[each.name] = msgspec.convert(given, each.type, strict=False)
        except UNREADABLE:
            inner = [t for t in get_args(each.type) if isinstance(t, type) and issubclass(t, Struct)]
            if inner and isinstance(given, dict):
                kept[each.name] = _fit(given, inner[0])
    return kind(**kept)


_QUOTE, _BACKSLASH, _BRACKET = b'"\\['
_OPEN_OR_CLOSE = re.compile(rb'["{}\[\]]')
_STRING_STOP = re.compile(rb'["\\]')


class Elements:
    """Splits a stream of JSON into its objects: those of one top-level array, or one after the other.

    Any cut of the bytes gives the same objects. One of more than `limit` bytes is left out.
    """

    is_at_rest = False
    """Never: what is skipped here would not be counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._depth = 0
        self._floor = -1
        """The depth at which objects are elements: 1 within an array, else 0; -1 = not seen yet."""
        self._is_string = False
        self._is_escaped = False

    def feed(self, chunk: bytes) -> list[bytes]:
        found: list[bytes] = []
        at = start = 0
        while (stop := self._next(chunk, at)) >= 0:
            at = stop + 1
            mark = chunk[stop]
            if self._is_string or mark == _QUOTE:
                self._string(mark)
            elif mark in b"{[":
                if self._floor < 0:
                    self._floor = 1 if mark == _BRACKET else 0
                if self._depth == self._floor:
                    self._parts, self._size, start = [], 0, stop
                self._depth += 1
            elif self._depth > 0:
                self._depth -= 1
                if self._depth == self._floor:
                    self._hold(chunk[start:at])
                    found += self._take()
        if self._depth > self._floor >= 0:
            self._hold(chunk[start:])
        return found

    def finish(self) -> list[bytes]:
        """What is left is not an object."""
        return []

    def _next(self, chunk: bytes, at: int) -> int:
        if self._is_escaped and at < len(chunk):
            self._is_escaped = False
            at += 1
        match = (_STRING_STOP if self._is_string else _OPEN_OR_CLOSE).search(chunk, at)
        return match.start() if match else -1

    def _string(self, mark: int) -> None:
        if mark == _BACKSLASH:
            self._is_escaped = True
        else:
            self._is_string = not self._is_string

    def _hold(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._limit:
            self._parts.append(part)

    def _take(self) -> list[bytes]:
        whole = b"".join(self._parts)
        return [whole] if self._size <= self._limit else []
