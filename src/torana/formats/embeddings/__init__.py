"""Embeddings of all providers: nothing but the input is counted."""

from torana.formats.embeddings.passing import FORMAT

__all__ = ["FORMAT"]
