"""Cohere chat, versions 1 (JSON lines when streamed) and 2 (events)."""

from torana.formats.cohere.passing import FORMAT

__all__ = ["FORMAT"]
