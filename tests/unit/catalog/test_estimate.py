"""Estimates of what is used: dear before a call, near the truth after one that was cut."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripted_answers import TEXT, Received, default_answer
from torana.catalog.estimate import USUAL_TOKENS_OUT, likely_in, most, produced, weigh
from torana.catalog.prices import ModelPrice
from torana.exchange import Asked

PRICE = ModelPrice(id="m", input=1, output=1, context=10_000)


def test_a_request_may_use_a_token_for_two_bytes_and_what_it_asks_for() -> None:
    assert most(Asked("m"), 800, None) == (401, USUAL_TOKENS_OUT)
    assert most(Asked("m", max_tokens_out=7), 800, PRICE) == (401, 7)
    assert most(Asked("m", max_tokens_out=7, answers=3), 800, PRICE) == (401, 21)


def test_a_models_window_bounds_it() -> None:
    asked = Asked("m", max_tokens_out=1_000_000)
    assert most(asked, 1 << 30, PRICE) == (10_000, 10_000)


def test_what_answers_without_tokens_has_none() -> None:
    assert most(Asked("m"), 10, ModelPrice(id="m", input=1))[1] == 0


@pytest.mark.parametrize("form", ['{"url":"data:image/png;base64,%s"}', '{"inline_data":{"data": "%s"}}'])
def test_a_picture_weighs_less_than_text_of_its_length(form: str) -> None:
    picture = base64.b64encode(bytes(90_000)).decode()
    plain = len(form) - 2
    assert weigh((form % picture).encode()) == plain + len(picture) // 8
    assert weigh(("x" * 120_000).encode()) == 120_000
    assert weigh((form % "QUJD").encode()) == plain + 4


@given(st.integers(0, 10**9))
def test_what_is_likely_is_within_what_may_be(weight: int) -> None:
    tokens_in, _ = most(Asked(), weight, None)
    assert 0 < likely_in(tokens_in) <= tokens_in


@pytest.mark.parametrize(
    ("path", "model"),
    [("/v1/chat/completions", "m"), ("/v1/messages", "m"), ("/v1/responses", "m"), ("/m:streamGenerateContent", "m")],
)
def test_the_texts_of_a_cut_stream_are_counted_in_every_format(path: str, model: str) -> None:
    asked = Received(b"POST", path.encode() + b"?alt=sse", [], json.dumps({"model": model, "stream": True}).encode())
    answer = default_answer(asked)
    stream = b"".join(answer.chunks or [answer.body])
    cut = stream[: stream.index(b"network.") + 9]
    assert 3 <= produced(cut, len(cut)) <= len(TEXT)


def test_texts_count_by_events_or_bytes_whichever_is_more() -> None:
    event = b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n'
    assert produced(event % b"a" * 50, 0) == 50
    assert produced(event % (b"word" * 100), 0) == 100
    assert produced(event % b'say \\"hi\\" now', 0) == 3
    assert produced(event % b"", 160) == 160 // 16


def test_what_was_not_captured_is_reckoned_like_what_was() -> None:
    event = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
    assert produced(event * 10, len(event) * 100) == 100
    assert produced(b"", 1600) == 100
    assert produced(b"", 0) == 0
