"""Model and streaming, as read from what clients send."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odd import odd
from torana.exchange import Asked
from torana.formats import FORMATS

read = FORMATS["openai_chat"].read_request

JSON = st.one_of(
    st.none(), st.booleans(), st.text(max_size=5), st.randoms(use_true_random=True).map(lambda dice: odd(dice, ["a"]))
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b'{"model":"gpt-4o","stream":true,"messages":[{"content":"{\\"model\\":1}"}]}',
            Asked("gpt-4o", is_stream=True),
        ),
        (b'{"model":"gpt-4o"}', Asked("gpt-4o")),
        (b'{"stream":true}', Asked("", is_stream=True)),
        (b'{"model":null,"stream":null}', Asked()),
        (b'{"model":5,"stream":true}', Asked("", is_stream=True)),
        (b'{"model":"m","stream":"yes"}', Asked("m")),
        (b'{"model":"m","stream":1}', Asked("m")),
        (b'{"model":["m"],"stream":{}}', Asked()),
        (b'{"model":"a","model":"b"}', Asked("b")),
        (b'{"model":"\\ud83d","stream":true}', Asked()),
        (b'{"model":5,"stream":tru', Asked()),
        (b'["model"]', Asked()),
        (b"5", Asked()),
        (b"", Asked()),
        (b"\xff\xfe", Asked()),
        (b'{"model":"m","max_tokens":7}', Asked("m", max_tokens_out=7)),
        (b'{"max_completion_tokens":7.0,"n":2}', Asked(max_tokens_out=7, answers=2)),
        (b'{"max_output_tokens":7}', Asked(max_tokens_out=7)),
        (b'{"max_tokens_to_sample":7}', Asked(max_tokens_out=7)),
        (b'{"max_gen_len":7}', Asked(max_tokens_out=7)),
        (b'{"generationConfig":{"maxOutputTokens":7,"candidateCount":3}}', Asked(max_tokens_out=7, answers=3)),
        (b'{"inferenceConfig":{"maxTokens":7}}', Asked(max_tokens_out=7)),
        (b'{"textGenerationConfig":{"maxTokenCount":7}}', Asked(max_tokens_out=7)),
        (b'{"max_tokens":0,"n":0}', Asked()),
        (b'{"max_tokens":-1,"n":-1}', Asked()),
        (b'{"max_tokens":1e300,"n":1e300}', Asked(max_tokens_out=100_000_000, answers=1_000)),
        (b'{"model":"m","max_tokens":"7"}', Asked("m", max_tokens_out=7)),
        (b'{"model":"m","max_tokens":{},"n":2}', Asked("m", answers=2)),
        (b'{"model":5,"generationConfig":{"maxOutputTokens":7,"x":1}}', Asked(max_tokens_out=7)),
        (b'{"model":"m","generationConfig":[1],"max_tokens":7}', Asked("m", max_tokens_out=7)),
        (b'{"model":"m"', Asked()),
        (b'{"model":5,"x":' + b"[" * 100_000, Asked()),
        (b'{"x":' + b"[" * 100_000, Asked()),
        (b'--boundary\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1', Asked()),
    ],
)
def test_what_a_body_asks_for(body: bytes, expected: Asked) -> None:
    assert read(body) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_reads_a_request(name: str) -> None:
    assert FORMATS[name].read_request(b'{"model":"m","stream":true}') == Asked("m", is_stream=True)
    assert FORMATS[name].read_request(b"nonsense") == Asked()


def test_google_repeats_the_model_with_its_collection() -> None:
    assert FORMATS["embeddings"].read_request(b'{"model":"models/gemini-embedding-001"}') == Asked(
        "gemini-embedding-001"
    )


@given(st.binary())
def test_bytes_of_any_kind_are_read_without_an_error(body: bytes) -> None:
    read(body)


@settings(max_examples=60)
@given(model=JSON, stream=JSON, other=JSON)
def test_a_field_of_the_wrong_type_does_not_hide_the_other(model: object, stream: object, other: object) -> None:
    body = json.dumps({"x": other, "model": model, "stream": stream}).encode()
    asked = read(body)
    assert asked.is_stream == (stream is True)
    if isinstance(model, str) and model.isprintable():
        assert asked.model == model
