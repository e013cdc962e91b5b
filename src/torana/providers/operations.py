"""What a path asks for: its format, and the model and streaming where the path names them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec import Struct


class Operation(Struct, frozen=True):
    format: str = "raw"
    model: str = ""
    is_stream: bool = False


_BY_LAST = {
    b"completions": "completions",
    b"responses": "openai_responses",
    b"embeddings": "embeddings",
    b"embed": "embeddings",
}
"""Formats by the last segment."""

_BY_END: tuple[tuple[bytes, str], ...] = (
    (b"chat/completions", "openai_chat"),
    (b"fim/completions", "openai_chat"),  # Mistral's, with the replies of chat
    (b"agents/completions", "openai_chat"),
    (b"api/chat", "ollama"),
    (b"responses/compact", "openai_responses"),
    # With its version, for `threads/{id}/messages` is another thing.
    (b"v1/messages", "anthropic_messages"),
)


def usual(path: bytes) -> Operation:
    """As OpenAI's and Anthropic's paths say."""
    path = path.rstrip(b"/")
    for end, name in _BY_END:
        if path == end or path.endswith(b"/" + end):
            return Operation(name)
    if path == b"messages":
        return Operation("anthropic_messages")
    return Operation(_BY_LAST.get(path.rpartition(b"/")[2], "raw"))


def ollama(path: bytes) -> Operation:
    return Operation("ollama") if path == b"api/chat" else usual(path)


def cohere(path: bytes) -> Operation:
    return Operation("cohere") if path in (b"v1/chat", b"v2/chat") else usual(path)


_GOOGLE = re.compile(rb"(?:publishers/(?P<publisher>[^/]+)/)?(?:models|endpoints)/(?P<model>[^/:]+):(?P<method>\w+)$")
_GOOGLE_METHODS = {
    b"generateContent": Operation("gemini"),
    b"streamGenerateContent": Operation("gemini", is_stream=True),
    b"embedContent": Operation("embeddings"),
    b"batchEmbedContents": Operation("embeddings"),
    b"rawPredict": Operation("openai_chat"),
    b"streamRawPredict": Operation("openai_chat", is_stream=True),
}


def google(path: bytes) -> Operation:
    """`models/{model}:{method}`, of Gemini and of Vertex, where other publishers' models speak their own formats."""
    match = _GOOGLE.search(path)
    if match is None:
        return usual(path)
    model, method = _text(match["model"]), match["method"]
    found = _GOOGLE_METHODS.get(method, Operation("embeddings" if "embedding" in model else "raw"))
    name = found.format
    if method.lower().endswith(b"rawpredict") and match["publisher"] == b"anthropic":
        name = "raw" if model.startswith("count-tokens") else "anthropic_messages"
    return Operation(name, model, found.is_stream)


_BEDROCK = re.compile(rb"model/(?P<model>.+)/(?P<method>[a-z-]+)")
_BEDROCK_METHODS = {
    b"converse": Operation("bedrock_converse"),
    b"converse-stream": Operation("bedrock_converse", is_stream=True),
    b"invoke": Operation("bedrock_invoke"),
    b"invoke-with-response-stream": Operation("bedrock_invoke", is_stream=True),
}


def bedrock(path: bytes) -> Operation:
    match = _BEDROCK.fullmatch(path)
    if match is None:
        return usual(path)
    model, found = _text(match["model"]), _BEDROCK_METHODS.get(match["method"], Operation())
    is_embedding = match["method"] == b"invoke" and "embed" in model
    return Operation("embeddings" if is_embedding else found.format, model, found.is_stream)


_DEPLOYMENT = re.compile(rb"openai/deployments/([^/]+)/")


def azure(path: bytes) -> Operation:
    match = _DEPLOYMENT.match(path)
    return Operation(usual(path).format, _text(match[1]) if match else "")


def workers_ai(path: bytes) -> Operation:
    if path.startswith(b"run/"):
        return Operation("workers_ai", _text(path.removeprefix(b"run/")))
    return usual(path)


def huggingface(path: bytes) -> Operation:
    """`{org}/{model}`, and below it what the model's server has."""
    return Operation(usual(path).format, _text(b"/".join(path.split(b"/")[:2])))


_REPLICATE = re.compile(rb"(?:models|deployments)/([^/]+/[^/]+)/predictions")


def replicate(path: bytes) -> Operation:
    match = _REPLICATE.match(path)
    return Operation(model=_text(match[1])) if match else usual(path)


def any_of_them(path: bytes) -> Operation:
    """Of a provider that nobody knows: as whoever has paths of that shape."""
    if _GOOGLE.search(path):
        return google(path)
    if _BEDROCK.fullmatch(path):
        return bedrock(path)
    return azure(path) if _DEPLOYMENT.match(path) else cohere(path)


def baseten(path: bytes) -> Operation:
    return Operation() if path == b"production/predict" else usual(path)


def fal(path: bytes) -> Operation:
    """The path is the model, but for what it says of a queued request."""
    return Operation() if path.startswith(b"storage/") else Operation(model=_text(path.partition(b"/requests/")[0]))


def _text(piece: bytes) -> str:
    return unquote(piece.decode("latin-1"))
