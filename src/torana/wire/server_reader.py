"""Bytes of a client in, one request at a time out; no I/O.

llhttp parses; what it lets through and HTTP does not is checked here, on the head as one piece: a head is fed to the
parser only when it is whole, so any cut of the same bytes gives the same result. llhttp never sees a byte beyond the
message it is in: httptools cannot pause it, and a second request would be parsed before the first is answered.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from torana.errors import (
    BodyTooLarge,
    ExpectationFailed,
    HeadersTooLarge,
    MalformedRequest,
    ToranaError,
    UpgradeRefused,
    UrlTooLong,
)
from torana.exchange import Request
from torana.wire.http1 import is_field_value, list_items
from torana.wire.server_known import KnownHead

if TYPE_CHECKING:
    from torana.message import Headers
    from torana.wire.server_shared import ServerLimits

_HEAD_END = b"\r\n\r\n"
_LONGEST_METHOD = 32
_CHUNK_ALLOWANCE = 24
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_ONCE = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"content-type"})
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.%]+\]|[0-9A-Za-z\-._~!$&'()*+,;=%]*)(?::\d*)?")
_ABSOLUTE = re.compile(rb"https?://[^/?#]+", re.IGNORECASE)


class RequestReader:
    """`feed_head` until it gives a request, then, unless `is_whole`, `feed_body` until it is; then `feed_head` again.

    Both raise ToranaError, after which nothing more may be fed. Bytes beyond the message wait in `held`.
    """

    __slots__ = (
        "_chunks",
        "_fields",
        "_is_tls",
        "_known",
        "_left",
        "_limits",
        "_parser",
        "_raw",
        "_remote",
        "_skipped",
        "_small",
        "_tail",
        "_trusted_host",
        "expects_continue",
        "held",
        "is_chunked",
        "is_head",
        "is_old",
        "is_plain",
        "is_whole",
        "keep_alive",
        "parts",
        "request",
        "size",
    )

    def __init__(self, limits: ServerLimits, remote: str, *, is_tls: bool) -> None:
        self._limits = limits
        self._remote = remote
        self._is_tls = is_tls
        self._small = min(limits.max_url_bytes, limits.max_header_bytes)
        self._parser: HttpRequestParser | None = None
        self._fields: Headers = []
        self._known: KnownHead | None = None
        self._trusted_host = b""
        self._left = self._raw = self._chunks = 0
        self._tail = b""
        self._skipped = False
        self.held = b""
        self.parts: list[bytes] = []
        self.size = 0
        self.request: Request | None = None
        self.is_whole = self.is_chunked = self.is_head = self.is_old = self.keep_alive = self.expects_continue = False
        self.is_plain = False
        """Neither HEAD nor HTTP/1.0: its answer has a body, and says nothing of the connection if that is kept."""

    def close(self) -> None:
        """Breaks the ring with the parser, which only the garbage collector would find."""
        self._parser = None

    # The parser's callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.parts.append(body)
        self.size += len(body)

    def on_chunk_header(self) -> None:
        self._chunks += 1

    def on_message_complete(self) -> None:
        self.is_whole = True

    # Heads

    def repeated(self, piece: bytes) -> Request | None:
        """The request, body and all, where the piece is just that and its head is the last one's; else None."""
        if self._known is None or self.held:
            return None
        request = self._known.again(piece)
        if request is not None:
            self.request = request  # its flags are the last one's, and stand
        return request

    def feed_head(self, piece: bytes) -> Request | None:
        """The request when its head is whole; what followed of its body is in `parts` already."""
        if self._known is not None and not self.held and (begun := self._known.begun(piece)) is not None:
            self.request, end = begun
            self.is_whole, self.size, self._left = False, 0, self.request.length or 0
            self.held = piece[end:]
            self._go_on_with_held()
            return self.request
        if self.held:
            data = self.held + piece
            end = data.find(_HEAD_END, max(0, len(self.held) - 3))
        else:
            data = piece
            end = data.find(_HEAD_END)
        self.request = None
        self.is_whole = self.is_chunked = self.is_head = self.is_old = self.keep_alive = self.expects_continue = False
        self.size = 0
        if end < 0:
            self._check_beginning(data, piece)
            return None
        line_end = data.find(b"\r\n")
        if line_end == 0:
            self.held = b""
            return self.feed_head(self._skip_line(data))
        self._skipped = False
        end += 4
        self.held = data[end:]
        head = data[:end]
        if end > self._small:
            self._check_sizes(head, line_end)
        request = self._read(head, line_end)
        self._go_on_with_held()
        return request

    def _go_on_with_held(self) -> None:
        if self.held and not self.is_whole:
            data, self.held = self.held, b""
            self.feed_body(data)

    def _skip_line(self, data: bytes) -> bytes:
        """One empty line before a request is tolerated (RFC 9112, 2.2): old clients send it after a POST."""
        if self._skipped:
            raise MalformedRequest("empty lines stand where a request should begin")
        self._skipped = True
        return data[2:]

    def _check_beginning(self, data: bytes, piece: bytes) -> None:
        """What is wrong already need not wait for its end, which may never come."""
        if self.held[-1:] == b"\r":
            piece = b"\r" + piece
        if data[:2] == b"\r\n":
            data = self._skip_line(data)
        self.held = data
        if data and data != b"\r" and not data[:1].isupper():
            raise MalformedRequest("this is not the beginning of an HTTP request")
        if piece.count(b"\n") != piece.count(b"\r\n"):
            self._note(data[: max(0, data.find(b"\r\n"))])
            raise MalformedRequest("a line ends in LF without CR")
        if len(data) > self._small:
            self._check_sizes(data, data.find(b"\r\n"))

    def _note(self, line: bytes) -> None:
        """For the refusal that follows: whose family of URLs it is, where the first line is sound."""
        if is_field_value(line):
            with contextlib.suppress(ToranaError):
                self.request = self._begin(line)

    def _check_sizes(self, head: bytes, line_end: int) -> None:
        limits = self._limits
        method_end = head.find(b" ", 0, _LONGEST_METHOD)
        if method_end < 0:
            raise MalformedRequest("the request does not begin with a method")
        target_end = head.find(b" ", method_end + 1, line_end if line_end >= 0 else len(head))
        length = (target_end if target_end >= 0 else len(head)) - method_end - 1
        if length > limits.max_url_bytes:
            raise UrlTooLong(f"the request target is longer than {limits.max_url_bytes} bytes")
        if line_end >= 0 and len(head) - line_end - 4 > limits.max_header_bytes:
            self._note(head[:line_end])
            raise HeadersTooLarge(f"the header fields together are longer than {limits.max_header_bytes} bytes")

    def _begin(self, line: bytes) -> Request:
        """The request line alone; the fields come into `headers` as the parser finds them."""
        try:
            method, target, version = line.split(b" ")
        except ValueError:
            raise MalformedRequest("the request line is not `METHOD target HTTP/1.1`") from None
        if not method[:1].isupper():  # llhttp would pass over line ends before it
            raise MalformedRequest("the request does not begin with a method")
        if version != b"HTTP/1.1":
            if method == b"PRI":
                raise UpgradeRefused("HTTP/2 is not spoken here: use HTTP/1.1")
            if version != b"HTTP/1.0":
                raise MalformedRequest("the HTTP version is neither 1.1 nor 1.0")
            self.is_old = True
        if target[:1] != b"/":
            target = _origin_form(method, target)
        self.is_head = method == b"HEAD"
        self.is_plain = not (self.is_head or self.is_old)
        self._fields = []
        return Request(method, target, self._fields, b"", None, self._remote, self._is_tls)

    def _read(self, head: bytes, line_end: int) -> Request:
        request = self._begin(head[:line_end])
        self._known = None
        parser = self._parser = self._parser or HttpRequestParser(self)
        try:
            parser.feed_data(head)
        except HttpParserUpgrade:
            self._ignore_upgrade(request)
        except HttpParserError as error:
            self._note(head[:line_end])
            raise MalformedRequest(f"the request's head is not HTTP: {error}") from None
        self.request = request
        headers = request.headers
        # llhttp refuses control bytes and folds; that it took each line for one field, and no other, is counted here.
        if head.count(b"\n") != len(headers) + 2:
            raise MalformedRequest("the request's head holds a stray line break")
        # `find` and not `in`: for bytes that first tries the needle as a number, and fails, at four times the cost.
        if head.find(b" \r\n") >= 0 or head.find(b"\t") >= 0:
            headers[:] = [(name, value.rstrip(b" \t")) for name, value in headers]
        fields = dict(headers)
        if len(fields) != len(headers):
            _check_repeated(headers, fields)
        if fields.get(b"host") != self._trusted_host:
            self._check_host(fields.get(b"host"))
        if b"content-length" in fields or b"transfer-encoding" in fields:
            self._read_framing(request, fields)
        if b"expect" in fields or b"upgrade" in fields:
            self._read_wishes(fields)
        self.keep_alive = self._is_kept(fields.get(b"connection"))
        if self.keep_alive and not (self.is_old or self.is_chunked or self.expects_continue or b"upgrade" in fields):
            self._known = KnownHead.of(head, request, fields.get(b"content-length", b""), self._limits)
        return request

    def _is_kept(self, connection: bytes | None) -> bool:
        if connection is None or (connection == b"keep-alive" and not self.is_old):
            return not self.is_old
        options = list_items(connection)
        return b"close" not in options and (not self.is_old or b"keep-alive" in options)

    def _check_host(self, host: bytes | None) -> None:
        if host is None:
            if not self.is_old:
                raise MalformedRequest("an HTTP/1.1 request needs a Host header")
        elif _HOST.fullmatch(host) is None:
            raise MalformedRequest("the Host header is not a host name with an optional port")
        else:
            # A connection's requests nearly always name the same host: the next one is a comparison.
            self._trusted_host = host

    def _read_framing(self, request: Request, fields: dict[bytes, bytes]) -> None:
        request.headers = [field for field in request.headers if field[0] not in _FRAMING]
        coding = fields.get(b"transfer-encoding")
        if coding is None:
            given = fields[b"content-length"]
            if not given.isdigit():
                raise MalformedRequest("Content-Length is not a number")
            self._left = request.length = int(given)
            if self._left > self._limits.max_body_bytes:
                raise BodyTooLarge(f"the body is longer than {self._limits.max_body_bytes} bytes")
            if self._left:
                self._parser = None  # it waits for the body, which needs no parser
            return
        if coding.lower() != b"chunked":
            raise MalformedRequest("the only transfer coding understood is `chunked`")
        if self.is_old or b"content-length" in fields:
            raise MalformedRequest("Transfer-Encoding cannot stand beside Content-Length or in HTTP/1.0")
        self.is_chunked = True
        self._fields = []  # trailers go there, and nowhere
        self._tail = b""
        self._raw = self._chunks = 0

    def _read_wishes(self, fields: dict[bytes, bytes]) -> None:
        # Other protocols are ignored, as a server may; who asks for a WebSocket could do nothing with a plain answer.
        if b"websocket" in list_items(fields.get(b"upgrade", b"")):
            raise UpgradeRefused("WebSockets are not served here yet: send this as a plain HTTP request")
        if b"expect" not in fields or self.is_old:
            return  # HTTP/1.0 had no such thing (RFC 9110, 10.1.1)
        if fields[b"expect"].lower() != b"100-continue":
            raise ExpectationFailed("the only expectation met here is `100-continue`")
        self.expects_continue = not self.is_whole

    def _ignore_upgrade(self, request: Request) -> None:
        """To refuse is to go on in HTTP/1.1 (RFC 9110, 7.8). llhttp stopped at it: a new parser takes its place."""
        kept = [(n, v) for n, v in request.headers if n in (b"content-length", b"transfer-encoding")]
        lines = b"".join([b"%b: %b\r\n" % field for field in kept])
        self._parser = HttpRequestParser(self)
        self._fields = []
        self.is_whole = False
        try:
            self._parser.feed_data(b"%b / HTTP/1.1\r\n%b\r\n" % (request.method, lines))
        except (HttpParserError, HttpParserUpgrade) as error:
            raise MalformedRequest(f"the request's head is not HTTP: {error}") from None

    # Bodies

    def feed_body(self, data: bytes) -> bool:
        """True when the body is whole. What came of it is added to `parts`, whose taker empties it."""
        if not self.is_chunked:
            return self._feed_counted(data)
        try:
            self._feed_chunks(data)
        except HttpParserError as error:
            raise MalformedRequest(f"the request's body is not HTTP: {error}") from None
        return self.is_whole

    def _feed_counted(self, data: bytes) -> bool:
        left = self._left - self.size
        if len(data) > left:
            self.held = data[left:]
            data = data[:left]
        self.parts.append(data)
        self.size += len(data)
        self.is_whole = self.size == self._left
        return self.is_whole

    def _feed_chunks(self, data: bytes) -> None:
        """Fed up to each empty line, since only there can a chunked message end, and what follows must stay outside."""
        limits, parser = self._limits, self._parser
        assert parser is not None  # noqa: S101  # only a counted body has none
        window = self._tail + data
        at, cut = len(self._tail), 0
        while at < len(window) and not self.is_whole:
            found = window.find(_HEAD_END, cut)
            cut = found + 1
            end = found + 4 if found >= 0 else len(window)
            self._raw += end - at
            parser.feed_data(window[at:end])
            at = end
            if self.size > limits.max_body_bytes:
                raise BodyTooLarge(f"the body is longer than {limits.max_body_bytes} bytes")
            if self._raw - self.size - self._chunks * _CHUNK_ALLOWANCE > limits.max_header_bytes:
                raise HeadersTooLarge("the chunk extensions and trailers are too long")
        self.held = window[at:]
        self._tail = window[max(0, at - 3) : at]

    def is_json(self) -> bool:
        """Whether the body says it is JSON, which is always gathered: it has to be looked into."""
        headers = self.request.headers if self.request is not None else []
        kind = (
            next((value for name, value in headers if name == b"content-type"), b"").partition(b";")[0].rstrip().lower()
        )
        return kind == b"application/json" or kind.endswith(b"+json")

    def take(self) -> bytes:
        """The whole body, gathered."""
        parts = self.parts
        if not parts:
            return b""
        self.parts = []
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _origin_form(method: bytes, target: bytes) -> bytes:
    """Absolute targets as a proxy would send them, reduced to path and query; `*` for OPTIONS (RFC 9112, 3.2)."""
    if method == b"CONNECT":
        raise MalformedRequest("CONNECT is not served: this is a gateway, not a forward proxy")
    if target == b"*" and method == b"OPTIONS":
        return target
    match = _ABSOLUTE.match(target)
    if match is None:
        raise MalformedRequest("the request target is neither a path nor an http URL")
    rest = target[match.end() :]
    return rest if rest[:1] == b"/" else b"/" + rest


def _check_repeated(headers: Headers, fields: dict[bytes, bytes]) -> None:
    """Some fields make sense once; two of them are how requests are smuggled."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name in _ONCE:
            raise MalformedRequest(f"the header `{name.decode()}` stands there twice")
        seen.add(name)
    if b"connection" in fields:
        fields[b"connection"] = b",".join([value for name, value in headers if name == b"connection"])
