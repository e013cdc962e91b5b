"""A client that keeps its connection repeats itself: a head that came before is compared, not parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from torana.exchange import Memo, Request

if TYPE_CHECKING:
    from typing import Self

    from torana.wire.server_shared import ServerLimits

_LONGEST = 8 << 10  # one is kept for each connection
_MOST_DIGITS = 18
_LENGTH_LINE = b"\r\ncontent-length:"


class KnownHead:
    """The bytes of a head that was parsed and found good, less the digits of its content-length, and what came of it.

    Whatever equals it but for those digits would be parsed to the same request, so it need not be. As many digits as
    before: nearly always so, and quicker to compare.
    """

    __slots__ = ("_digits", "_last", "_limits", "_request", "_rest", "_start")

    def __init__(self, request: Request, head: bytes, start: int, end: int, limits: ServerLimits) -> None:
        request.memo = Memo()
        self._request = replace(request, length=None)
        self._start = head[:start]
        self._digits = (start, end)
        self._rest = head[end:]
        self._limits = limits
        self._last = (b"", 0)

    @classmethod
    def of(cls, head: bytes, request: Request, digits: bytes, limits: ServerLimits) -> Self | None:
        """`digits` of its content-length, empty where it has none; None where the head is too long to be kept."""
        if len(head) > _LONGEST or len(digits) > _MOST_DIGITS:
            return None
        if not digits:
            return cls(request, head, len(head), len(head), limits)
        start = head.index(digits, head.lower().index(_LENGTH_LINE) + len(_LENGTH_LINE))
        return cls(request, head, start, start + len(digits), limits)

    def again(self, data: bytes) -> Request | None:
        """The request where `data` is this head again and the whole of a body that need not be streamed, no more."""
        if not data.startswith(self._start):
            return None
        start, end = self._digits
        if end == start:
            return self._request if len(data) == end else None
        digits = data[start:end]
        length = self._last[1] if digits == self._last[0] else self._length(digits)
        if length is None or not data.startswith(self._rest, end):
            return None
        body = data[end + len(self._rest) :]
        if len(body) != length or length > self._limits.stream_body_over_bytes:
            return None
        return replace(self._request, body=body)

    def begun(self, data: bytes) -> tuple[Request, int] | None:
        """The request, and where its body begins, where `data` is this head again and less than its body.

        Many clients write head and body apart.
        """
        start, end = self._digits
        length = self._length(data[start:end])
        if length is None or not (data.startswith(self._start) and data.startswith(self._rest, end)):
            return None
        end += len(self._rest)
        if len(data) - end >= length or length > self._limits.max_body_bytes:
            return None
        return replace(self._request, length=length), end

    def _length(self, digits: bytes) -> int | None:
        """As the last one said, or read anew, which costs as much as all the rest; None where it is no number."""
        if digits != self._last[0]:
            if not digits.isdigit():
                return None
            self._last = (digits, int(digits))
        return self._last[1]
