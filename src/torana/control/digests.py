"""By what the store knows a secret that this server made: token, key, session or link."""

from __future__ import annotations

import hashlib


def digest(text: str) -> str:
    """Such a text is random enough for a plain SHA-256 of it to give nothing away."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
