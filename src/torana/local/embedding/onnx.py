"""Reads the tensors out of an ONNX file, which is a protocol buffer.

Of the format (onnx.proto3) this needs: a model's field 7 is its graph, a graph's field 5 an initializer, and of that
1 is a dimension, 2 the type, 8 the name and 9 the raw little-endian data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Tensor = NDArray[np.generic]

_GRAPH, _INITIALIZER = 7, 5
_DIMENSION, _TYPE, _NAME, _RAW = 1, 2, 8, 9
_TYPES: dict[int, np.dtype[np.generic]] = {1: np.dtype("<f4"), 3: np.dtype("i1"), 7: np.dtype("<i8"), 9: np.dtype("?")}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class OnnxError(Exception):
    """The file is not what it should be."""


def read_tensors(path: Path) -> dict[str, Tensor]:
    """By name, in the file's order; views into one buffer. OnnxError where it cannot be read."""
    try:
        data = memoryview(path.read_bytes())
        graphs = [value for number, value in _fields(data) if number == _GRAPH]
        return dict(
            _tensor(value)
            for graph in graphs
            if isinstance(graph, memoryview)
            for number, value in _fields(graph)
            if number == _INITIALIZER and isinstance(value, memoryview)
        )
    except (OSError, IndexError, KeyError, ValueError) as error:
        raise OnnxError(f"`{path}` is not an ONNX file that can be read: {error}") from error


def _tensor(data: memoryview) -> tuple[str, Tensor]:
    name, kind, raw = "", 0, memoryview(b"")
    shape: list[int] = []
    for number, value in _fields(data):
        if isinstance(value, int):
            if number == _DIMENSION:
                shape.append(value)
            elif number == _TYPE:
                kind = value
        elif number == _NAME:
            name = bytes(value).decode()
        elif number == _RAW:
            raw = value
    return name, np.frombuffer(raw, _TYPES[kind]).reshape(shape)


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            number, at = _varint(data, at)
            yield key >> 3, number
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"a field of kind {kind}")
        if at + size > len(data):
            raise ValueError("it ends within a field")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004  # the last byte of a number lacks the top bit
            return value, at
