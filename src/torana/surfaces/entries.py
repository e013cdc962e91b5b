"""What is asked for under `compat/`, in whose format?

Each SDK has its own paths under the same base.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from torana.errors import CallerError


class Entry(Struct, frozen=True):
    format: str
    """The client's; empty = an operation that passes through, whatever it is."""
    model: str = ""
    """Where the path names it; else the body does."""
    is_stream: bool = False
    """Where the path says so."""
    is_sse: bool = True
    is_count: bool = False
    """Not an answer is wanted, but how many tokens the question has."""
    translator: str = ""
    """Where several translations share a format: the one of this client; empty = the format's own."""
    method: str = ""
    """Google's, where it has several for the same."""

    @property
    def spoken(self) -> str:
        """The name of its translation."""
        return self.translator or self.format


_OPENAI = {
    b"chat/completions": Entry("openai_chat"),
    b"completions": Entry("completions"),
    b"responses": Entry("openai_responses"),
    b"embeddings": Entry("embeddings"),
    b"messages": Entry("anthropic_messages"),
    b"messages/count_tokens": Entry("anthropic_messages", is_count=True),
}
"""With and without `v1/`: SDKs differ in what they take for the base."""
_OTHERS = {b"v2/chat": Entry("cohere"), b"api/chat": Entry("ollama")}
_GOOGLE = re.compile(rb"(?:v1|v1beta|v1beta1|v1alpha)/models/(?P<model>.+):(?P<method>\w+)")
_BEDROCK = re.compile(rb"model/(?P<model>.+)/(?P<method>converse|converse-stream|invoke|invoke-with-response-stream)")
_INVOKE = "bedrock_invoke"
_CLAUDE, _NOVA = rb'"anthropic_version"', rb'"messages"'
"""What bodies of InvokeModel are known by: each model has its own."""


def read(rest: bytes) -> Entry:
    """Of a path below `compat/`, with its query. CallerError for a method of Google's that there is not."""
    path, _, query = rest.partition(b"?")
    path = path.strip(b"/")
    found = _OPENAI.get(path.removeprefix(b"v1/")) or _OTHERS.get(path)
    if found is not None:
        return found
    if match := _GOOGLE.fullmatch(path):
        return _google(_text(match["model"]), match["method"], is_sse=b"alt=sse" in query.split(b"&"))
    if match := _BEDROCK.fullmatch(path):
        format_ = "bedrock_converse" if match["method"].startswith(b"converse") else _INVOKE
        return Entry(format_, _text(match["model"]), match["method"].endswith(b"-stream"))
    return Entry("")


def with_body(entry: Entry, body: bytes) -> Entry:
    """What the path alone does not tell."""
    if entry.format != _INVOKE:
        return entry
    if _CLAUDE in body:
        return replace(entry, translator="bedrock_invoke_claude")
    return replace(entry, translator="bedrock_invoke_nova") if _NOVA in body else entry


def _google(model: str, method: bytes, *, is_sse: bool) -> Entry:
    match method:
        case b"generateContent":
            return Entry("gemini", model)
        case b"streamGenerateContent":
            return Entry("gemini", model, is_stream=True, is_sse=is_sse)
        case b"countTokens":
            return Entry("gemini", model, is_count=True)
        case b"embedContent" | b"batchEmbedContents":
            return Entry("embeddings", model, translator="gemini", method=_text(method))
    raise CallerError(
        f"`:{_text(method)}` is not there under `compat`: it has generateContent, streamGenerateContent, countTokens, "
        "embedContent and batchEmbedContents"
    )


def _text(piece: bytes) -> str:
    return unquote(piece.decode("latin-1"))
