"""Every provider of the table, on its native path, through real sockets."""

from __future__ import annotations

import anthropic
import httpx
import pytest
from google import genai
from google.genai import types

from running import Torana
from scripted import Answer, ScriptedUpstream

BODY = b'{"model":"m-1","messages":[{"role":"user","content":"hi"}],"unknown_field":{"a":[1,2]}}'
REPLY = b'{"any":"thing"}'

PATHS = [
    ("openai", "chat/completions", "/chat/completions"),
    ("openai", "v1/responses", "/v1/responses"),
    ("anthropic", "v1/messages", "/v1/messages"),
    ("google-ai-studio", "v1beta/models/gemini-2.5-flash:generateContent", None),
    ("google-vertex-ai", "v1/projects/p/locations/us-east1/publishers/google/models/g:generateContent", None),
    ("azure-openai", "res/dep/chat/completions?api-version=2024-10-21", None),
    ("aws-bedrock", "bedrock-runtime/us-east-1/model/anthropic.claude-3-haiku/invoke", None),
    ("workers-ai", "@cf/meta/llama-3.1-8b-instruct", None),
    ("grok", "v1/chat/completions", None),
    ("groq", "chat/completions", "/chat/completions"),
    ("mistral", "v1/chat/completions", "/v1/chat/completions"),
    ("cohere", "v1/chat", "/v1/chat"),
    ("deepseek", "chat/completions", "/chat/completions"),
    ("perplexity-ai", "v1/chat/completions", "/chat/completions"),
    ("openrouter", "chat/completions", "/v1/chat/completions"),
    ("replicate", "predictions", None),
    ("huggingface", "bigcode/starcoder", None),
    ("cerebras", "chat/completions", None),
    ("baseten", "v1/chat/completions", None),
    ("parallel", "v1/tasks/runs", "/v1/tasks/runs"),
    ("fal", "fal-ai/fast-sdxl", "/fal-ai/fast-sdxl"),
    ("ideogram", "v1/ideogram-v3/generate", "/v1/ideogram-v3/generate"),
    ("cartesia", "tts/bytes", "/tts/bytes"),
    ("elevenlabs", "v1/text-to-speech/v?output_format=mp3", "/v1/text-to-speech/v?output_format=mp3"),
    ("deepgram", "v1/listen", "/v1/listen"),
    ("fireworks", "chat/completions", "/chat/completions"),
    ("ollama", "api/chat", "/api/chat"),
]


@pytest.mark.parametrize(("provider", "path", "target"), PATHS, ids=[f"{p}/{q}" for p, q, _ in PATHS])
def test_a_native_path_passes_body_query_and_headers_untouched(
    torana: Torana, requests: ScriptedUpstream, provider: str, path: str, target: str | None
) -> None:
    theirs = [(b"content-type", b"application/json"), (b"x-theirs", b"1")]
    requests.script(lambda got: got.header("x-custom") is not None, Answer(headers=theirs, body=REPLY))
    sent = {
        "content-type": "application/json",
        "authorization": "Bearer provider-key-0123456789",
        "x-api-key": "another-key-0123456789",
        "x-custom": "Kept As Is",
        "user-agent": "my-app/1.0",
        "accept": "*/*",
        "accept-encoding": "gzip, br",
        "cf-aig-metadata": '{"team": "red"}',
        "cf-aig-something-new": "1",
    }
    reply = httpx.post(f"{torana.at(provider)}/{path}", content=BODY, headers=sent, trust_env=False)
    assert (reply.status_code, reply.content) == (200, REPLY)
    assert reply.headers["x-theirs"] == "1"
    (got,) = requests.requests
    assert got.method == b"POST"
    assert got.body == BODY
    arrived = {name.lower().decode(): value.decode() for name, value in got.headers}
    assert arrived.pop("host") == requests.url.removeprefix("http://")
    assert arrived.pop("content-length") == str(len(BODY))
    assert arrived == {name: value for name, value in sent.items() if not name.startswith("cf-aig-")}
    if target is not None:
        assert got.target == f"/{provider}{target}".encode()
    assert torana.logs("--limit", "1", "--provider", provider)[0]["path"] == path


@pytest.mark.parametrize("is_stream", [False, True])
def test_the_anthropic_sdk_works(torana: Torana, *, is_stream: bool) -> None:
    client = anthropic.Anthropic(api_key="sk-ant-0123456789", base_url=torana.at("anthropic"), max_retries=0)
    asked = {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}
    if is_stream:
        with client.messages.stream(**asked) as stream:  # type: ignore[arg-type]  # as in the docs
            message = stream.get_final_message()
    else:
        message = client.messages.create(**asked)  # type: ignore[call-overload]  # as in the docs
    client.close()
    assert message.content[0].type == "text"
    row = torana.logs("--limit", "1")[0]
    assert (row["provider"], row["model"], row["streamed"]) == ("anthropic", "claude-haiku-4-5", is_stream)
    cached = (message.usage.cache_read_input_tokens or 0) + (message.usage.cache_creation_input_tokens or 0)
    assert row["tokens_in"] == message.usage.input_tokens + cached
    assert row["tokens_out"] == message.usage.output_tokens
    assert row["cost"]


@pytest.mark.parametrize("is_stream", [False, True])
def test_the_google_sdk_works(torana: Torana, *, is_stream: bool) -> None:
    options = types.HttpOptions(base_url=torana.at("google-ai-studio"))
    client = genai.Client(api_key="AIza0123456789", http_options=options)
    if is_stream:
        chunks = list(client.models.generate_content_stream(model="gemini-2.5-flash", contents="hi"))
        assert "".join(chunk.text or "" for chunk in chunks)
    else:
        assert client.models.generate_content(model="gemini-2.5-flash", contents="hi").text
    client.close()
    row = torana.logs("--limit", "1")[0]
    assert (row["provider"], row["model"], row["streamed"]) == ("google-ai-studio", "gemini-2.5-flash", is_stream)
    assert row["tokens_out"]
