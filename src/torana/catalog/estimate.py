"""What may a request use, and what has a cut answer used? Estimates, where nobody states it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torana.catalog.prices import ModelPrice
    from torana.exchange import Asked

USUAL_TOKENS_OUT = 4_096
"""Of an answer whose request does not say how long it may be."""
_BYTES_A_TOKEN_AT_LEAST = 2
"""Of a request: English has 4 and more, and what has fewer than 2 is rare."""
_LONG_BYTES = 16 << 10
_BASE64 = re.compile(rb";base64,([A-Za-z0-9+/=_-]+)|\"(?:data|bytes)\"\s*:\s*\"([A-Za-z0-9+/=_-]{4096,})\"")
_BASE64_BYTES_A_TOKEN = 16
"""Of pictures and files, which are billed by their sides and pages: far fewer tokens than bytes."""
_TEXT = re.compile(
    rb'"(?:content|text|delta|thinking|reasoning|reasoning_content|partial_json|arguments)"'
    rb'\s*:\s*"([^"\\]*(?:\\.[^"\\]*)*)"'
)
_BYTES_A_TOKEN = 4
_OTHER_BYTES_A_TOKEN = 16
_MOST_READ = 1 << 20


def weigh(body: bytes) -> int:
    """Its bytes; of pictures and files within it, only as many as count."""
    if len(body) <= _LONG_BYTES:
        return len(body)
    encoded = sum(len(a or b) for a, b in _BASE64.findall(body))
    return len(body) - encoded + encoded * _BYTES_A_TOKEN_AT_LEAST // _BASE64_BYTES_A_TOKEN


def most(asked: Asked, weight: int, price: ModelPrice | None) -> tuple[int, int]:
    """Tokens in and out that the request may use, on the dear side.

    They are one for two bytes, and all that the answer may have. A model's window bounds both, where it is known.
    History that lies with the provider is not seen.
    """
    tokens_in = weight // _BYTES_A_TOKEN_AT_LEAST + 1
    tokens_out = asked.max_tokens_out or USUAL_TOKENS_OUT
    if price is not None:
        context = price.context
        if price.output is None:
            tokens_out = 0
        if context is not None and (tokens_in > context or tokens_out > context):
            tokens_in, tokens_out = min(tokens_in, context), min(tokens_out, context)
    return tokens_in, tokens_out * asked.answers


def likely_in(tokens_in: int) -> int:
    """Of what `most` says, what the request has probably used."""
    return -(-tokens_in // 2)


def produced(body: bytes, size: int) -> int:
    """Tokens of an answer that states none, or was cut: by its texts, as far as `body` has them of `size` bytes.

    An event of a stream is a token at least.
    """
    read = body[:_MOST_READ]
    texts = [text for text in _TEXT.findall(read) if text]
    if not texts:
        return max(size, len(body)) // _OTHER_BYTES_A_TOKEN
    tokens = max(len(texts), sum(map(len, texts)) // _BYTES_A_TOKEN)
    return tokens * max(size, len(body)) // len(read)
