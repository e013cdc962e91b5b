"""Thought signatures: Gemini's one opaque field for what a model is to be given back.

It is bytes, base64 on the wire, and clients write it anew in either alphabet. So what is sealed is wrapped in base64.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

from torana.formats.reasoning import seal, unseal

if TYPE_CHECKING:
    from torana.formats.json import Json

SKIP = "skip_thought_signature_validator"
"""What Google's documentation tells to send where a call was made by another model, and has no signature."""
_SEALED = "dG9yYW5hMS"
"""How base64 of what is sealed begins: that of `torana1`, and most of its dot."""
_TO_URL = str.maketrans("+/", "-_")


def wrap(details: list[Json]) -> str:
    """Details of other providers, as a signature."""
    return urlsafe_b64encode(seal(details).encode()).decode()


def unwrap(signature: str) -> list[Json] | None:
    """None where it is Google's own."""
    if not signature.startswith(_SEALED):
        return None
    plain = signature.rstrip("=").translate(_TO_URL)
    try:
        sealed = urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    return unseal(sealed)
