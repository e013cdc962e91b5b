"""Who serves models, as OpenRouter's callers know them, and what becomes of what they are sent.

Data policies are those of the plain paid API without a contract of one's own; what is not known counts as kept.
"""

from __future__ import annotations

from torana.catalog.market import Host

LAST_RESORT = "openrouter"
"""The host that is asked when no other can: an account at OpenRouter itself."""

_ROWS = (
    Host(
        slug="openai",
        name="OpenAI",
        provider="openai",
        privacy_policy_url="https://openai.com/policies/privacy-policy/",
        terms_of_service_url="https://openai.com/policies/row-terms-of-use/",
        status_page_url="https://status.openai.com/",
        headquarters="US",
    ),
    Host(
        slug="anthropic",
        name="Anthropic",
        provider="anthropic",
        privacy_policy_url="https://www.anthropic.com/legal/privacy",
        terms_of_service_url="https://www.anthropic.com/legal/commercial-terms",
        status_page_url="https://status.anthropic.com/",
        headquarters="US",
    ),
    Host(
        slug="google-ai-studio",
        name="Google AI Studio",
        provider="google-ai-studio",
        privacy_policy_url="https://policies.google.com/privacy",
        terms_of_service_url="https://ai.google.dev/gemini-api/terms",
        status_page_url="https://aistudio.google.com/status",
        headquarters="US",
    ),
    Host(
        slug="google-vertex",
        name="Google",
        provider="google-vertex-ai",
        privacy_policy_url="https://cloud.google.com/terms/cloud-privacy-notice",
        terms_of_service_url="https://cloud.google.com/terms",
        status_page_url="https://status.cloud.google.com/",
        headquarters="US",
    ),
    Host(
        slug="azure",
        name="Azure",
        provider="azure-openai",
        privacy_policy_url="https://www.microsoft.com/en-us/privacy/privacystatement",
        terms_of_service_url="https://azure.microsoft.com/en-us/support/legal/",
        status_page_url="https://azure.status.microsoft/",
        headquarters="US",
    ),
    Host(
        slug="amazon-bedrock",
        name="Amazon Bedrock",
        provider="aws-bedrock",
        retains=False,
        privacy_policy_url="https://aws.amazon.com/privacy/",
        terms_of_service_url="https://aws.amazon.com/service-terms/",
        status_page_url="https://health.aws.amazon.com/health/status",
        headquarters="US",
    ),
    Host(
        slug="cloudflare",
        name="Cloudflare",
        provider="workers-ai",
        privacy_policy_url="https://www.cloudflare.com/privacypolicy/",
        terms_of_service_url="https://www.cloudflare.com/service-specific-terms-developer-platform/",
        status_page_url="https://www.cloudflarestatus.com/",
        headquarters="US",
    ),
    Host(
        slug="xai",
        name="xAI",
        provider="grok",
        privacy_policy_url="https://x.ai/legal/privacy-policy",
        terms_of_service_url="https://x.ai/legal/terms-of-service-enterprise",
        status_page_url="https://status.x.ai/",
        headquarters="US",
    ),
    Host(
        slug="groq",
        name="Groq",
        provider="groq",
        privacy_policy_url="https://groq.com/privacy-policy/",
        terms_of_service_url="https://groq.com/terms-of-use/",
        status_page_url="https://groqstatus.com/",
        headquarters="US",
    ),
    Host(
        slug="mistral",
        name="Mistral",
        provider="mistral",
        privacy_policy_url="https://mistral.ai/terms/#privacy-policy",
        terms_of_service_url="https://mistral.ai/terms/#terms-of-use",
        status_page_url="https://status.mistral.ai/",
        headquarters="FR",
    ),
    Host(
        slug="cohere",
        name="Cohere",
        provider="cohere",
        trains=True,
        privacy_policy_url="https://cohere.com/privacy",
        terms_of_service_url="https://cohere.com/terms-of-use",
        status_page_url="https://status.cohere.com/",
        headquarters="CA",
    ),
    Host(
        slug="deepseek",
        name="DeepSeek",
        provider="deepseek",
        trains=True,
        privacy_policy_url="https://cdn.deepseek.com/policies/en-US/deepseek-privacy-policy.html",
        terms_of_service_url="https://cdn.deepseek.com/policies/en-US/deepseek-terms-of-use.html",
        status_page_url="https://status.deepseek.com/",
        headquarters="CN",
    ),
    Host(
        slug="perplexity",
        name="Perplexity",
        provider="perplexity-ai",
        retains=False,
        privacy_policy_url="https://www.perplexity.ai/hub/legal/privacy-policy",
        terms_of_service_url="https://www.perplexity.ai/hub/legal/perplexity-api-terms-of-service",
        status_page_url="https://status.perplexity.com/",
        headquarters="US",
    ),
    Host(
        slug="cerebras",
        name="Cerebras",
        provider="cerebras",
        retains=False,
        privacy_policy_url="https://www.cerebras.ai/privacy-policy",
        terms_of_service_url="https://www.cerebras.ai/terms-of-service",
        status_page_url="https://status.cerebras.ai/",
        headquarters="US",
    ),
    Host(
        slug="baseten",
        name="BaseTen",
        provider="baseten",
        retains=False,
        privacy_policy_url="https://www.baseten.co/privacy-policy/",
        terms_of_service_url="https://www.baseten.co/terms-and-conditions/",
        status_page_url="https://status.baseten.co/",
        headquarters="US",
    ),
    Host(
        slug="fireworks",
        name="Fireworks",
        provider="fireworks",
        retains=False,
        privacy_policy_url="https://fireworks.ai/privacy-policy",
        terms_of_service_url="https://fireworks.ai/terms-of-service",
        status_page_url="https://status.fireworks.ai/",
        headquarters="US",
    ),
    Host(
        slug="parallel",
        name="Parallel",
        provider="parallel",
        privacy_policy_url="https://parallel.ai/privacy-policy",
        terms_of_service_url="https://parallel.ai/terms-of-service",
        headquarters="US",
    ),
    # Who answers in the end is chosen there: it may be one that trains on what it gets.
    Host(
        slug=LAST_RESORT,
        name="OpenRouter",
        provider="openrouter",
        trains=True,
        privacy_policy_url="https://openrouter.ai/privacy",
        terms_of_service_url="https://openrouter.ai/terms",
        status_page_url="https://status.openrouter.ai/",
        headquarters="US",
    ),
    Host(slug="ollama", name="Ollama", provider="ollama", retains=False),
    Host(slug="local", name="Local", provider="local", retains=False),
)

HOSTS: dict[str, Host] = {host.provider: host for host in _ROWS}
"""By the provider's slug in the gateway's URLs."""

_CUSTOM = "custom-"

LACKS: dict[str, frozenset[str]] = {
    "groq": frozenset({"top_k", "min_p", "top_a", "logprobs", "top_logprobs", "logit_bias", "repetition_penalty"}),
    "cerebras": frozenset({"top_k", "min_p", "top_a", "repetition_penalty", "frequency_penalty", "presence_penalty"}),
    "workers-ai": frozenset({"logprobs", "top_logprobs", "logit_bias", "min_p", "top_a"}),
    "aws-bedrock": frozenset({"logprobs", "top_logprobs", "logit_bias", "seed", "min_p", "top_a"}),
}
"""Parameters that a host does not take, whatever the model could make of them."""

CACHES = frozenset(
    {
        "openai",
        "azure-openai",
        "deepseek",
        "google-ai-studio",
        "google-vertex-ai",
        "grok",
        "groq",
        "fireworks",
        "baseten",
    }
)
"""Who caches prompts without being asked to, where a cached token has a price of its own."""


def host_of(provider: str) -> Host | None:
    """None where nothing that it serves can be asked for by a model's name."""
    if provider.startswith(_CUSTOM):
        return Host(slug=provider, name=provider, provider=provider)
    return HOSTS.get(provider)
