"""Every client before every provider: thoughts are shown, and come back to their provider as it signed them."""

from __future__ import annotations

from matrix import table
from matrix.asking import CALLS, TEXT, THOUGHT, TOOLS, Ask
from matrix.playing import EXPECTED, Play, answered, of

_HIDDEN = "the provider shows none of its thoughts; how much it is to think is told"
_UNSIGNED = "shown; what is signed cannot come back, as the client's format has no field for it"


@of("reasoning")
def test_thoughts_are_shown_and_given_back(play: Play) -> None:
    cell, up = play.cell, play.upstream
    play.stage.set(up, "thoughts", "text")
    with play.watched():
        said = play.client.ask(Ask(cell.model, cell.is_stream, tools=TOOLS, thinks=True))
        assert play.heard.thinks
        assert said.thoughts == THOUGHT * up.has_thoughts
        assert [call.plain for call in said.calls] == [call.plain for call in CALLS]
        again = play.client.ask(Ask(cell.model, cell.is_stream, tools=TOOLS, thinks=True, turns=(said,)))
        assert again.text == TEXT
        heard = play.heard
        assert answered(heard) == EXPECTED
        if play.client.gives_back:
            assert heard.signatures == list(up.signatures)
        if up.wants_thoughts and (play.client.gives_back or not up.signatures):
            assert heard.thoughts == THOUGHT
        play.note = _HIDDEN if not up.has_thoughts else _UNSIGNED if up.signatures and not heard.signatures else ""


def test_the_table_says_what_was_seen(seen: table.Seen) -> None:
    table.check("reasoning", seen)
