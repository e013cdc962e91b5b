"""Providers for people: their names, where they are, and what their keys look like."""

from __future__ import annotations

from msgspec import Struct


class Description(Struct, frozen=True):
    name: str
    website: str | None
    """Where an account and a key are to be had."""
    key_hint: str | None
    """How a key begins, or what it is; None = nothing that would tell it from others."""
    needs_key: bool = True


DESCRIPTIONS: dict[str, Description] = {
    "openai": Description("OpenAI", "https://platform.openai.com/api-keys", "sk-…"),
    "anthropic": Description("Anthropic", "https://console.anthropic.com/settings/keys", "sk-ant-…"),
    "google-ai-studio": Description("Google AI Studio", "https://aistudio.google.com/apikey", "AIza…"),
    "google-vertex-ai": Description(
        "Google Vertex AI",
        "https://console.cloud.google.com/vertex-ai",
        "a service account's JSON, with its region beside it",
    ),
    "azure-openai": Description("Azure OpenAI", "https://ai.azure.com", "32 or 84 letters and digits"),
    "aws-bedrock": Description(
        "Amazon Bedrock",
        "https://console.aws.amazon.com/bedrock",
        "an API key, or JSON with accessKeyId, secretAccessKey and region",
    ),
    "workers-ai": Description(
        "Cloudflare Workers AI", "https://dash.cloudflare.com/profile/api-tokens", "a token that may read Workers AI"
    ),
    "grok": Description("xAI", "https://console.x.ai", "xai-…"),
    "groq": Description("Groq", "https://console.groq.com/keys", "gsk_…"),
    "mistral": Description("Mistral", "https://console.mistral.ai/api-keys", "32 letters and digits"),
    "cohere": Description("Cohere", "https://dashboard.cohere.com/api-keys", "40 letters and digits"),
    "deepseek": Description("DeepSeek", "https://platform.deepseek.com/api_keys", "sk-…"),
    "perplexity-ai": Description("Perplexity", "https://www.perplexity.ai/settings/api", "pplx-…"),
    "openrouter": Description("OpenRouter", "https://openrouter.ai/settings/keys", "sk-or-…"),
    "replicate": Description("Replicate", "https://replicate.com/account/api-tokens", "r8_…"),
    "huggingface": Description("Hugging Face", "https://huggingface.co/settings/tokens", "hf_…"),
    "cerebras": Description("Cerebras", "https://cloud.cerebras.ai", "csk-…"),
    "baseten": Description("Baseten", "https://app.baseten.co/settings/api_keys", "eight letters, a dot, and more"),
    "parallel": Description("Parallel", "https://platform.parallel.ai", None),
    "fal": Description("fal", "https://fal.ai/dashboard/keys", "an id, a colon, and a secret"),
    "ideogram": Description("Ideogram", "https://ideogram.ai/manage-api", None),
    "cartesia": Description("Cartesia", "https://play.cartesia.ai/keys", "sk_car_…"),
    "elevenlabs": Description("ElevenLabs", "https://elevenlabs.io/app/settings/api-keys", "sk_…"),
    "deepgram": Description("Deepgram", "https://console.deepgram.com", "40 letters and digits"),
    "fireworks": Description("Fireworks", "https://app.fireworks.ai/settings/users/api-keys", "fw_…"),
    "ollama": Description("Ollama", "https://ollama.com", None, needs_key=False),
    "local": Description("Embedded model", None, None, needs_key=False),
}
