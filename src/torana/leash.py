"""How a child process and the supervisor talk: JSON lines over a socket pair.

Each child inherits one end and is told its number as `--leash FD`. The child says `{"ready": {…}}` once and
`{"need": "local"}` when somebody asks for the embedded model. The supervisor says `{"local": {…}}` (an address or an
error), `{"local": null}` when the model has died, and `{"drain": true}`. The end of the stream means that the other
side is gone: a child then drains by itself, so nothing survives a supervisor that was killed.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from torana.errors import LocalModelMissing

if TYPE_CHECKING:
    from collections.abc import Callable

Fact = str | int | float | bool | None


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
    need: Literal["", "local"] = ""


class ToChild(Struct, omit_defaults=True):
    drain: bool = False
    local: LocalAnswer | UnsetType | None = UNSET


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


class Leash:
    """The child's end. `local` is the remembered endpoint, for a look-up without a wait; None = ask `need_local`."""

    def __init__(self) -> None:
        self.local: LocalEndpoint | None = None
        self._cord: Cord | None = None
        self._question: asyncio.Future[LocalAnswer] | None = None
        self._on_drain: Callable[[], None] | None = None
        self._must_drain = False
        self._is_alone = False

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

    async def need_local(self) -> LocalEndpoint:
        """Starts the model on its first use; raises LocalModelMissing with what to do about it."""
        if self.local is not None:
            return self.local
        if self._is_alone:
            raise LocalModelMissing("the embedded model is gone: this server is shutting down")
        if self._question is None:
            self._question = asyncio.get_running_loop().create_future()
            self._send(FromChild(need="local"))
        # A client that leaves must not take the answer away from the others.
        answer = await asyncio.shield(self._question)
        if answer.error:
            raise LocalModelMissing(answer.error)
        return LocalEndpoint(answer.url, answer.key)

    def forget_local(self) -> None:
        """The remembered endpoint did not answer: the next `need_local` asks again."""
        self.local = None

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
        if message.local is None:
            self.local = None
        elif message.local is not UNSET:
            self._answer(message.local)

    def _answer(self, answer: LocalAnswer) -> None:
        self.local = None if answer.error else LocalEndpoint(answer.url, answer.key)
        question, self._question = self._question, None
        if question is not None:
            question.set_result(answer)

    def _gone(self) -> None:
        self._is_alone = True
        self._answer(LocalAnswer(error="the embedded model is gone: this server is shutting down"))
        self._drain()

    def _drain(self) -> None:
        if not self._must_drain:
            self._must_drain = True
            if self._on_drain is not None:
                self._on_drain()
