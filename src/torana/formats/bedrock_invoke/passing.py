"""Amazon Bedrock InvokeModel: each model's own body, and streams of them in base64 in frames."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from msgspec import Raw, Struct, field

from torana.exchange import Format, Usage
from torana.formats.anthropic_messages import passing as anthropic_messages
from torana.formats.bedrock_converse import passing as bedrock_converse
from torana.formats.bedrock_converse.passing import FrameMeter
from torana.formats.counts import Count, within
from torana.formats.eventstream import Frame, Frames
from torana.formats.joining import grow, overlay
from torana.formats.json import Json, Reader, as_list, as_object, as_text, dump, load, read_request
from torana.formats.openai_chat import passing as openai_chat

if TYPE_CHECKING:
    from torana.exchange import Meter

METRICS = "amazon-bedrock-invocationMetrics"

# `oken`, which all names of counts have in common, in base64 at each of its three alignments, less the characters that
# its neighbours have a part in.
_AT_0, _AT_1, _AT_2 = b"b2tlb", b"9rZW", b"va2Vu"

_GROWS = ("generation", "outputText", "completion", "text")
"""Where the text of a chunk is: of Llama, Titan, older Claude, and of those with the lists below."""

_LISTS = ("outputs", "choices")
"""Mistral, DeepSeek."""


class _TitanResult(Struct):
    tokenCount: Count | None = None  # noqa: N815  # the wire's own name


class _Metrics(Struct, rename="camel"):
    input_token_count: Count | None = None
    output_token_count: Count | None = None
    cache_read_input_token_count: Count | None = None
    cache_write_input_token_count: Count | None = None


class _Body(Struct):
    """What the bodies of all models may hold; no two of them use the same field for different things."""

    usage: Raw = Raw(b"null")
    metadata: bedrock_converse.Reply | None = None
    """Nova's last event."""
    prompt_token_count: Count | None = None
    generation_token_count: Count | None = None
    inputTextTokenCount: Count | None = None  # noqa: N815  # Titan's own names, here and below
    totalOutputTextTokenCount: Count | None = None  # noqa: N815
    results: list[_TitanResult] | None = None
    metrics: _Metrics | None = field(default=None, name=METRICS)


class _Chunk(Struct):
    bytes: str = ""


_bodies = Reader(_Body)
_chunks = Reader(_Chunk)


def read_usage(body: bytes) -> Usage | None:
    read = _bodies.read(body)
    if read is None:
        return None
    if read.metadata is not None:
        return bedrock_converse.spent(read.metadata.usage)
    return _of_usage(body, bytes(read.usage)) or _of_counts(read) or _of_metrics(read.metrics)


def _of_usage(body: bytes, usage: bytes) -> Usage | None:
    if b'"inputTokens"' in usage:
        return bedrock_converse.read_usage(body)
    if b'"prompt_tokens"' in usage:
        return openai_chat.read_usage(body)
    return anthropic_messages.read_usage(body) if b"_tokens" in usage else None


def _of_counts(body: _Body) -> Usage | None:
    """Llama's, and Titan's."""
    if body.prompt_token_count is not None or body.generation_token_count is not None:
        return Usage(body.prompt_token_count or 0, body.generation_token_count or 0)
    if body.inputTextTokenCount is not None:
        out = body.totalOutputTextTokenCount or sum(each.tokenCount or 0 for each in body.results or ())
        return Usage(body.inputTextTokenCount, out)
    return None


def _of_metrics(metrics: _Metrics | None) -> Usage | None:
    """Bedrock's own count, in the last chunk of every stream."""
    if metrics is None or metrics.input_token_count is None:
        return None
    cached = metrics.cache_read_input_token_count or 0
    written = metrics.cache_write_input_token_count or 0
    return within(
        Usage(
            tokens_in=metrics.input_token_count + cached + written,
            tokens_out=metrics.output_token_count or 0,
            cached_tokens_in=cached,
            cache_write_tokens_in=written,
        )
    )


class _Running:
    """What a stream has told so far; the model's own usage is richer than Bedrock's metrics, which come last."""

    __slots__ = ("_claude", "_has_own", "_tokens_in")

    def __init__(self) -> None:
        self._claude = anthropic_messages.Running()
        self._has_own = False
        self._tokens_in = 0

    def read(self, frame: Frame) -> Usage | None:
        data = unwrap(frame.payload)
        if anthropic_messages.MARKER in data:
            self._has_own = True
            return self._claude.read(data)
        if b"oken" not in data or (self._has_own and b'"message_stop"' in data):
            return None
        usage = read_usage(data)
        if usage is None:
            return None
        # Llama and Titan count the prompt in their first chunk alone.
        usage.tokens_in = self._tokens_in = usage.tokens_in or self._tokens_in
        return usage


def meter() -> Meter:
    return FrameMeter(may_tell, _Running().read)


def may_tell(chunk: bytes) -> bool:
    """Whether its base64 may stand for something with `oken` in it; to decode it takes 7 times as long."""
    return chunk.rfind(_AT_0) >= 0 or chunk.rfind(_AT_1) >= 0 or chunk.rfind(_AT_2) >= 0


def unwrap(payload: bytes) -> bytes:
    chunk = _chunks.read(payload)
    try:
        return binascii.a2b_base64(chunk.bytes) if chunk is not None else b""
    except ValueError:
        return b""


def assemble(stream: bytes) -> bytes | None:
    frames = Frames().feed(stream)
    if not frames:
        return None
    events: list[Json] = []
    failure: Json = {}
    for frame in frames:
        if frame.event == "chunk":
            events.append(as_object(load(unwrap(frame.payload))))
        else:
            failure = {"error": {"type": frame.event, **as_object(load(frame.payload))}}
    return dump(_joined(events) | failure)


def _joined(events: list[Json]) -> Json:
    """As its own format has it: which one, the first event that can tell says."""
    for event in events:
        if as_text(event.get("type")) == "message_start":
            return anthropic_messages.joined(events)
        if "messageStart" in event:
            named = [(name, as_object(body)) for each in events for name, body in each.items() if name != METRICS]
            return bedrock_converse.joined(named)
        if as_text(event.get("object")) == "chat.completion.chunk":
            return openai_chat.joined(events)
    whole: Json = {}
    for event in events:
        _join(whole, event)
    return whole


def _join(whole: Json, piece: Json) -> None:
    for name, value in piece.items():
        if name in _GROWS:
            grow(whole, name, value)
        elif name in _LISTS and isinstance(value, list):
            known = as_list(whole.setdefault(name, []))
            known += [{} for _ in range(len(value) - len(known))]
            for old, new in zip(known, value, strict=False):
                _join(as_object(old), as_object(new))
        else:
            overlay(whole, {name: value})


FORMAT = Format("bedrock_invoke", read_request, read_usage, meter, assemble)
