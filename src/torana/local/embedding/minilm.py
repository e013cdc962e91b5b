"""The forward pass of all-MiniLM-L6-v2: tokens in, a unit vector out.

The file holds int8 matrices with a scale for each column (embeddings: for each row). The word embeddings, half of all,
stay int8 in memory; the rest is float32 from the start, as multiplying is what takes the time.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from torana.local.embedding.onnx import OnnxError, read_tensors
from torana.local.embedding.wordpiece import WordPiece

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from torana.local.embedding.onnx import Tensor

    Array = NDArray[np.float32]

DIMENSIONS = 384
MOST_TOKENS = 128
"""What the model was trained with; a longer text would be cut, and the cut ends of two texts are not compared."""
_HEADS = 12
_EPSILON = 1e-12
_MATRIX = re.compile(r"val_(\d+)_q")
_PARTS = (
    *("attention.self.query", "attention.self.key", "attention.self.value"),
    *("attention.output.dense", "intermediate.dense", "output.dense"),
)
"""Of a layer; the file's matrices have numbers in this order."""
# Abramowitz and Stegun 7.1.26, to 1.5e-7; numpy has no error function.
_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_P = 0.3275911


class TooLong(ValueError):
    """The text has more tokens than the model reads."""


class _Dense:
    def __init__(self, weight: Array, bias: Array) -> None:
        self._weight = weight
        self._bias = bias

    def __call__(self, x: Array) -> Array:
        return x @ self._weight + self._bias


class _Norm:
    def __init__(self, tensors: dict[str, Tensor], name: str) -> None:
        self._weight, self._bias = _float(tensors[f"{name}.weight"]), _float(tensors[f"{name}.bias"])

    def __call__(self, x: Array) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        variance = np.square(centred).mean(-1, keepdims=True)
        return _float(centred / np.sqrt(variance + _EPSILON) * self._weight + self._bias)


class _Layer:
    def __init__(self, tensors: dict[str, Tensor], name: str, matrices: list[Array]) -> None:
        dense = [
            _Dense(matrix, _float(tensors[f"{name}.{part}.bias"]))
            for matrix, part in zip(matrices, _PARTS, strict=True)
        ]
        self._query, self._key, self._value, self._attended, self._inner, self._outer = dense
        self._first_norm = _Norm(tensors, f"{name}.attention.output.LayerNorm")
        self._last_norm = _Norm(tensors, f"{name}.output.LayerNorm")

    def __call__(self, x: Array) -> Array:
        x = self._first_norm(self._attended(self._attention(x)) + x)
        return self._last_norm(self._outer(_gelu(self._inner(x))) + x)

    def _attention(self, x: Array) -> Array:
        query, key, value = (_heads(part(x)) for part in (self._query, self._key, self._value))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(DIMENSIONS // _HEADS)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        return _float((weights @ value).transpose(1, 0, 2).reshape(len(x), DIMENSIONS))


class MiniLM:
    """Loading takes a few hundred milliseconds and 120 MB. OnnxError where the file does not fit."""

    def __init__(self, path: Path) -> None:
        tensors = read_tensors(path)
        self._tokenizer = WordPiece()
        try:
            self._words = tensors["inner.embeddings.word_embeddings.weight_q"]
            self._word_scales = _float(tensors["inner.embeddings.word_embeddings.weight_scale"])
            place = _dequantised(tensors, "inner.embeddings.position_embeddings.weight")
            # One sentence at a time: all tokens are of the first type.
            self._places = place[:MOST_TOKENS] + _float(tensors["inner.embeddings.token_type_embeddings.weight"])[0]
            self._norm = _Norm(tensors, "inner.embeddings.LayerNorm")
            numbers = sorted(int(found[1]) for name in tensors if (found := _MATRIX.fullmatch(name)))
            matrices = [_dequantised(tensors, f"val_{number}") for number in numbers]
            self._layers = [
                _Layer(tensors, f"inner.encoder.layer.{at // len(_PARTS)}", matrices[at : at + len(_PARTS)])
                for at in range(0, len(matrices), len(_PARTS))
            ]
        except (KeyError, ValueError) as error:
            raise OnnxError(f"`{path}` is another model than all-MiniLM-L6-v2: {error}") from error

    def embed(self, text: str) -> Array:
        """384 numbers of length 1. TooLong where not all of the text would count."""
        ids = self._tokenizer.ids(text)
        if len(ids) > MOST_TOKENS:
            raise TooLong(f"the text has {len(ids)} tokens, and the model reads {MOST_TOKENS}")
        x = self._norm(_float(self._words[ids]) * self._word_scales[ids] + self._places[: len(ids)])
        for layer in self._layers:
            x = layer(x)
        pooled = x.mean(0)
        return _float(pooled / np.linalg.norm(pooled))


def _float(x: Tensor) -> Array:
    return x.astype(np.float32, copy=False)


def _dequantised(tensors: dict[str, Tensor], name: str) -> Array:
    return _float(tensors[f"{name}_q"]) * _float(tensors[f"{name}_scale"])


def _heads(x: Array) -> Array:
    return x.reshape(len(x), _HEADS, -1).transpose(1, 0, 2)


def _gelu(x: Array) -> Array:
    y = np.abs(x) * np.float32(math.sqrt(0.5))
    t = 1 / (1 + np.float32(_ERF_P) * y)
    a, b, c, d, e = (np.float32(value) for value in _ERF)
    erf = 1 - (((((e * t + d) * t) + c) * t + b) * t + a) * t * np.exp(-y * y)
    return _float(x * (1 + np.copysign(erf, x)) / 2)
