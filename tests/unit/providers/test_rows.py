"""Every provider, every documented form of its paths: where it leads, in which format, to which model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from torana.providers import PROVIDERS, SECRET_HEADERS, table

if TYPE_CHECKING:
    from torana.exchange import Target

ACCOUNT = "0123456789abcdef0123456789abcdef"
CF = f"https://api.cloudflare.com/client/v4/accounts/{ACCOUNT}/ai"
GEMINI = "https://generativelanguage.googleapis.com"
VERTEX = "v1/projects/p/locations/us-central1/publishers"
CLAUDE = "anthropic.claude-3-5-sonnet-20240620-v1%3A0"
ARN = "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.amazon.nova-lite-v1%3A0"


def url_of(target: Target) -> str:
    scheme = "https" if target.origin.is_tls else "http"
    return f"{scheme}://{target.origin.authority.decode()}{target.path.decode()}"


FORMS: list[tuple[str, str, str, str, str, bool]] = [
    # provider, path in, URL out, format, model, is_stream
    ("openai", "chat/completions", "https://api.openai.com/v1/chat/completions", "openai_chat", "", False),
    ("openai", "v1/chat/completions", "https://api.openai.com/v1/chat/completions", "openai_chat", "", False),
    ("openai", "responses", "https://api.openai.com/v1/responses", "openai_responses", "", False),
    ("openai", "v1/responses", "https://api.openai.com/v1/responses", "openai_responses", "", False),
    ("openai", "responses/resp_1", "https://api.openai.com/v1/responses/resp_1", "raw", "", False),
    ("openai", "responses/compact", "https://api.openai.com/v1/responses/compact", "openai_responses", "", False),
    ("openai", "completions", "https://api.openai.com/v1/completions", "completions", "", False),
    ("openai", "embeddings/", "https://api.openai.com/v1/embeddings/", "embeddings", "", False),
    ("openai", "audio/speech", "https://api.openai.com/v1/audio/speech", "raw", "", False),
    ("openai", "threads/t/messages", "https://api.openai.com/v1/threads/t/messages", "raw", "", False),
    ("openai", "models?limit=2&x=%2F", "https://api.openai.com/v1/models?limit=2&x=%2F", "raw", "", False),
    ("openai", "?model=gpt-realtime", "https://api.openai.com/v1?model=gpt-realtime", "raw", "", False),
    ("anthropic", "v1/messages", "https://api.anthropic.com/v1/messages", "anthropic_messages", "", False),
    ("anthropic", "v1/messages/count_tokens", "https://api.anthropic.com/v1/messages/count_tokens", "raw", "", False),
    ("anthropic", "v1/complete", "https://api.anthropic.com/v1/complete", "raw", "", False),
    (
        "google-ai-studio",
        "v1/models/gemini-2.5-flash:generateContent",
        f"{GEMINI}/v1/models/gemini-2.5-flash:generateContent",
        "gemini",
        "gemini-2.5-flash",
        False,
    ),
    (
        "google-ai-studio",
        "v1beta/models/gemini%2D2.5:streamGenerateContent?alt=sse&key=k",
        f"{GEMINI}/v1beta/models/gemini%2D2.5:streamGenerateContent?alt=sse&key=k",
        "gemini",
        "gemini-2.5",
        True,
    ),
    (
        "google-ai-studio",
        "v1beta/models/gemini-embedding-001:batchEmbedContents",
        f"{GEMINI}/v1beta/models/gemini-embedding-001:batchEmbedContents",
        "embeddings",
        "gemini-embedding-001",
        False,
    ),
    (
        "google-ai-studio",
        "v1beta/models/gemini-2.5-flash:countTokens",
        f"{GEMINI}/v1beta/models/gemini-2.5-flash:countTokens",
        "raw",
        "gemini-2.5-flash",
        False,
    ),
    (
        "google-ai-studio",
        "v1beta/openai/chat/completions",
        f"{GEMINI}/v1beta/openai/chat/completions",
        "openai_chat",
        "",
        False,
    ),
    (
        "google-vertex-ai",
        f"{VERTEX}/google/models/gemini-2.5-pro:streamGenerateContent",
        f"https://us-central1-aiplatform.googleapis.com/{VERTEX}/google/models/gemini-2.5-pro:streamGenerateContent",
        "gemini",
        "gemini-2.5-pro",
        True,
    ),
    (
        "google-vertex-ai",
        f"{VERTEX}/anthropic/models/claude-sonnet-4@20250514:streamRawPredict",
        f"https://us-central1-aiplatform.googleapis.com/{VERTEX}/anthropic/models/claude-sonnet-4@20250514:streamRawPredict",
        "anthropic_messages",
        "claude-sonnet-4@20250514",
        True,
    ),
    (
        "google-vertex-ai",
        f"{VERTEX}/anthropic/models/count-tokens@latest:rawPredict",
        f"https://us-central1-aiplatform.googleapis.com/{VERTEX}/anthropic/models/count-tokens@latest:rawPredict",
        "raw",
        "count-tokens@latest",
        False,
    ),
    (
        "google-vertex-ai",
        f"{VERTEX}/mistralai/models/codestral:rawPredict",
        f"https://us-central1-aiplatform.googleapis.com/{VERTEX}/mistralai/models/codestral:rawPredict",
        "openai_chat",
        "codestral",
        False,
    ),
    (
        "google-vertex-ai",
        f"{VERTEX}/google/models/text-embedding-005:predict",
        f"https://us-central1-aiplatform.googleapis.com/{VERTEX}/google/models/text-embedding-005:predict",
        "embeddings",
        "text-embedding-005",
        False,
    ),
    (
        "google-vertex-ai",
        "v1/projects/p/locations/global/publishers/google/models/g:generateContent",
        "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/g:generateContent",
        "gemini",
        "g",
        False,
    ),
    (
        "google-vertex-ai",
        "v1/projects/p/locations/eu/endpoints/openapi/chat/completions",
        "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/endpoints/openapi/chat/completions",
        "openai_chat",
        "",
        False,
    ),
    (
        "google-vertex-ai",
        "v1/publishers/google/models/g:generateContent",
        "https://aiplatform.googleapis.com/v1/publishers/google/models/g:generateContent",
        "gemini",
        "g",
        False,
    ),
    (
        "azure-openai",
        "res-1/my%20dep/chat/completions?api-version=2024-10-21",
        "https://res-1.openai.azure.com/openai/deployments/my%20dep/chat/completions?api-version=2024-10-21",
        "openai_chat",
        "my dep",
        False,
    ),
    (
        "azure-openai",
        "res/emb/embeddings?api-version=1",
        "https://res.openai.azure.com/openai/deployments/emb/embeddings?api-version=1",
        "embeddings",
        "emb",
        False,
    ),
    (
        "azure-openai",
        "res/openai/v1/responses",
        "https://res.openai.azure.com/openai/v1/responses",
        "openai_responses",
        "",
        False,
    ),
    (
        "aws-bedrock",
        f"bedrock-runtime/us-east-1/model/{CLAUDE}/invoke",
        f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{CLAUDE}/invoke",
        "bedrock_invoke",
        "anthropic.claude-3-5-sonnet-20240620-v1:0",
        False,
    ),
    (
        "aws-bedrock",
        f"bedrock-runtime/us-east-1/model/{CLAUDE}/invoke-with-response-stream",
        f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{CLAUDE}/invoke-with-response-stream",
        "bedrock_invoke",
        "anthropic.claude-3-5-sonnet-20240620-v1:0",
        True,
    ),
    (
        "aws-bedrock",
        f"bedrock-runtime/us-east-1/model/{ARN}/converse",
        f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{ARN}/converse",
        "bedrock_converse",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0",
        False,
    ),
    (
        "aws-bedrock",
        "bedrock-runtime/cn-north-1/model/m/converse-stream",
        "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/m/converse-stream",
        "bedrock_converse",
        "m",
        True,
    ),
    (
        "aws-bedrock",
        "bedrock-runtime/us-west-2/model/amazon.titan-embed-text-v2%3A0/invoke",
        "https://bedrock-runtime.us-west-2.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke",
        "embeddings",
        "amazon.titan-embed-text-v2:0",
        False,
    ),
    (
        "aws-bedrock",
        "bedrock-runtime/us-west-2/model/m/count-tokens",
        "https://bedrock-runtime.us-west-2.amazonaws.com/model/m/count-tokens",
        "raw",
        "m",
        False,
    ),
    (
        "aws-bedrock",
        "bedrock-runtime/us-west-2/openai/v1/chat/completions",
        "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/chat/completions",
        "openai_chat",
        "",
        False,
    ),
    (
        "aws-bedrock",
        "bedrock-mantle/us-east-1/anthropic/v1/messages",
        "https://bedrock-mantle.us-east-1.api.aws/anthropic/v1/messages",
        "anthropic_messages",
        "",
        False,
    ),
    (
        "aws-bedrock",
        "bedrock/eu-west-1/foundation-models?byProvider=x",
        "https://bedrock.eu-west-1.amazonaws.com/foundation-models?byProvider=x",
        "raw",
        "",
        False,
    ),
    (
        "workers-ai",
        "@cf/meta/llama-3.1-8b",
        f"{CF}/run/@cf/meta/llama-3.1-8b",
        "workers_ai",
        "@cf/meta/llama-3.1-8b",
        False,
    ),
    ("workers-ai", "run/@cf/meta/llama", f"{CF}/run/@cf/meta/llama", "workers_ai", "@cf/meta/llama", False),
    ("workers-ai", "v1/chat/completions", f"{CF}/v1/chat/completions", "openai_chat", "", False),
    ("workers-ai", "chat/completions", f"{CF}/v1/chat/completions", "openai_chat", "", False),
    ("workers-ai", "v1/embeddings", f"{CF}/v1/embeddings", "embeddings", "", False),
    ("workers-ai", "models/search", f"{CF}/models/search", "raw", "", False),
    ("grok", "v1/chat/completions", "https://api.x.ai/v1/chat/completions", "openai_chat", "", False),
    ("grok", "chat/completions", "https://api.x.ai/v1/chat/completions", "openai_chat", "", False),
    ("grok", "v1/messages", "https://api.x.ai/v1/messages", "anthropic_messages", "", False),
    ("grok", "messages", "https://api.x.ai/v1/messages", "anthropic_messages", "", False),
    ("groq", "chat/completions", "https://api.groq.com/openai/v1/chat/completions", "openai_chat", "", False),
    ("groq", "openai/v1/chat/completions", "https://api.groq.com/openai/v1/chat/completions", "openai_chat", "", False),
    ("mistral", "v1/chat/completions", "https://api.mistral.ai/v1/chat/completions", "openai_chat", "", False),
    ("mistral", "chat/completions", "https://api.mistral.ai/v1/chat/completions", "openai_chat", "", False),
    ("mistral", "v1/fim/completions", "https://api.mistral.ai/v1/fim/completions", "openai_chat", "", False),
    ("cohere", "v1/chat", "https://api.cohere.ai/v1/chat", "cohere", "", False),
    ("cohere", "chat", "https://api.cohere.ai/v1/chat", "cohere", "", False),
    ("cohere", "v2/chat", "https://api.cohere.ai/v2/chat", "cohere", "", False),
    ("cohere", "v2/embed", "https://api.cohere.ai/v2/embed", "embeddings", "", False),
    (
        "cohere",
        "compatibility/v1/chat/completions",
        "https://api.cohere.ai/compatibility/v1/chat/completions",
        "openai_chat",
        "",
        False,
    ),
    ("deepseek", "chat/completions", "https://api.deepseek.com/chat/completions", "openai_chat", "", False),
    ("deepseek", "v1/chat/completions", "https://api.deepseek.com/v1/chat/completions", "openai_chat", "", False),
    (
        "deepseek",
        "anthropic/v1/messages",
        "https://api.deepseek.com/anthropic/v1/messages",
        "anthropic_messages",
        "",
        False,
    ),
    ("perplexity-ai", "chat/completions", "https://api.perplexity.ai/chat/completions", "openai_chat", "", False),
    ("perplexity-ai", "v1/chat/completions", "https://api.perplexity.ai/chat/completions", "openai_chat", "", False),
    ("perplexity-ai", "v1/responses", "https://api.perplexity.ai/v1/responses", "openai_responses", "", False),
    ("openrouter", "chat/completions", "https://openrouter.ai/api/v1/chat/completions", "openai_chat", "", False),
    ("openrouter", "v1/chat/completions", "https://openrouter.ai/api/v1/chat/completions", "openai_chat", "", False),
    ("openrouter", "generation?id=gen-1", "https://openrouter.ai/api/v1/generation?id=gen-1", "raw", "", False),
    ("openrouter", "v1/messages", "https://openrouter.ai/api/v1/messages", "anthropic_messages", "", False),
    ("openrouter", "messages", "https://openrouter.ai/api/v1/messages", "anthropic_messages", "", False),
    ("openrouter", "responses", "https://openrouter.ai/api/v1/responses", "openai_responses", "", False),
    ("openrouter", "embeddings", "https://openrouter.ai/api/v1/embeddings", "embeddings", "", False),
    ("openrouter", "key", "https://openrouter.ai/api/v1/key", "raw", "", False),
    ("openrouter", "beta/batches", "https://openrouter.ai/api/beta/batches", "raw", "", False),
    ("openrouter", "", "https://openrouter.ai/api/v1", "raw", "", False),
    ("replicate", "predictions", "https://api.replicate.com/v1/predictions", "raw", "", False),
    ("replicate", "v1/predictions", "https://api.replicate.com/v1/predictions", "raw", "", False),
    (
        "replicate",
        "models/meta/llama-3/predictions",
        "https://api.replicate.com/v1/models/meta/llama-3/predictions",
        "raw",
        "meta/llama-3",
        False,
    ),
    (
        "huggingface",
        "bigcode/starcoder",
        "https://api-inference.huggingface.co/models/bigcode/starcoder",
        "raw",
        "bigcode/starcoder",
        False,
    ),
    (
        "huggingface",
        "org/model/v1/chat/completions",
        "https://api-inference.huggingface.co/models/org/model/v1/chat/completions",
        "openai_chat",
        "org/model",
        False,
    ),
    ("cerebras", "chat/completions", "https://api.cerebras.ai/v1/chat/completions", "openai_chat", "", False),
    ("cerebras", "v1/chat/completions", "https://api.cerebras.ai/v1/chat/completions", "openai_chat", "", False),
    ("baseten", "v1/chat/completions", "https://api.baseten.co/v1/chat/completions", "openai_chat", "", False),
    ("baseten", "model/abc123", "https://model-abc123.api.baseten.co/production/predict", "raw", "abc123", False),
    (
        "baseten",
        "model/abc123/environments/production/sync/v1/chat/completions",
        "https://model-abc123.api.baseten.co/environments/production/sync/v1/chat/completions",
        "openai_chat",
        "abc123",
        False,
    ),
    ("parallel", "v1/tasks/runs", "https://api.parallel.ai/v1/tasks/runs", "raw", "", False),
    ("parallel", "v1beta/search", "https://api.parallel.ai/v1beta/search", "raw", "", False),
    ("parallel", "v1beta/findall/ingest", "https://api.parallel.ai/v1beta/findall/ingest", "raw", "", False),
    ("parallel", "chat/completions", "https://api.parallel.ai/chat/completions", "openai_chat", "", False),
    ("fal", "fal-ai/fast-sdxl", "https://fal.run/fal-ai/fast-sdxl", "raw", "fal-ai/fast-sdxl", False),
    (
        "fal",
        "fal-ai/flux/requests/1/status",
        "https://fal.run/fal-ai/flux/requests/1/status",
        "raw",
        "fal-ai/flux",
        False,
    ),
    ("fal", "storage/upload/initiate", "https://fal.run/storage/upload/initiate", "raw", "", False),
    ("ideogram", "v1/ideogram-v3/generate", "https://api.ideogram.ai/v1/ideogram-v3/generate", "raw", "", False),
    ("cartesia", "tts/bytes", "https://api.cartesia.ai/tts/bytes", "raw", "", False),
    (
        "elevenlabs",
        "v1/text-to-speech/v?output_format=mp3_44100_128",
        "https://api.elevenlabs.io/v1/text-to-speech/v?output_format=mp3_44100_128",
        "raw",
        "",
        False,
    ),
    ("deepgram", "v1/listen?model=nova-3", "https://api.deepgram.com/v1/listen?model=nova-3", "raw", "", False),
    (
        "fireworks",
        "chat/completions",
        "https://api.fireworks.ai/inference/v1/chat/completions",
        "openai_chat",
        "",
        False,
    ),
    (
        "fireworks",
        "inference/v1/chat/completions",
        "https://api.fireworks.ai/inference/v1/chat/completions",
        "openai_chat",
        "",
        False,
    ),
    ("ollama", "api/chat", "http://127.0.0.1:11434/api/chat", "ollama", "", False),
    ("ollama", "v1/chat/completions", "http://127.0.0.1:11434/v1/chat/completions", "openai_chat", "", False),
    ("local", "chat/completions", "http://127.0.0.1:1/v1/chat/completions", "openai_chat", "", False),
    ("local", "v1/messages", "http://127.0.0.1:1/v1/messages", "anthropic_messages", "", False),
    ("local", "v1/responses", "http://127.0.0.1:1/v1/responses", "openai_responses", "", False),
]


@pytest.mark.parametrize(
    ("slug", "path", "url", "name", "model", "is_stream"), FORMS, ids=[f"{form[0]}/{form[1]}" for form in FORMS]
)
def test_where_a_path_leads(slug: str, path: str, url: str, name: str, model: str, *, is_stream: bool) -> None:
    provider = table({})[slug.encode()]
    for _ in range(2):  # the second time from the cache
        target = provider.locate(path.encode(), [], ACCOUNT)
        assert url_of(target) == url
        assert (target.provider, target.format.name, target.model, target.is_stream) == (slug, name, model, is_stream)
        assert target.is_local == (slug == "local")


def test_every_row_has_its_forms() -> None:
    assert {form[0] for form in FORMS} == set(PROVIDERS)


def test_a_row_is_named_as_its_slug_and_its_key_is_a_secret() -> None:
    for slug, provider in PROVIDERS.items():
        assert provider.slug == slug == slug.lower()
        assert provider.credentials
        assert set(provider.credentials) <= SECRET_HEADERS


OVERRIDES: list[tuple[str, str, str, str]] = [
    # provider, base, path in, URL out
    ("openrouter", "http://h:1", "chat/completions", "http://h:1/v1/chat/completions"),
    ("openrouter", "http://h:1", "v1/chat/completions", "http://h:1/v1/chat/completions"),
    ("openrouter", "http://h:1/v1", "chat/completions", "http://h:1/v1/chat/completions"),
    ("openrouter", "http://h:1/v1/", "v1/chat/completions", "http://h:1/v1/chat/completions"),
    ("openai", "http://h:1/v1", "v1/chat/completions", "http://h:1/v1/chat/completions"),
    ("openai", "http://h:1/v1", "chat/completions", "http://h:1/v1/chat/completions"),
    ("openai", "http://h:1", "v1/chat/completions", "http://h:1/v1/chat/completions"),
    ("openai", "http://h:1", "chat/completions", "http://h:1/chat/completions"),
    ("openai", "http://h:1/a/b", "chat/completions?x", "http://h:1/a/b/chat/completions?x"),
    ("openai", "https://[::1]:8443/v1", "models", "https://[::1]:8443/v1/models"),
    ("openai", "https://H.Example/v1", "models", "https://h.example/v1/models"),
    ("cohere", "http://h:1/v1", "v2/chat", "http://h:1/v2/chat"),
    ("anthropic", "http://h:1/v1", "v1/messages", "http://h:1/v1/messages"),
    ("local", "http://h:1/v1", "v1/models", "http://h:1/v1/models"),
    ("azure-openai", "http://h:1", "r/d/chat/completions?a=1", "http://h:1/openai/deployments/d/chat/completions?a=1"),
    (
        "azure-openai",
        "https://{resource}.azure.us",
        "r/d/embeddings",
        "https://r.azure.us/openai/deployments/d/embeddings",
    ),
    ("aws-bedrock", "http://h:1/aws", "bedrock-runtime/us-east-1/model/m/invoke", "http://h:1/aws/model/m/invoke"),
    (
        "aws-bedrock",
        "https://{service}.{region}.vpce.test",
        "bedrock-runtime/r-1/x",
        "https://bedrock-runtime.r-1.vpce.test/x",
    ),
    (
        "google-vertex-ai",
        "http://h:1",
        f"{VERTEX}/google/models/g:predict",
        f"http://h:1/{VERTEX}/google/models/g:predict",
    ),
    (
        "google-vertex-ai",
        "http://h:1",
        "v1/projects/p/locations/global/x",
        "http://h:1/v1/projects/p/locations/global/x",
    ),
    ("workers-ai", "http://h:1", "@cf/a/b", "http://h:1/run/@cf/a/b"),
    ("workers-ai", "http://h:1/v1", "v1/chat/completions", "http://h:1/v1/chat/completions"),
    ("workers-ai", "http://h:1/{account}", "run/@cf/a/b", f"http://h:1/{ACCOUNT}/run/@cf/a/b"),
    ("baseten", "http://h:1", "model/abc", "http://h:1/production/predict"),
    ("baseten", "http://h:1", "v1/chat/completions", "http://h:1/v1/chat/completions"),
    ("fal", "http://h:1", "fal-ai/flux", "http://h:1/fal-ai/flux"),
]


@pytest.mark.parametrize(("slug", "base", "path", "url"), OVERRIDES)
def test_where_a_path_leads_with_an_operators_base(slug: str, base: str, path: str, url: str) -> None:
    provider = table({slug: base})[slug.encode()]
    assert url_of(provider.locate(path.encode(), [], ACCOUNT)) == url
