"""Embeddings: what OpenAI's own client makes of the answers, and what broken ones become."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse

from golden_embeddings import EmbeddingsCase, embeddings_cases
from odd import odd_objects
from torana.errors import BadChatFormat
from torana.formats.embeddings.translation import inputs_of, listed
from torana.formats.embeddings.translators import EMBEDDINGS
from torana.formats.translation import Turn

BASE64 = Turn("0" * 32, 0, "m", {}, {"encoding_format": "base64"})
FIELDS = [
    "embedding",
    "embeddings",
    "embeddingsByType",
    "inputTextTokenCount",
    "meta",
    "usageMetadata",
    "float",
    "values",
    "billed_units",
]
REPLIES = [case for case in embeddings_cases() if (case.folder / "reply.json").exists()]


@pytest.mark.parametrize("case", REPLIES, ids=str)
def test_answers_are_those_of_the_official_client(case: EmbeddingsCase) -> None:
    told = case.read("reply.expected.json")
    for each in told["data"]:  # type: ignore[attr-defined]  # JSON
        packed = each["embedding"]
        if isinstance(packed, str):  # which the client decodes before it validates
            data = base64.b64decode(packed)
            each["embedding"] = list(struct.unpack(f"<{len(data) // 4}f", data))
    CreateEmbeddingResponse.model_validate(told)


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_packed_floats_are_the_floats(vector: list[float]) -> None:
    (told,) = json.loads(json.dumps(listed([vector], None, BASE64)))["data"]
    data = base64.b64decode(told["embedding"])
    assert list(struct.unpack(f"<{len(vector)}f", data)) == vector


@pytest.mark.parametrize("vector", [["a"], [None], [1e300], "text", None])
def test_what_cannot_be_packed_stays_as_it_is(vector: object) -> None:
    assert listed([vector], None, BASE64)["data"] == [{"object": "embedding", "index": 0, "embedding": vector}]


@pytest.mark.parametrize("name", sorted(set(EMBEDDINGS) - {"embeddings"}))
@given(reply=odd_objects(FIELDS))
def test_no_answer_raises(name: str, reply: dict[str, object]) -> None:
    assert EMBEDDINGS[name].reply_to_openai(reply, BASE64)["object"] == "list"


@pytest.mark.parametrize(
    ("given_input", "named"),
    [
        (None, "input"),
        ({}, "input"),
        ([""], None),
        ([{"content": 5}], "input[0].content"),
        ([{"content": []}], "input[0].content"),
        ([{"content": [{"type": "text"}]}], "input[0].content[0].text"),
        (["a", {"content": ["b"]}], "input[1].content[0]"),
        (["a", True], "tokens"),
    ],
)
def test_a_wrong_input_is_named(given_input: object, named: str | None) -> None:
    if named is None:
        assert inputs_of({"input": given_input}, "it") == given_input
        return
    with pytest.raises(BadChatFormat) as caught:
        inputs_of({"input": given_input}, "it")
    assert named in caught.value.message
