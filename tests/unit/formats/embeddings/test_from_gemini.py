"""Google's clients of embeddings, in front of others."""

from __future__ import annotations

import json

import httpx
import pytest
from google import genai
from google.genai import types

from golden_cases import ID
from torana.errors import BadChatFormat, Untranslatable
from torana.formats.embeddings.from_gemini import reply_from_openai, request_to_openai
from torana.formats.json import Json
from torana.formats.translation import Brief, Turn

ONE: Json = {"parts": [{"text": "a"}]}


def turn(request: Json) -> Turn:
    return Turn(ID, 1, "m", request, request)


def test_one_content_is_one_input() -> None:
    brief = Brief()
    body: Json = {
        "content": {"parts": [{"text": "a"}, {"text": "b"}]},
        "task_type": "RETRIEVAL_QUERY",
        "output_dimensionality": 8,
        "title": "T",
    }
    assert request_to_openai(body, brief) == {"input": "ab", "input_type": "search_query", "dimensions": 8}
    assert brief.dropped == ["title"]


def test_a_batch_is_a_list_of_inputs() -> None:
    brief = Brief()
    request: Json = {"model": "models/m", "content": ONE, "taskType": "SEMANTIC_SIMILARITY"}
    assert request_to_openai({"requests": [request, request]}, brief) == {"input": ["a", "a"], "model": "m"}
    assert brief.dropped == ["taskType"]


def test_images_are_told_as_parts() -> None:
    content: Json = {"parts": [{"text": "a"}, {"inline_data": {"mime_type": "image/png", "data": "aGk="}}]}
    image: Json = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    assert request_to_openai({"content": content}, Brief()) == {
        "input": [{"content": [{"type": "text", "text": "a"}, image]}]
    }


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "content"),
        ({"content": {"parts": []}}, "content.parts"),
        ({"requests": []}, "requests"),
        ({"requests": [{"content": ONE}, {"content": {"parts": [{"text": 5}]}}]}, "requests[1].content.parts[0].text"),
    ],
)
def test_what_is_wrong_is_named(body: Json, where: str) -> None:
    with pytest.raises(BadChatFormat) as error:
        request_to_openai(body, Brief())
    assert error.value.message.startswith(f"`{where}` must be")


def test_a_batch_that_is_not_of_one_kind_is_refused() -> None:
    requests: list[object] = [{"content": ONE}, {"content": ONE, "outputDimensionality": 5}]
    with pytest.raises(Untranslatable, match=r"^`requests\[1\]`: another model, length or task"):
        request_to_openai({"requests": requests}, Brief())


@pytest.mark.parametrize("reply", [{}, {"data": 5}, {"data": [None, {"embedding": 5, "index": "x"}]}])
def test_an_answer_never_raises(reply: Json) -> None:
    assert "embedding" in reply_from_openai(reply, turn({"content": ONE}))
    assert "embeddings" in reply_from_openai(reply, turn({"requests": []}))


def test_googles_sdk_reads_the_answer() -> None:
    asked: list[Json] = []

    def handle(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append(request_to_openai(body, Brief()))
        data = [{"index": 1, "embedding": [0.25]}, {"index": 0, "embedding": [0.5]}]
        reply: Json = {"data": data, "usage": {"prompt_tokens": 2, "total_tokens": 2}}
        return httpx.Response(200, json=reply_from_openai(reply, turn(body)))

    http = httpx.Client(transport=httpx.MockTransport(handle))
    client = genai.Client(
        api_key="AIza0123456789", http_options=types.HttpOptions(base_url="http://gateway", httpx_client=http)
    )
    config = types.EmbedContentConfig(task_type="CLUSTERING", output_dimensionality=1)
    answer = client.models.embed_content(model="gemini-embedding-001", contents=["a", "b"], config=config)
    assert answer.embeddings is not None
    assert [each.values for each in answer.embeddings] == [[0.5], [0.25]]
    assert asked == [
        {"input": ["a", "b"], "model": "gemini-embedding-001", "input_type": "clustering", "dimensions": 1}
    ]
