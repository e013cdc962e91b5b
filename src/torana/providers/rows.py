"""The upstreams: one row each, named as in the gateway's URLs."""

from __future__ import annotations

import re

from torana.providers import operations, places, speech
from torana.providers.provider import Provider
from torana.providers.speech import COMPLETIONS, EMBEDDINGS, MESSAGES, RESPONSES, Speech

_V1 = b"v1"
_NOT_CHAT = re.compile(r"(?:o1-pro|o3-pro|gpt-5(?:\.\d+)?-(?:pro|codex)|codex-|computer-use|.*-deep-research)")
"""OpenAI's models that answer on `responses` alone."""
_INSTRUCTED = re.compile(r"gpt-3\.5-turbo-instruct|(?:ft:)?(?:davinci|babbage)-002")
"""OpenAI's models that answer on `completions` alone; there, the others answer on everything else."""
_VERTEX = "v1/projects/{project}/locations/{region}/publishers/{publisher}/models/{model}:"
_BEDROCK = "bedrock-runtime/{region}/model/{model}/"
_INVOKED = "invoke-with-response-stream"
_CLAUDE, _GOOGLES = re.compile(r"(?:[^/]+/){0,2}anthropic/"), re.compile(r"(?!(?:[^/]+/){0,2}anthropic/)")
"""Whose model it is says the publisher before its name, which project and region may stand before."""

# `openai` is where each has OpenAI's API, as its own documentation says; there a key travels as it does to OpenAI.
# Of two formats for the same, the one is named that says more: the provider's own.
_ROWS = (
    Provider(
        slug="openai",
        base="https://api.openai.com/v1",
        openai="",
        speaks=(
            Speech(RESPONSES, "responses", models=_NOT_CHAT, is_only=True),
            Speech(COMPLETIONS, "completions", models=_INSTRUCTED, is_only=True),
            *speech.openai("", RESPONSES, EMBEDDINGS),
        ),
    ),
    Provider(
        slug="anthropic",
        base="https://api.anthropic.com",
        openai="v1/",
        speaks=(Speech(MESSAGES, "v1/messages", count_path="v1/messages/count_tokens"),),
        credentials=(b"x-api-key", b"authorization"),
    ),
    Provider(
        slug="google-ai-studio",
        base="https://generativelanguage.googleapis.com",
        openai="v1beta/openai/",
        speaks=(
            Speech(
                "gemini",
                "v1beta/models/{model}:generateContent",
                "v1beta/models/{model}:streamGenerateContent?alt=sse",
                count_path="v1beta/models/{model}:countTokens",
            ),
            Speech(EMBEDDINGS, "v1beta/openai/embeddings", slot=b"authorization"),
            Speech(EMBEDDINGS, "v1beta/models/{model}:batchEmbedContents", translator="gemini"),
        ),
        credentials=(b"x-goog-api-key", b"authorization"),
        describe=operations.google,
    ),
    Provider(
        slug="google-vertex-ai",
        base="https://{region}-aiplatform.googleapis.com",
        speaks=(
            Speech(MESSAGES, _VERTEX + "rawPredict", _VERTEX + "streamRawPredict", "vertex_claude", models=_CLAUDE),
            Speech("gemini", _VERTEX + "generateContent", _VERTEX + "streamGenerateContent?alt=sse", models=_GOOGLES),
            Speech(EMBEDDINGS, _VERTEX + "predict", translator="gemini"),
        ),
        credentials=(b"authorization", b"x-goog-api-key"),
        signing="google",
        place=places.vertex,
        describe=operations.google,
    ),
    Provider(
        slug="azure-openai",
        base="https://{resource}.openai.azure.com",
        openai="{resource}/openai/v1/",
        speaks=speech.openai("{resource}/openai/v1/", RESPONSES, EMBEDDINGS),
        credentials=(b"api-key", b"authorization"),
        place=places.azure,
        describe=operations.azure,
    ),
    Provider(
        slug="aws-bedrock",
        base="https://{service}.{region}.{domain}",
        openai="bedrock-mantle/{region}/v1/",
        speaks=(
            Speech("bedrock_converse", _BEDROCK + "converse", _BEDROCK + "converse-stream"),
            Speech("bedrock_invoke", _BEDROCK + "invoke", _BEDROCK + _INVOKED),
            Speech("bedrock_invoke", _BEDROCK + "invoke", _BEDROCK + _INVOKED, "bedrock_invoke_claude"),
            Speech("bedrock_invoke", _BEDROCK + "invoke", _BEDROCK + _INVOKED, "bedrock_invoke_nova"),
            Speech(EMBEDDINGS, _BEDROCK + "invoke", translator="bedrock_invoke"),
        ),
        whereabouts=(("region", "us-east-1"),),
        credentials=(b"authorization", b"x-amz-security-token", b"x-api-key"),
        signing="aws",
        place=places.bedrock,
        describe=operations.bedrock,
    ),
    Provider(
        slug="workers-ai",
        base="https://api.cloudflare.com/client/v4/accounts/{account}/ai",
        openai="v1/",
        speaks=speech.openai("v1/", RESPONSES, EMBEDDINGS),
        place=places.workers_ai,
        describe=operations.workers_ai,
    ),
    Provider(
        slug="grok",
        base="https://api.x.ai/v1",
        openai="",
        speaks=speech.openai("", RESPONSES, MESSAGES),
        credentials=(b"authorization", b"x-api-key"),
    ),
    Provider(slug="groq", base="https://api.groq.com/openai/v1", openai="", speaks=speech.openai("", RESPONSES)),
    Provider(
        slug="mistral",
        base="https://api.mistral.ai",
        openai="v1/",
        speaks=speech.openai("v1/", EMBEDDINGS),
        version=_V1,
    ),
    Provider(
        slug="cohere",
        base="https://api.cohere.ai",
        openai="compatibility/v1/",
        speaks=(Speech("cohere", "v2/chat"), Speech(EMBEDDINGS, "compatibility/v1/embeddings")),
        version=_V1,
        roots=frozenset({b"v2", b"compatibility"}),
        describe=operations.cohere,
    ),
    Provider(
        slug="deepseek",
        base="https://api.deepseek.com",
        openai="",
        speaks=(*speech.openai(), Speech(MESSAGES, "anthropic/v1/messages", slot=b"x-api-key")),
        credentials=(b"authorization", b"x-api-key"),
    ),
    Provider(
        slug="perplexity-ai",
        base="https://api.perplexity.ai",
        openai="",
        speaks=speech.openai(),
        unversioned=(b"chat/completions",),
    ),
    Provider(
        slug="openrouter",
        base="https://openrouter.ai/api",
        openai="v1/",
        speaks=speech.openai("v1/", RESPONSES, MESSAGES, COMPLETIONS, EMBEDDINGS),
        credentials=(b"authorization", b"x-api-key"),
        version=_V1,
        roots=frozenset({b"alpha", b"beta"}),
    ),
    Provider(slug="replicate", base="https://api.replicate.com/v1", describe=operations.replicate),
    Provider(slug="huggingface", base="https://api-inference.huggingface.co/models", describe=operations.huggingface),
    Provider(slug="cerebras", base="https://api.cerebras.ai/v1", openai="", speaks=speech.openai("", COMPLETIONS)),
    Provider(
        slug="baseten",
        base="https://api.baseten.co",
        openai="v1/",
        speaks=speech.openai("v1/"),
        place=places.baseten,
        describe=operations.baseten,
    ),
    Provider(
        slug="parallel",
        base="https://api.parallel.ai",
        openai="",
        speaks=(Speech("openai_chat", "chat/completions", slot=b"authorization"),),
        credentials=(b"x-api-key", b"authorization"),
    ),
    Provider(
        slug="fal",
        base="https://fal.run",
        scheme=b"Key ",
        describe=operations.fal,
        target_header=b"x-fal-target-url",
        target_domains=("fal.run", "fal.ai"),
    ),
    Provider(slug="ideogram", base="https://api.ideogram.ai", credentials=(b"api-key",)),
    Provider(slug="cartesia", base="https://api.cartesia.ai", credentials=(b"x-api-key", b"authorization")),
    Provider(slug="elevenlabs", base="https://api.elevenlabs.io", credentials=(b"xi-api-key",)),
    Provider(slug="deepgram", base="https://api.deepgram.com", scheme=b"Token "),
    Provider(
        slug="fireworks",
        base="https://api.fireworks.ai/inference/v1",
        openai="",
        speaks=speech.openai("", RESPONSES, MESSAGES, COMPLETIONS, EMBEDDINGS),
    ),
    Provider(
        slug="ollama",
        base="http://127.0.0.1:11434",
        openai="v1/",
        speaks=(Speech("ollama", "api/chat"), Speech(EMBEDDINGS, "v1/embeddings")),
        describe=operations.ollama,
    ),
    # The embedded model; its origin is known once it runs.
    Provider(
        slug="local",
        base="http://127.0.0.1:1",
        openai="v1/",
        speaks=speech.openai("v1/", RESPONSES, MESSAGES, COMPLETIONS, EMBEDDINGS),
        version=_V1,
        is_local=True,
    ),
)

PROVIDERS: dict[str, Provider] = {provider.slug: provider for provider in _ROWS}
