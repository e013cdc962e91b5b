"""HTTP messages and bodies, as the layers hand them on.

A body that is not yet whole travels from a `Source` to a `Sink`, by plain calls and without a task between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Generator

Headers = list[tuple[bytes, bytes]]
"""Header fields in wire order, names in lower case; a name may stand there more than once."""


FIRST_FAILURE = 400
"""Statuses from here on say that a request failed, whoever is to blame."""


class Sink(Protocol):
    """What takes a body, piece by piece. Exactly one of `end` and `fail` is called, once, last."""

    def write(self, chunk: bytes) -> None: ...
    def end(self) -> None: ...
    def fail(self, error: Exception) -> None: ...


class Source(Protocol):
    """What gives a body to one sink. `start` may call the sink at once, before it returns."""

    def start(self, sink: Sink) -> None: ...
    def pause(self) -> None:
        """Give nothing more until `resume`; what was under way may still come."""

    def resume(self) -> None: ...
    def abort(self) -> None:
        """Nobody wants the rest: free what it holds, and do not call the sink again."""


class Reply(Struct):
    """One answer. `headers` hold no framing and no hop-by-hop fields; the server adds its own.

    `length` is the content-length where it is not `len(body)`: of a Source (None = unknown, sent chunked),
    and of an answer to HEAD (None = not said).
    """

    status: int
    headers: Headers
    body: bytes | Source = b""
    length: int | None = None
    reason: bytes = b""
    raw: bytes = b""
    """What is sent in place of `headers` where it is not empty: the same as lines, each with a line end before it."""

    def __await__(self) -> Generator[object, None, Reply]:
        """Itself, at once: who waits for an answer need not know that there is nothing to wait for."""
        return self
        yield


class Origin(Struct, frozen=True, cache_hash=True):
    """A scheme, host and port: what connections are pooled by."""

    host: str
    port: int
    is_tls: bool = True
    is_untrusted: bool = False
    """A user of the API named it, not the operator: only addresses that `addresses.Reach` permits are connected to."""

    @property
    def authority(self) -> bytes:
        """The Host header's value: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.is_tls else 80
        return (host if self.port == usual else f"{host}:{self.port}").encode()


class Rendered(Struct):
    """The head of calls that differ in their bodies alone, kept by the wire from the first of them on."""

    head: bytes = b""


class Call(Struct):
    """One request to one upstream, ready for the wire, which adds Host and the framing."""

    origin: Origin
    method: bytes
    target: bytes
    headers: Headers
    body: bytes | Source = b""
    length: int | None = None
    rendered: Rendered | None = None
    first_byte_timeout_s: float | None = None
    """Overrides the upstream's own; the whole time from the call to the first byte of the answer."""
