"""The SDKs that the tests ask with."""

from __future__ import annotations

from matrix.asking import Client
from matrix.clients.anthropic_messages import AnthropicMessages
from matrix.clients.bedrock_converse import BedrockConverse
from matrix.clients.cohere import Cohere
from matrix.clients.completions import Completions
from matrix.clients.gemini import Gemini
from matrix.clients.ollama import Ollama
from matrix.clients.openai_chat import OpenAIChat
from matrix.clients.openai_responses import OpenAIResponses

CLIENTS: tuple[type[Client], ...] = (
    OpenAIChat,
    OpenAIResponses,
    AnthropicMessages,
    Gemini,
    BedrockConverse,
    Cohere,
    Ollama,
    Completions,
)
