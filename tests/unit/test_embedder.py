"""Vectors from elsewhere: what is asked, and how everything that goes wrong ends in no vector."""

from __future__ import annotations

import asyncio
import math
from array import array
from pathlib import Path

import pytest

from fakes import Answers, NoModel, Pieces
from torana.attempts import LocalPlace
from torana.embedder import MOST_WAITING, Elsewhere, Embedder
from torana.errors import UpstreamUnreachable
from torana.message import Call, Origin, Reply

GOOD = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[3,4.0]}],"usage":{}}'


class Place:
    def __init__(self) -> None:
        self.asked: list[bool] = []

    async def endpoint(self, *, is_dead: bool) -> LocalPlace:
        self.asked.append(is_dead)
        return LocalPlace(Origin("127.0.0.1", 9, is_tls=False), b"/base", b"key-1")


def embedder(upstream: Answers, timeout_s: float = 5) -> Embedder:
    return Embedder(upstream, Place(), "mini", timeout_s)


async def test_a_vector_comes_with_length_one() -> None:
    upstream = Answers(lambda _: Reply(200, [], GOOD))
    assert await embedder(upstream).embed("Hi?") == pytest.approx([0.6, 0.8])
    call = upstream.calls[0]
    assert (call.method, call.target) == (b"POST", b"/base/v1/embeddings")
    assert (b"authorization", b"Bearer key-1") in call.headers
    assert call.body == b'{"model":"mini","input":"Hi?","encoding_format":"float"}'


async def test_an_answer_in_pieces_is_put_together() -> None:
    upstream = Answers(lambda _: Reply(200, [], Pieces([GOOD[:40], GOOD[40:]])))
    assert await embedder(upstream).embed("Hi?") == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, [], b"{}"),
        Reply(200, [], b"no JSON"),
        Reply(200, [], b'{"data":[]}'),
        Reply(200, [], b'{"data":[{"embedding":[0,0]}]}'),
        Reply(200, [], b'{"data":[{"embedding":[1]},{"embedding":[1]}]}'),
        Reply(200, [], Pieces([b"{"], error=UpstreamUnreachable("it broke off"))),
        Reply(200, [], Pieces([b" " * (2 << 20)])),
    ],
)
async def test_what_is_no_vector_is_none(reply: Reply) -> None:
    made = embedder(Answers(lambda _: reply))
    assert await made.embed("Hi?") is None
    assert made.failures == 1


async def test_too_late_is_none_and_what_came_late_is_dropped() -> None:
    pieces = Pieces([b"{"], holds=True)
    made = embedder(Answers(lambda _: Reply(200, [], pieces)), timeout_s=0.02)
    assert await made.embed("Hi?") is None
    assert pieces.calls == ["abort"]


async def test_a_model_that_died_is_asked_for_again_once() -> None:
    answers = iter([None, Reply(200, [], GOOD)])

    def answer(_: Call) -> Reply:
        reply = next(answers)
        if reply is None:
            raise UpstreamUnreachable("nobody is there")
        return reply

    place = Place()
    assert await Embedder(Answers(answer), place, "", 5).embed("Hi?") is not None
    assert place.asked == [False, True]


async def test_without_a_model_nobody_asks_again_at_once(caplog: pytest.LogCaptureFixture) -> None:
    upstream = Answers(lambda _: Reply(200, [], GOOD))
    made = Embedder(upstream, NoModel(), "", 5)
    assert [await made.embed("Hi?") for _ in range(3)] == [None] * 3
    assert (made.failures, upstream.calls) == (3, [])
    assert caplog.text.count("requests go on without it: there is no model in this test") == 1


async def test_only_so_many_wait_at_once() -> None:
    made = embedder(Answers(lambda _: Reply(200, [], Pieces([], holds=True))), timeout_s=0.2)
    waiting = [asyncio.create_task(made.embed("Hi?")) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0.01)
    assert await made.embed("one more") is None
    assert made.failures == 1
    assert await asyncio.gather(*waiting) == [None] * MOST_WAITING


async def test_later_is_told_once_there_is_one() -> None:
    told: list[array[float]] = []
    made = embedder(Answers(lambda _: Reply(200, [], GOOD)))
    made.embed_later("Hi?", told.append)
    assert told == []
    async with asyncio.timeout(5):
        while not told:  # noqa: ASYNC110  # told by a plain callback
            await asyncio.sleep(0)
    assert math.hypot(*told[0]) == pytest.approx(1)


async def test_later_may_be_never_at_the_end() -> None:
    told: list[array[float]] = []
    made = embedder(Answers(lambda _: Reply(200, [], Pieces([], holds=True))))
    made.embed_later("Hi?", told.append)
    await asyncio.sleep(0)
    made.close()
    await asyncio.sleep(0.01)
    assert (told, made._later) == ([], set())


async def test_a_server_elsewhere_has_its_key_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-1\n")
    place = Elsewhere("https://llm.example.com/openai/v1/", str(file))
    assert await place.endpoint(is_dead=False) == LocalPlace(Origin("llm.example.com", 443), b"/openai", b"sk-1")
    file.write_text("sk-2")
    assert (await place.endpoint(is_dead=False)).key == b"sk-2"
    with pytest.raises(ValueError, match="URL"):
        Elsewhere("llm.example.com", "")
