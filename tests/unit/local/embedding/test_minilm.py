"""The numpy model beside the reference: ids of the `tokenizers` library, vectors of onnxruntime."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.local.embedding.weights import MINILM
from torana.local.embedding.wordpiece import WordPiece
from torana.local.weights import installed

np = pytest.importorskip("numpy", reason="the extra `semantic` is not installed")
from torana.local.embedding.minilm import MiniLM, TooLong  # noqa: E402  # needs numpy
from torana.local.embedding.onnx import OnnxError  # noqa: E402  # the same

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = json.loads((ROOT / "golden" / "semantic" / "reference.json").read_text("utf-8"))
PIECES = WordPiece()


@pytest.fixture(scope="module")
def model() -> MiniLM:
    path = installed(MINILM)
    if path is None:
        pytest.skip("the weights are not installed: `torana semantic pull`")
    return MiniLM(path)


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: case["text"][:12].strip())
def test_tokens_are_the_references(case: dict[str, object]) -> None:
    assert PIECES.ids(str(case["text"])) == case["ids"]


@given(st.text(max_size=200))
def test_any_text_has_tokens(text: str) -> None:
    ids = PIECES.ids(text)
    assert (ids[0], ids[-1]) == (101, 102)
    assert all(0 <= number < 30522 for number in ids)


@pytest.mark.semantic
@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: case["text"][:12].strip())
def test_vectors_are_the_references(model: MiniLM, case: dict[str, list[float]]) -> None:
    vector = model.embed(str(case["text"]))
    assert vector.shape == (384,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)
    assert vector[:8].tolist() == pytest.approx(case["vector"], abs=2e-4)
    assert float(vector.sum()) == pytest.approx(case["sum"], abs=2e-3)


@pytest.mark.semantic
def test_a_text_that_would_be_cut_is_refused(model: MiniLM) -> None:
    model.embed("word " * 126)
    with pytest.raises(TooLong, match="129 tokens"):
        model.embed("word " * 127)


@pytest.mark.parametrize(
    "data",
    [b"", b"GGUF", b"\x3a\x02\x2a\x00", b"\x3a\xff\xff\xff\xff\x0f", b"\x3a\x06\x2a\x04\x0a\x02\x10\x63", b"\xff" * 9],
)
def test_a_file_that_is_another_one_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(OnnxError, match=r"model\.onnx"):
        MiniLM(path)
    with pytest.raises(OnnxError, match="No such file"):
        MiniLM(tmp_path / "absent.onnx")
