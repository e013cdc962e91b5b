"""Legacy text completions of OpenAI and those who followed."""

from torana.formats.completions.passing import FORMAT

__all__ = ["FORMAT"]
