"""TLS to an upstream on the socket itself, without a memory buffer between.

uvloop and asyncio run TLS through a memory BIO: every byte is copied twice more and every read costs several Python
calls. OpenSSL can read and write the descriptor by itself, and with kernel TLS it need not even encrypt. So a
non-blocking `ssl.SSLSocket` is driven by the loop's readiness callbacks. Both directions may want either readiness.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

# The largest TLS record. A read of that size takes a whole one, so OpenSSL never holds back bytes of which no readiness
# would tell.
_RECORD_BYTES = 16 << 10
_READS = 16  # records taken before other connections have their turn
_HIGH_WATER_BYTES = 64 << 10


def client_context(ca_file: str = "") -> ssl.SSLContext:
    """Verifies by the system's authorities and those in the PEM file `ca_file`; ValueError if that is unusable."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.options |= getattr(ssl, "OP_ENABLE_KTLS", 0)  # Python 3.12 knows it
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise ValueError(f"`{ca_file}` cannot be used as a file of PEM certificates: {error}") from error
    return context


async def shake_hands(
    sock: socket.socket, context: ssl.SSLContext, host: str, session: ssl.SSLSession | None = None
) -> ssl.SSLSocket:
    """Takes over the connected, non-blocking `sock`; closes it where the handshake fails or is cancelled."""
    loop = asyncio.get_running_loop()
    tls: socket.socket | ssl.SSLSocket = sock
    try:
        tls = context.wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False, session=session
        )
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(tls.fileno(), loop.add_reader, loop.remove_reader)
            except ssl.SSLWantWriteError:
                await _ready(tls.fileno(), loop.add_writer, loop.remove_writer)
            else:
                return tls
    except BaseException:
        tls.close()
        raise


async def _ready(fd: int, watch: Callable[[int, Callable[[], None]], object], unwatch: Callable[[int], object]) -> None:
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    watch(fd, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        unwatch(fd)


class TlsTransport(asyncio.Transport):
    """An asyncio transport over a socket whose handshake is done. EOF without close_notify is an error."""

    __slots__ = (
        "_fd",
        "_high_water",
        "_is_closing",
        "_is_full",
        "_is_lost",
        "_is_paused",
        "_is_writer_set",
        "_loop",
        "_low_water",
        "_protocol",
        "_queue",
        "_queued_bytes",
        "_reads_when_writable",
        "_tls",
    )

    def __init__(self, tls: ssl.SSLSocket, protocol: asyncio.Protocol) -> None:
        super().__init__({"socket": tls, "ssl_object": tls})
        self._loop = asyncio.get_running_loop()
        self._tls = tls
        self._fd = tls.fileno()
        self._protocol = protocol
        self._queue: deque[bytes | memoryview] = deque()
        self._queued_bytes = 0
        self._high_water, self._low_water = _HIGH_WATER_BYTES, _HIGH_WATER_BYTES // 4
        self._is_closing = self._is_lost = self._is_paused = self._is_full = False
        self._is_writer_set = self._reads_when_writable = False
        self._loop.add_reader(self._fd, self._read_ready)
        protocol.connection_made(self)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read_ready(self) -> None:
        for _ in range(_READS):
            if self._is_paused or self._is_closing:
                return
            data = self._read()
            if data is None:
                break
            if not data:
                self._end()
                return
            self._protocol.data_received(data)
            # A short record is most often the last: asking for more would cost a system call and an exception.
            if len(data) < _RECORD_BYTES:
                break
        if self._queue:
            self._flush()  # a write may have been waiting for what was read

    def _read(self) -> bytes | None:
        """What is there, b"" at a clean end, None when there is nothing yet or the connection broke."""
        try:
            return self._tls.read(_RECORD_BYTES)  # what `recv` calls, less its questions; so is `write` for `send`
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLWantWriteError:
            self._reads_when_writable = True
            self._watch_writable(wanted=True)
            return None
        except OSError as error:
            self._break(error)
            return None

    def _end(self) -> None:
        self._protocol.eof_received()
        self.abort()

    def pause_reading(self) -> None:
        if not self._is_paused and not self._is_closing:
            self._is_paused = True
            self._loop.remove_reader(self._fd)

    def resume_reading(self) -> None:
        if self._is_paused and not self._is_closing:
            self._is_paused = False
            self._loop.add_reader(self._fd, self._read_ready)

    def is_reading(self) -> bool:
        return not self._is_paused and not self._is_closing

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._is_closing or not data:
            return
        self._queue.append(data if isinstance(data, bytes) else bytes(data))
        self._queued_bytes += len(data)
        if len(self._queue) == 1:
            self._flush()
        if self._queued_bytes > self._high_water and not self._is_full:
            self._is_full = True
            self._protocol.pause_writing()

    def _flush(self) -> None:
        queue = self._queue
        try:
            while queue:
                first = queue[0]
                sent = self._tls.write(first)
                self._queued_bytes -= sent
                if sent == len(first):
                    queue.popleft()
                else:
                    queue[0] = memoryview(first)[sent:]
        except ssl.SSLWantWriteError:
            self._watch_writable(wanted=True)
        except ssl.SSLWantReadError:
            pass  # every read tries again
        except OSError as error:
            self._break(error)
            return
        else:
            self._watch_writable(wanted=False)
            if self._is_closing:
                self._lose(None)
        if self._is_full and self._queued_bytes <= self._low_water:
            self._is_full = False
            self._protocol.resume_writing()

    def _write_ready(self) -> None:
        self._flush()
        if self._reads_when_writable and not self._is_lost:
            self._reads_when_writable = False
            self._read_ready()

    def _watch_writable(self, *, wanted: bool) -> None:
        if wanted and not self._is_writer_set:
            self._is_writer_set = True
            self._loop.add_writer(self._fd, self._write_ready)
        elif not wanted and self._is_writer_set:
            self._is_writer_set = False
            self._loop.remove_writer(self._fd)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high_water = _HIGH_WATER_BYTES if high is None else high
        self._low_water = self._high_water // 4 if low is None else low

    def get_write_buffer_size(self) -> int:
        return self._queued_bytes

    # --- ending -------------------------------------------------------------------------------------------------------

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        """Sends what is queued, says goodbye, then closes."""
        if self._is_closing:
            return
        self._stop_reading()
        if not self._queue:
            self._lose(None)

    def abort(self) -> None:
        """Closes now; what is queued is lost."""
        self._queue.clear()
        self._queued_bytes = 0
        self._stop_reading()
        self._lose(None)

    def _break(self, error: Exception) -> None:
        self._queue.clear()
        self._queued_bytes = 0
        self._stop_reading()
        self._lose(error)

    def _stop_reading(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._loop.remove_reader(self._fd)

    def _lose(self, error: Exception | None) -> None:
        if self._is_lost:
            return
        self._is_lost = True
        self._watch_writable(wanted=False)
        if error is None:
            # Sends close_notify; the other side's is not waited for, and it may be gone altogether.
            with contextlib.suppress(OSError, ValueError):
                self._tls.unwrap()
        self._tls.close()
        self._loop.call_soon(self._protocol.connection_lost, error)
