"""Every SDK's path below `compat/` tells whose format it is."""

from __future__ import annotations

import pytest

from torana.errors import CallerError
from torana.surfaces.entries import Entry, read, with_body


@pytest.mark.parametrize(
    ("rest", "entry"),
    [
        (b"chat/completions", Entry("openai_chat")),
        (b"v1/chat/completions?x=1", Entry("openai_chat")),
        (b"completions/", Entry("completions")),
        (b"v1/responses", Entry("openai_responses")),
        (b"embeddings", Entry("embeddings")),
        (b"v1/messages?beta=true", Entry("anthropic_messages")),
        (b"v1/messages/count_tokens?beta=true", Entry("anthropic_messages", is_count=True)),
        (b"v2/chat", Entry("cohere")),
        (b"api/chat", Entry("ollama")),
        (b"v1beta/models/openai/gpt-5:generateContent", Entry("gemini", "openai/gpt-5")),
        (b"v1beta/models/a%2Fb:streamGenerateContent?alt=sse", Entry("gemini", "a/b", is_stream=True)),
        (b"v1/models/a/b:streamGenerateContent?key=x", Entry("gemini", "a/b", is_stream=True, is_sse=False)),
        (b"v1beta/models/a/b:countTokens", Entry("gemini", "a/b", is_sse=True, is_count=True)),
        (b"model/aws-bedrock%2Fus.nova%3A0/converse", Entry("bedrock_converse", "aws-bedrock/us.nova:0")),
        (b"model/openai%2Fgpt-5/converse-stream", Entry("bedrock_converse", "openai/gpt-5", is_stream=True)),
        (b"model/openai%2Fgpt-5/invoke", Entry("bedrock_invoke", "openai/gpt-5")),
        (b"model/a%2Fb/invoke-with-response-stream", Entry("bedrock_invoke", "a/b", is_stream=True)),
        (b"v1beta/models/a/b:embedContent", Entry("embeddings", "a/b", translator="gemini", method="embedContent")),
        (b"images/generations", Entry("")),
        (b"v2/rerank", Entry("")),
    ],
)
def test_a_path_names_the_format_of_who_asks(rest: bytes, entry: Entry) -> None:
    assert read(rest) == entry


def test_a_method_of_googles_that_is_not_there_is_named() -> None:
    with pytest.raises(CallerError, match="`:predictLongRunning` is not there"):
        read(b"v1beta/models/a/b:predictLongRunning")


@pytest.mark.parametrize(
    ("body", "spoken"),
    [
        (b'{"anthropic_version": "bedrock-2023-05-31", "messages": []}', "bedrock_invoke_claude"),
        (b'{"schemaVersion": "messages-v1", "messages": []}', "bedrock_invoke_nova"),
        (b'{"inputText": "x"}', "bedrock_invoke"),
    ],
)
def test_a_body_of_invoke_tells_whose_it_is(body: bytes, spoken: str) -> None:
    assert with_body(read(b"model/a%2Fb/invoke"), body).spoken == spoken
    assert with_body(Entry("openai_chat"), body) == Entry("openai_chat")
