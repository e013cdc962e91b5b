"""What threads decode is made known to msgspec before there are threads.

At the first decode of a Struct msgspec (0.22) keeps what it finds out of its fields where every thread sees it, before
it is whole: a second thread that decodes the same kind at that moment ends the process with SIGSEGV.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator


def learn(under: type[Struct] = Struct) -> set[type[Struct]]:
    """All kinds of Struct that are defined by now, but those that cannot be decoded and so never are."""
    learned = set()
    for kind in _below(under):
        with suppress(TypeError, NameError):
            msgspec.json.Decoder(kind)
            learned.add(kind)
    return learned


def _below(kind: type[Struct]) -> Iterator[type[Struct]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
