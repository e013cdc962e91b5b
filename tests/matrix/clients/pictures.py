"""Images as several SDKs want them."""

from __future__ import annotations

import base64


def coded(image: bytes) -> str:
    return base64.b64encode(image).decode()


def as_url(image: bytes | str) -> str:
    return image if isinstance(image, str) else f"data:image/png;base64,{coded(image)}"
