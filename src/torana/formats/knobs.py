"""Tuning knobs that a format does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from torana.formats.json import Json
    from torana.formats.translation import Brief

_USUAL: Json = {
    "n": 1,
    "parallel_tool_calls": True,
    "store": False,
    "logprobs": False,
    "top_logprobs": 0,
    "echo": False,
}
"""What goes without saying."""


def drop_rest(request: Json, read: Container[str], brief: Brief) -> None:
    """Names all that was asked for and not read."""
    for name, value in request.items():
        if value is not None and name not in read and not (name in _USUAL and value == _USUAL[name]):
            brief.drop(name)
