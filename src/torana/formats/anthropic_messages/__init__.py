"""Anthropic Messages, from Anthropic and from those who host or speak it."""

from torana.formats.anthropic_messages.passing import FORMAT

__all__ = ["FORMAT"]
