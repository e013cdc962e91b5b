"""Embeddings of all providers: nothing but the input is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Format, Usage
from torana.formats import openai_usage
from torana.formats.cohere import passing as cohere
from torana.formats.counts import Count
from torana.formats.gemini import passing as gemini
from torana.formats.gemini.passing import read_request
from torana.formats.json import Reader
from torana.formats.meter import NoMeter

if TYPE_CHECKING:
    from torana.exchange import Meter


class _Statistics(Struct):
    token_count: Count | None = None


class _Embedding(Struct):
    statistics: _Statistics | None = None


class _Prediction(Struct):
    embeddings: _Embedding | None = None


class _Reply(Struct):
    usage: openai_usage.Stated | None = None
    meta: cohere.Stated | None = None
    usageMetadata: gemini.Stated | None = None  # noqa: N815  # Google's own name
    predictions: list[_Prediction] | None = None
    """Vertex."""
    inputTextTokenCount: Count | None = None  # noqa: N815  # Titan's own name


_replies = Reader(_Reply)


def read_usage(body: bytes) -> Usage | None:
    reply = _replies.read(body)
    if reply is None:
        return None
    if reply.inputTextTokenCount is not None:
        return Usage(reply.inputTextTokenCount)
    return (
        openai_usage.spent(reply.usage)
        or cohere.spent(reply.meta)
        or gemini.spent(reply.usageMetadata)
        or _of_predictions(reply.predictions)
    )


def _of_predictions(predictions: list[_Prediction] | None) -> Usage | None:
    told = [p.embeddings.statistics for p in predictions or () if p.embeddings and p.embeddings.statistics]
    counts = [each.token_count for each in told if each.token_count is not None]
    return Usage(sum(counts)) if counts else None


def meter() -> Meter:
    return NoMeter()


def assemble(stream: bytes) -> bytes | None:  # noqa: ARG001  # a Format's shape; embeddings are not streamed
    return None


FORMAT = Format("embeddings", read_request, read_usage, meter, assemble)
