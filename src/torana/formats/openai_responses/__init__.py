"""OpenAI Responses: a stream of events, the last of which carries the whole response."""

from torana.formats.openai_responses.passing import FORMAT

__all__ = ["FORMAT"]
