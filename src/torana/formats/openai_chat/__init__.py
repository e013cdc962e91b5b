"""OpenAI chat completions, with what OpenRouter and the other providers of this form add."""

from torana.formats.openai_chat.passing import FORMAT

__all__ = ["FORMAT"]
