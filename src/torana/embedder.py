"""Makes vectors of texts, elsewhere: in the embedding model's process, or at any OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from torana.attempts import LocalPlace
from torana.errors import LocalModelMissing, UpstreamError
from torana.gathering import gather
from torana.message import Call, Origin
from torana.semantic.index import unit
from torana.wire.errand import in_task

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from torana.attempts import LocalModel, Sender
    from torana.settings import Settings

log = logging.getLogger("torana.semantic")

MOST_WAITING = 32
"""Texts under way at once, a worker; for more there is no vector."""
LATER_TIMEOUT_S = 10.0
"""For what nobody waits for; time enough for the model to start."""
_PAUSE_S = 30.0
"""For so long nobody asks again a model that cannot be there at all."""
_A_WARNING_S = 60.0
_MOST_BYTES = 1 << 20
_OK = 200


class _Vector(Struct):
    embedding: list[float]


class _Vectors(Struct):
    data: list[_Vector]


class Embedder:
    """Fails open: no vector where it takes too long, cannot be had, or too many wait."""

    def __init__(self, upstream: Sender, place: LocalModel, model: str, timeout_s: float) -> None:
        self.failures = 0
        """Texts that got no vector, since the start."""
        self._upstream = upstream
        self._place = place
        self._model = model
        self._timeout_s = timeout_s
        self._waiting = 0
        self._later: set[asyncio.Task[None]] = set()
        self._not_before_s = 0.0
        self._warned_s = -_A_WARNING_S

    async def embed(self, text: str) -> array[float] | None:
        """Of length 1."""
        return await self._within(text, self._timeout_s)

    def embed_later(self, text: str, then: Callable[[array[float]], None]) -> None:
        """Does not wait; `then` is called once there is a vector, or never."""
        task = asyncio.get_running_loop().create_task(self._hand_on(text, then))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def close(self) -> None:
        for task in self._later:
            task.cancel()

    async def _hand_on(self, text: str, then: Callable[[array[float]], None]) -> None:
        vector = await self._within(text, LATER_TIMEOUT_S)
        if vector is not None:
            then(vector)

    async def _within(self, text: str, within_s: float) -> array[float] | None:
        if time.monotonic() < self._not_before_s:
            self.failures += 1
            return None
        if self._waiting >= MOST_WAITING:
            self._failed("too many texts are waiting")
            return None
        await in_task()
        self._waiting += 1
        try:
            async with asyncio.timeout(within_s):
                return await self._ask(text)
        except TimeoutError:
            self._failed(f"there was none within {within_s:g} s")
        except LocalModelMissing as error:
            self._not_before_s = time.monotonic() + _PAUSE_S
            self._failed(error.message)
        except UpstreamError as error:
            self._failed(error.message)
        except (msgspec.MsgspecError, ValueError, OSError) as error:
            self._failed(f"the answer cannot be read: {error}")
        finally:
            self._waiting -= 1
        return None

    async def _ask(self, text: str) -> array[float] | None:
        body = msgspec.json.encode({"model": self._model, "input": text, "encoding_format": "float"})
        try:
            reply = await self._upstream.send(self._call(await self._place.endpoint(is_dead=False), body))
        except UpstreamError:
            # The model may have died since it was last asked: once more, where it is now.
            reply = await self._upstream.send(self._call(await self._place.endpoint(is_dead=True), body))
        data = await gather(reply.body, _MOST_BYTES)
        if reply.status != _OK:
            raise ValueError(f"status {reply.status}: {data[:200].decode(errors='replace')}")
        found = msgspec.json.decode(data, type=_Vectors).data
        if len(found) != 1 or (vector := unit(found[0].embedding)) is None:
            raise ValueError("it holds no vector")
        return vector

    def _call(self, place: LocalPlace, body: bytes) -> Call:
        headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
        if place.key:
            headers.append((b"authorization", b"Bearer " + place.key))
        return Call(place.origin, b"POST", place.prefix + b"/v1/embeddings", headers, body)

    def _failed(self, why: str) -> None:
        """Said once a minute at most: it may be so for each request."""
        self.failures += 1
        now = time.monotonic()
        if now - self._warned_s >= _A_WARNING_S:
            self._warned_s = now
            log.warning("no vector for the semantic cache, requests go on without it: %s", why)


class Elsewhere:
    """A server that runs already. Its key is read from its file anew each time, so that it can be changed."""

    def __init__(self, url: str, key_file: str) -> None:
        found = urlsplit(url.rstrip("/").removesuffix("/v1"))
        if found.scheme not in ("http", "https") or not found.hostname:
            raise ValueError("it is a URL such as `https://llm.example.com/v1`")
        is_tls = found.scheme == "https"
        self._origin = Origin(found.hostname, found.port or (443 if is_tls else 80), is_tls)
        self._prefix = found.path.encode()
        self._key_file = Path(key_file) if key_file else None

    async def endpoint(self, *, is_dead: bool) -> LocalPlace:
        key = await asyncio.to_thread(self._key_file.read_bytes) if self._key_file is not None else b""
        return LocalPlace(self._origin, self._prefix, key.strip())


def embedder(settings: Settings, upstream: Sender, leashed: LocalModel) -> Embedder:
    """As the settings want it; ValueError where `embeddings_url` is none."""
    place: LocalModel = leashed
    if settings.embeddings_url:
        place = Elsewhere(settings.embeddings_url, settings.embeddings_key_file)
    return Embedder(upstream, place, settings.embeddings_model, settings.embeddings_timeout)
