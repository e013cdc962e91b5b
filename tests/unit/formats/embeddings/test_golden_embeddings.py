"""Every folder of `tests/golden/embeddings`: see `golden_embeddings`."""

from __future__ import annotations

import pytest

from golden_embeddings import EmbeddingsCase, embeddings_cases, embeddings_expectations
from torana.formats import FORMATS
from torana.formats.chat_usage import usage_of
from torana.formats.embeddings.translators import EMBEDDINGS

CASES = embeddings_cases()
REPLIES = [case for case in CASES if (case.folder / "reply.json").exists()]


def test_every_translation_has_cases() -> None:
    assert {case.translator.name for case in CASES} == set(EMBEDDINGS) - {"embeddings"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_is_translated_as_expected(case: EmbeddingsCase) -> None:
    expected = {path.name: path.read_text() for path in case.folder.glob("*.expected.*")}
    assert expected, "a case expects something: see `make golden`"
    assert embeddings_expectations(case) == expected


@pytest.mark.parametrize("case", REPLIES, ids=str)
def test_a_reply_tells_the_client_what_it_tells_the_log(case: EmbeddingsCase) -> None:
    read = FORMATS["embeddings"].read_usage((case.folder / "reply.json").read_bytes())
    told = usage_of(case.read("reply.expected.json")["usage"])
    assert told is not None
    assert told.tokens_in == (read.tokens_in if read is not None else 0)
