"""OpenRouter's host, `/api/v1/…`: what its requests say, what its answers and errors look like."""

from __future__ import annotations

from torana.surfaces.router.errors import refuse

__all__ = ["refuse"]
