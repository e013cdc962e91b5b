"""Every client before every provider that fails: as the client's SDK tells its user, and as the log has it."""

from __future__ import annotations

import pytest

from matrix import table
from matrix.asking import Ask
from matrix.hearing import Upstream
from matrix.playing import Play, of
from scripted_answers import Answer

MESSAGE = "the wombat declines, with “reasons” — 20 % of them"
STATUSES = (400, 401, 429, 500)


@of("failures")
def test_what_goes_wrong_reaches_the_client_in_its_words(play: Play) -> None:
    with play.watched():
        for status in STATUSES:
            _refuse(play, status)
        if play.cell.is_stream:
            _break(play)
            _cut(play)


def _refuse(play: Play, status: int) -> None:
    cell, client = play.cell, play.client
    play.stage.answer(play.upstream, lambda up, _: up.fail(status, MESSAGE))
    with pytest.raises(client.exceptions[status]) as caught:
        client.ask(Ask(cell.model, cell.is_stream))
    told = client.failure(caught.value)
    assert (told.status, told.message) == (status, MESSAGE)
    row = play.row()
    assert (row["status_code"], row["success"]) == (status, False)


def _break(play: Play) -> None:
    """The provider says within its stream that something is wrong."""

    def breaking(up: Upstream, is_stream: bool) -> Answer:  # noqa: FBT001  # an answer's shape
        answer = up.say("text", is_stream)
        assert answer.chunks is not None
        assert up.breaks is not None
        answer.chunks = [*answer.chunks[: len(answer.chunks) // 2], up.breaks(MESSAGE)]
        return answer

    play.stage.answer(play.upstream, breaking)
    with pytest.raises(play.client.exceptions[0]) as caught:
        play.client.ask(Ask(play.cell.model, is_stream=True))
    assert MESSAGE in play.client.failure(caught.value).message
    if play.upstream.format != play.client.format:
        _see_that_it_broke(play)


def _cut(play: Play) -> None:
    """The provider is gone in the middle of its stream."""

    def cutting(up: Upstream, is_stream: bool) -> Answer:  # noqa: FBT001
        answer = up.say("text", is_stream)
        assert answer.chunks is not None
        answer.cut_after_bytes = sum(map(len, answer.chunks)) // 2
        return answer

    play.stage.answer(play.upstream, cutting)
    # Of a stream that is passed on as it comes there is nobody to say what happened: the connection ends.
    is_told = play.upstream.format != play.client.format
    with pytest.raises(play.client.exceptions[0] if is_told else Exception):
        play.client.ask(Ask(play.cell.model, is_stream=True))
    _see_that_it_broke(play)


def _see_that_it_broke(play: Play) -> None:
    row = play.row()
    assert (row["status_code"], row["success"]) == (200, False)


def test_the_table_says_what_was_seen(seen: table.Seen) -> None:
    table.check("failures", seen)
