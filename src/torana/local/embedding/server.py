"""The embedding model's process: `POST /v1/embeddings` as OpenAI has it, on loopback, behind a key.

Its standard input is its leash, as the chat model's is: the first line is the `Order`, and when it closes the process
ends. One thread computes, one text after the other, while the loop answers; whoever would have to wait for long is
refused, since nobody waits that long for a cache.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.local.model import Listening, Order
from torana.message import Reply
from torana.wire.deadlines import Deadlines
from torana.wire.server import Server, ServerLimits

if TYPE_CHECKING:
    from torana.errors import ToranaError
    from torana.exchange import Request
    from torana.local.embedding.minilm import MiniLM

MOST_WAITING = 16
"""Texts, the one being computed included; at 15 to 60 ms each, who comes later would wait for a second."""
MOST_TEXTS = 16
_MOST_BYTES = 256 << 10
_NICENESS = 10
_SWEEP_S = 1.0
_JSON = [(b"content-type", b"application/json")]
_UNAUTHORIZED, _NOT_FOUND, _BAD, _BUSY = 401, 404, 400, 503


class Wish(Struct):
    input: str | list[str]
    model: str = ""


class Vector(Struct):
    index: int
    embedding: list[float]
    object: str = "embedding"


class Vectors(Struct):
    data: list[Vector]
    model: str
    object: str = "list"


class Embeddings:
    """Answers requests; needs a running loop."""

    def __init__(self, model: MiniLM, order: Order) -> None:
        self._model = model
        self._order = order
        self._bearer = b"Bearer " + order.key.encode()
        self._threads = ThreadPoolExecutor(1, "embedding")
        self._waiting = 0

    async def handle(self, request: Request) -> Reply:
        if dict(request.headers).get(b"authorization") != self._bearer:
            return _error(_UNAUTHORIZED, "this key is not the one")
        if (request.method, request.target) != (b"POST", b"/v1/embeddings"):
            return _error(_NOT_FOUND, "there is `POST /v1/embeddings`, and nothing else")
        try:
            wish = msgspec.json.decode(request.body if type(request.body) is bytes else b"", type=Wish)
        except msgspec.DecodeError as error:
            return _error(_BAD, str(error))
        texts = [wish.input] if isinstance(wish.input, str) else wish.input
        if not 0 < len(texts) <= MOST_TEXTS:
            return _error(_BAD, f"`input` has 1 to {MOST_TEXTS} texts")
        if self._waiting + len(texts) > MOST_WAITING:
            return _error(_BUSY, "too many texts are waiting")
        return await self._computed(texts)

    async def _computed(self, texts: list[str]) -> Reply:
        self._waiting += len(texts)
        try:
            vectors = await asyncio.get_running_loop().run_in_executor(self._threads, self._compute, texts)
        except ValueError as error:
            return _error(_BAD, str(error))
        finally:
            self._waiting -= len(texts)
        return Reply(200, _JSON, msgspec.json.encode(Vectors(vectors, self._order.alias)))

    def _compute(self, texts: list[str]) -> list[Vector]:
        return [Vector(index, self._model.embed(text).tolist()) for index, text in enumerate(texts)]


def refuse(error: ToranaError, request: Request | None) -> Reply:  # noqa: ARG001  # the wire's own shape
    return _error(error.status, error.message)


def _error(status: int, message: str) -> Reply:
    return Reply(status, _JSON, msgspec.json.encode({"error": {"message": message}}))


async def serve(model: MiniLM, order: Order, said: int) -> None:
    """Until standard input closes, which ends the process."""
    deadlines = Deadlines(asyncio.get_running_loop(), _SWEEP_S)
    deadlines.start()
    server = Server(Embeddings(model, order).handle, refuse, ServerLimits(max_body_bytes=_MOST_BYTES), deadlines)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0)
    port: int = listener.getsockname()[1]
    await server.start(listener)
    os.write(said, msgspec.json.encode(Listening(f"http://127.0.0.1:{port}")) + b"\n")
    os.close(said)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    await asyncio.Event().wait()


def _end_with_stdin() -> None:
    while os.read(0, 1 << 16):
        continue
    os._exit(0)


def main() -> None:
    said = os.dup(1)
    os.dup2(2, 1)
    order = msgspec.json.decode(_first_line(), type=Order)
    # More threads would spin on the cores that the workers need, and win little on so small matrices.
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), str(order.threads or 1))
    os.nice(_NICENESS)  # inference for a cache must not take the core from what is being answered
    from torana.local.embedding.minilm import MiniLM  # noqa: PLC0415  # numpy reads the variables when it is imported
    from torana.local.embedding.onnx import OnnxError  # noqa: PLC0415  # the same

    try:
        model = MiniLM(Path(order.path))
    except OnnxError as error:
        os.write(said, msgspec.json.encode(Listening("", str(error))) + b"\n")
        sys.exit(1)
    asyncio.run(serve(model, order, said))


def _first_line() -> bytes:
    """Unbuffered: what follows it is read by another thread, from the descriptor."""
    line = b""
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return line


if __name__ == "__main__":
    main()
