"""Every client before every provider: an answer that must follow a JSON schema, as each SDK parses it."""

from __future__ import annotations

from matrix import table
from matrix.asking import VERDICT, Ask
from matrix.playing import Play, of


@of("schema")
def test_an_answer_follows_a_schema(play: Play) -> None:
    cell = play.cell
    play.stage.set(play.upstream, "verdict")
    with play.watched():
        said = play.client.ask(Ask(cell.model, cell.is_stream, wants_verdict=True))
        assert said.verdict == VERDICT
        assert said.finish == "stop"
        assert play.heard.verdict == ["city", "degrees"]


def test_the_table_says_what_was_seen(seen: table.Seen) -> None:
    table.check("schema", seen)
