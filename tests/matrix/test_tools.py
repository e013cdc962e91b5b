"""Every client before every provider: two tools are called side by side, and what they say is told."""

from __future__ import annotations

from matrix import table
from matrix.asking import CALLS, TEXT, TOOLS, Ask
from matrix.playing import EXPECTED, Play, answered, of

DECLARED = {"weather": ["city", "units"], "clock": ["zone"]}


@of("tools")
def test_tools_are_called_and_their_results_told(play: Play) -> None:
    cell, up = play.cell, play.upstream
    play.stage.set(up, "calls", "text")
    with play.watched():
        asked = Ask(cell.model, cell.is_stream, tools=TOOLS)
        said = play.client.ask(asked)
        assert [call.plain for call in said.calls] == [call.plain for call in CALLS]
        assert (said.text, said.finish) == ("", "tool_calls")
        if play.client.has_ids and (up.has_ids or up.format != play.client.format):
            assert len({call.id for call in said.calls}) == len(CALLS)
        assert play.heard.tools == DECLARED
        again = play.client.ask(Ask(cell.model, cell.is_stream, tools=TOOLS, turns=(said,)))
        assert (again.text, again.finish) == (TEXT, "stop")
        heard = play.heard
        assert heard.tools == DECLARED
        assert [(name, arguments) for _, name, arguments in heard.calls] == [call.plain for call in CALLS]
        assert answered(heard) == EXPECTED
        if play.client.has_ids and up.has_ids:
            assert [id_ for id_, _, _ in heard.calls] == [call.id for call in said.calls]


def test_the_table_says_what_was_seen(seen: table.Seen) -> None:
    table.check("tools", seen)
