"""A stream is held until it has begun, and its caller hears that it is waited for."""

from __future__ import annotations

import asyncio

import pytest

from fakes import Pieces, Taken
from torana.message import Reply
from torana.router.streams import COMMENT, Dressed, Held, Waiting


class Finished(Taken):
    """A sink that is told which bytes are the last."""

    finals: bytes = b""

    def last(self, chunk: bytes) -> None:
        self.finals = chunk
        self.write(chunk)
        self.end()


def test_what_was_held_goes_out_first_and_the_rest_as_it_comes() -> None:
    async def run() -> tuple[Held, Pieces, Taken]:
        source, sink = Pieces([b"a", b"b"], holds=True), Taken()
        held = Held(source, b"head ")
        await held.begin()
        held.start(sink)
        held.write(b"c")
        return held, source, sink

    held, source, sink = asyncio.run(run())
    assert sink.data == b"head abc"
    assert not sink.ended
    held.end()
    assert sink.ended
    held.abort()
    assert source.calls == ["abort"]


def test_a_stream_that_ends_before_it_is_asked_for_ends_with_its_last_bytes() -> None:
    async def run() -> Finished:
        held, sink = Held(Pieces([b"a", b"b"])), Finished()
        await held.begin()
        held.start(sink)
        return sink

    sink = asyncio.run(run())
    assert (sink.data, sink.finals, sink.ended) == (b"ab", b"ab", True)


def test_a_stream_that_failed_while_it_was_held_fails_when_it_is_asked_for() -> None:
    async def run() -> Taken:
        held, sink = Held(Pieces([], error=OSError("gone"))), Taken()
        await held.begin()
        held.start(sink)
        return sink

    assert str(asyncio.run(run()).error) == "gone"


def test_too_much_is_not_held() -> None:
    async def run() -> Pieces:
        source, sink = Pieces([b"x" * (1 << 20), b"y"], holds=True), Taken()
        held = Held(source)
        await held.begin()
        assert source.calls == ["pause"]
        held.start(sink)
        assert len(sink.data) == (1 << 20) + 1
        return source

    assert asyncio.run(run()).calls == ["pause", "resume"]


def test_who_leaves_while_it_is_held_frees_the_upstream() -> None:
    async def run() -> Pieces:
        source = Pieces([], holds=True)
        begun = asyncio.ensure_future(Held(source).begin())
        await asyncio.sleep(0)
        begun.cancel()
        with pytest.raises(asyncio.CancelledError):
            await begun
        return source

    assert asyncio.run(run()).calls == ["abort"]


async def _answer(reply: Reply, gate: asyncio.Event) -> Reply:
    await gate.wait()
    return reply


def _waiting(reply: Reply) -> tuple[bytes, bool]:
    async def run() -> Taken:
        gate, sink = asyncio.Event(), Taken()
        answer = asyncio.ensure_future(_answer(reply, gate))
        Waiting(answer, lambda told: b"told %d" % told.status).start(sink)
        assert sink.data == COMMENT
        gate.set()
        await answer
        await asyncio.sleep(0)
        return sink

    sink = asyncio.run(run())
    return sink.data, sink.ended


def test_a_caller_who_waits_hears_so_at_once_and_then_gets_the_stream() -> None:
    assert _waiting(Reply(200, [], Pieces([b"data: 1\n\n"]))) == (COMMENT + b"data: 1\n\n", True)


def test_an_error_that_comes_late_is_told_within_the_stream() -> None:
    assert _waiting(Reply(502, [], b'{"error": {}}')) == (COMMENT + b"told 502", True)


def test_who_leaves_while_waiting_ends_the_asking() -> None:
    async def run() -> bool:
        answer = asyncio.ensure_future(_answer(Reply(200, []), asyncio.Event()))
        waiting = Waiting(answer, lambda _: b"")
        waiting.start(Taken())
        waiting.pause()
        waiting.abort()
        await asyncio.wait({answer})
        return answer.cancelled()

    assert asyncio.run(run())


def test_a_paused_caller_pauses_the_answer_when_it_comes() -> None:
    async def run() -> Pieces:
        gate, source = asyncio.Event(), Pieces([b"x"], holds=True)
        answer = asyncio.ensure_future(_answer(Reply(200, [], source), gate))
        waiting = Waiting(answer, lambda _: b"")
        waiting.start(Taken())
        waiting.pause()
        gate.set()
        await answer
        await asyncio.sleep(0)
        waiting.resume()
        waiting.abort()
        return source

    assert asyncio.run(run()).calls == ["pause", "resume", "abort"]


class _Told:
    is_broken = False

    def feed(self, data: bytes) -> list[dict[str, object]]:
        return [{"fed": data.decode()}]

    def finish(self) -> list[dict[str, object]]:
        self.is_broken = True
        return [{"left": True}]


class _Dressing:
    def feed(self, chunks: list[dict[str, object]]) -> list[dict[str, object]]:
        return [{"dressed": each} for each in chunks]

    def finish(self) -> list[dict[str, object]]:
        return [{"last": True}]


def test_chunks_are_dressed_and_the_dressing_has_the_last_word() -> None:
    dressed = Dressed(_Told(), _Dressing())
    assert dressed.feed(b"a") == [{"dressed": {"fed": "a"}}]
    assert not dressed.is_broken
    assert dressed.finish() == [{"dressed": {"left": True}}, {"last": True}]
    assert dressed.is_broken
