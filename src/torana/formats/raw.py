"""Whatever else passes through: speech, images, lists of models; nothing of it is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.exchange import Format
from torana.formats.json import read_request
from torana.formats.meter import NoMeter

if TYPE_CHECKING:
    from torana.exchange import Meter, Usage


def read_usage(body: bytes) -> Usage | None:  # noqa: ARG001  # a Format's shape
    return None


def meter() -> Meter:
    return NoMeter()


def assemble(stream: bytes) -> bytes | None:  # noqa: ARG001  # a Format's shape
    return None


FORMAT = Format("raw", read_request, read_usage, meter, assemble)
