"""How a child process and the supervisor talk: JSON lines over a socket pair.

Each child inherits one end and is told its number as `--leash FD`. The child says `{"ready": {…}}` once and `{"need":
"local"}` when somebody asks for the embedded chat model, `{"need": "embedding"}` for the one that makes vectors. The
supervisor says `{"local": {…}}` (an address or an error), `{"local": null}` when the model has died, and `{"drain":
true}`. The end of the stream means that the other side is gone: a child then drains by itself, so nothing survives a
supervisor that was killed.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from torana.errors import LocalModelMissing

if TYPE_CHECKING:
    from collections.abc import Callable

Fact = str | int | float | bool | None
Model: TypeAlias = Literal["local", "embedding"]
"""Which of the embedded models: the one that chats, or the one that makes vectors."""


class LocalEndpoint(Struct, frozen=True):
    """Where the embedded model listens; `url` has no `/v1` and no slash at its end, an empty key means none."""

    url: str
    key: str


class LocalAnswer(Struct, frozen=True, omit_defaults=True):
    """Either an endpoint, or the error that says why there is none."""

    url: str = ""
    key: str = ""
    error: str = ""


class FromChild(Struct, omit_defaults=True):
    ready: dict[str, Fact] | None = None
    need: Literal["", Model] = ""


class ToChild(Struct, omit_defaults=True):
    drain: bool = False
    local: LocalAnswer | UnsetType | None = UNSET
    embedding: LocalAnswer | UnsetType | None = UNSET


class Cord(asyncio.Protocol):
    """One end, either side's: whole lines in and out. `gone` is called once, when the other end is closed."""

    def __init__(self, take: Callable[[bytes], None], gone: Callable[[], None]) -> None:
        self._take = take
        self._gone = gone
        self._transport: asyncio.Transport | None = None
        self._rest = b""

    @classmethod
    async def tie(cls, end: socket.socket, take: Callable[[bytes], None], gone: Callable[[], None]) -> Cord:
        loop = asyncio.get_running_loop()
        _, cord = await loop.create_unix_connection(lambda: cls(take, gone), sock=end)
        return cord

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream socket's transport writes

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._gone()

    def send(self, message: FromChild | ToChild) -> None:
        """Goes nowhere when the other end is closed."""
        if self._transport is not None:
            self._transport.write(msgspec.json.encode(message) + b"\n")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Wanted:
    """An embedded model that the supervisor starts when it is needed. `known`: for a look-up without a wait."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self.known: LocalEndpoint | None = None
        self._ask = ask
        self._question: asyncio.Future[LocalAnswer] | None = None
        self._is_over = False

    async def need(self) -> LocalEndpoint:
        """Starts the model on its first use; raises LocalModelMissing with what to do about it."""
        if self.known is not None:
            return self.known
        if self._is_over:
            raise LocalModelMissing(_GONE)
        if self._question is None:
            self._question = asyncio.get_running_loop().create_future()
            self._ask()
        # A client that leaves must not take the answer away from the others.
        answer = await asyncio.shield(self._question)
        if answer.error:
            raise LocalModelMissing(answer.error)
        return LocalEndpoint(answer.url, answer.key)

    def forget(self) -> None:
        """The remembered endpoint did not answer: the next `need` asks again."""
        self.known = None

    def told(self, answer: LocalAnswer | UnsetType | None) -> None:
        if answer is None:
            self.known = None
        elif answer is not UNSET:
            self.known = None if answer.error else LocalEndpoint(answer.url, answer.key)
            question, self._question = self._question, None
            if question is not None:
                question.set_result(answer)

    def end(self) -> None:
        self._is_over = True
        self.told(LocalAnswer(error=_GONE))


_GONE = "the embedded model is gone: this server is shutting down"


class Leash:
    """The child's end."""

    def __init__(self) -> None:
        self.local = Wanted(lambda: self._send(FromChild(need="local")))
        self.embedding = Wanted(lambda: self._send(FromChild(need="embedding")))
        self._cord: Cord | None = None
        self._on_drain: Callable[[], None] | None = None
        self._must_drain = False

    @classmethod
    async def hold(cls, fd: int) -> Leash:
        leash = cls()
        end = socket.socket(fileno=fd)
        end.settimeout(0)
        # What this process starts in turn must not keep the leash open.
        end.set_inheritable(False)
        leash._cord = await Cord.tie(end, leash._take, leash._gone)
        return leash

    @property
    def on_drain(self) -> Callable[[], None] | None:
        """Called once, on `{"drain": true}` or when the supervisor is gone; at once if that was already so."""
        return self._on_drain

    @on_drain.setter
    def on_drain(self, call: Callable[[], None] | None) -> None:
        self._on_drain = call
        if call is not None and self._must_drain:
            call()

    def ready(self, **facts: Fact) -> None:
        self._send(FromChild(ready=facts))

    def close(self) -> None:
        if self._cord is not None:
            self._cord.close()

    def _send(self, message: FromChild) -> None:
        if self._cord is not None:
            self._cord.send(message)

    def _take(self, line: bytes) -> None:
        message = msgspec.json.decode(line, type=ToChild)
        if message.drain:
            self._drain()
        self.local.told(message.local)
        self.embedding.told(message.embedding)

    def _gone(self) -> None:
        self.local.end()
        self.embedding.end()
        self._drain()

    def _drain(self) -> None:
        if not self._must_drain:
            self._must_drain = True
            if self._on_drain is not None:
                self._on_drain()
