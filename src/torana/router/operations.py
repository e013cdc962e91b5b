"""Which paths below `/api/v1` are inference, and in whose format?"""

from __future__ import annotations

from torana.surfaces.entries import Entry

_PATHS = {
    b"chat/completions": Entry("openai_chat"),
    b"completions": Entry("completions"),
    b"responses": Entry("openai_responses"),
    b"messages": Entry("anthropic_messages"),
    b"messages/count_tokens": Entry("anthropic_messages", is_count=True),
    b"embeddings": Entry("embeddings"),
    b"rerank": Entry("rerank"),
    b"images": Entry("images"),
    b"images/generations": Entry("images"),
    b"audio/speech": Entry("speech"),
    b"audio/transcriptions": Entry("transcription"),
}


def read(rest: bytes) -> Entry | None:
    """Of what follows `/api/v1/`, with its query; None = it is for the control plane."""
    return _PATHS.get(rest.partition(b"?")[0].strip(b"/"))
