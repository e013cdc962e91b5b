"""Google's generateContent, of Gemini and Vertex; streamed as events, or as one JSON array."""

from torana.formats.gemini.passing import FORMAT

__all__ = ["FORMAT"]
