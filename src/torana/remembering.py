"""Responses that clients may go on from: the newest in memory, all of them with the control plane.

What is kept travels in the journal's record of the exchange, and the ingester stores it. A response is found by the
account, gateway and caller that it was made for. One that another worker made a moment ago is asked for there too: the
control plane takes in the journal before it looks.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from msgspec import Struct

from torana.errors import Overloaded, ToranaError
from torana.formats.json import UNREADABLE, Json, dump
from torana.formats.openai_responses.chain import Link, is_ours, link_of
from torana.gathering import gather
from torana.message import Call
from torana.wire.errand import in_task

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from typing import Protocol

    from torana.exchange import Exchange
    from torana.message import Origin, Reply

    class Sender(Protocol):
        def send(self, call: Call) -> Awaitable[Reply]: ...


KEY_FILE = "responses.key"
MEMORY_BYTES = 32 << 20
MOST_LINKS = 1_000
_LARGEST = 8 << 20
_MOST_READ = 256 << 20
_OVERHEAD_BYTES = 512
_FRESH_S = 30.0
"""So long after another worker deleted a response this one may still go on from it."""
_PATIENCE_S = 10.0
_PAUSES_S = (0.05, 0.1, 0.2)
"""Between looks for a response that was begun lately: its record may be about to be written."""
_LATELY_S = 3_600.0
_OK, _GONE = 200, 404
_STATES = frozenset({"completed", "incomplete"})

_read_link = msgspec.json.Decoder(Link).decode
_read_links = msgspec.json.Decoder(list[Link]).decode


class Owner(Struct, frozen=True):
    """Whose a response is."""

    account_id: str
    gateway_id: str
    caller: str


class _Kept(Struct):
    content: bytes
    since_s: float


class Memory:
    """The newest responses, least recently used first out; bounded in bytes."""

    def __init__(self, limit: int = MEMORY_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._kept: dict[tuple[Owner, str], _Kept] = {}
        self.bytes = 0

    def put(self, owner: Owner, id_: str, content: bytes) -> None:
        self.drop(owner, id_)
        self._kept[owner, id_] = _Kept(content, self._clock())
        self.bytes += len(content) + _OVERHEAD_BYTES
        while self.bytes > self._limit:
            self.drop(*next(iter(self._kept)))

    def get(self, owner: Owner, id_: str, *, is_stale_good: bool = False) -> bytes | None:
        found = self._kept.pop((owner, id_), None)
        if found is None:
            return None
        self._kept[owner, id_] = found  # behind the others
        is_fresh = self._clock() - found.since_s < _FRESH_S
        return found.content if is_fresh or is_stale_good else None

    def drop(self, owner: Owner, id_: str) -> None:
        found = self._kept.pop((owner, id_), None)
        if found is not None:
            self.bytes -= len(found.content) + _OVERHEAD_BYTES


class Responses:
    """What one worker knows of them."""

    def __init__(self, key: bytes, upstream: Sender, control: Origin, memory: Memory | None = None) -> None:
        self._key = key
        self._upstream = upstream
        self._control = control
        self._memory = memory or Memory()

    def owner_of(self, x: Exchange) -> Owner:
        """By the token of ours that came with it, else by all other credentials, of which nothing is kept but this."""
        opening = x.opening
        shown = [opening.caller.id.encode()] if opening.caller is not None else sorted(opening.secrets)
        caller = hmac.new(self._key, b"\0".join(shown), hashlib.sha256).hexdigest()
        return Owner(opening.gateway.account_id, opening.gateway.id, caller)

    def keep(self, x: Exchange, request: Json, response: Json) -> None:
        """What went well, or stopped at a limit. Too much of it is not kept, as if it had expired."""
        if response.get("status") not in _STATES:
            return
        owner = self.owner_of(x)
        link = link_of(request, response, owner.caller)
        content = _written(link)
        if 0 < len(content) <= _LARGEST:
            x.log.kept = content
            self._memory.put(owner, link.id, content)

    async def chain(self, owner: Owner, id_: str) -> list[Link] | None:
        """A response and all before it, oldest first; None where one is not there. Overloaded where nobody can say."""
        links: list[Link] = []
        while id_ and len(links) < MOST_LINKS:
            content = self._memory.get(owner, id_)
            if content is None:
                rest = await self._asked(owner, id_, "chain")
                if rest is None:
                    return None
                links += reversed(rest)
                break
            links.append(_read_link(content))
            id_ = links[-1].previous
        return links[::-1]

    async def one(self, owner: Owner, id_: str) -> Link | None:
        content = self._memory.get(owner, id_)
        if content is not None:
            return _read_link(content)
        found = await self._asked(owner, id_, "one")
        return found[-1] if found else None

    async def forget(self, owner: Owner, id_: str) -> bool:
        """Whether it was there."""
        self._memory.drop(owner, id_)
        if not is_ours(id_):
            return False
        status, _ = await self._call(owner, id_, b"DELETE", "one")
        return status == _OK

    async def _asked(self, owner: Owner, id_: str, what: str) -> list[Link] | None:
        if not is_ours(id_):
            return None
        pauses = _PAUSES_S if _is_late(id_) else ()
        for pause in (*pauses, None):
            try:
                status, data = await self._call(owner, id_, b"GET", what)
            except Overloaded:
                return self._remembered(owner, id_, what)
            if status == _OK:
                links = _read_links(data)
                for link in links:
                    self._memory.put(owner, link.id, _written(link))
                return links
            if pause is not None:
                await asyncio.sleep(pause)
        return None

    def _remembered(self, owner: Owner, id_: str, what: str) -> list[Link]:
        """Without the control plane: what memory has, however old. Overloaded where that is not enough."""
        links: list[Link] = []
        while id_:
            content = self._memory.get(owner, id_, is_stale_good=True)
            if content is None:
                raise Overloaded("earlier responses cannot be read now; send the whole conversation, or try again")
            links.append(_read_link(content))
            id_ = links[-1].previous if what == "chain" else ""
        return links[::-1]

    async def _call(self, owner: Owner, id_: str, method: bytes, what: str) -> tuple[int, bytes]:
        path = f"/internal/accounts/{owner.account_id}/gateways/{quote(owner.gateway_id, safe='')}/responses/{id_}"
        target = f"{path}?caller={owner.caller}&what={what}".encode()
        await in_task()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                reply = await self._upstream.send(Call(self._control, method, target, [(b"host", b"torana")]))
                data = await gather(reply.body, _MOST_READ)
        except (TimeoutError, ToranaError) as error:
            raise Overloaded("earlier responses cannot be read now") from error
        if reply.status not in (_OK, _GONE):
            raise Overloaded("earlier responses cannot be read now")
        return reply.status, data


def _written(link: Link) -> bytes:
    return dump({name: getattr(link, name) for name in link.__struct_fields__}) or b""


def _is_late(id_: str) -> bool:
    """Whether it was begun lately, as its UUIDv7 says."""
    return time.time() - int(id_[5:17], 16) / 1000 < _LATELY_S


def decoded(content: bytes) -> Link | None:
    """As the journal has it; None of what cannot be read."""
    try:
        return _read_link(content)
    except UNREADABLE:
        return None


def own_key(path: Path) -> bytes:
    """The key that callers are hashed with, made by whoever is first. OSError where it cannot be."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another worker was first
        finally:
            draft.unlink()
    return path.read_bytes()
