"""Every client before every provider: a system prompt, a question, tuning knobs; an answer, whole and streamed."""

from __future__ import annotations

from matrix import table
from matrix.asking import MOST, PROMPT, SYSTEM, TEMPERATURE, TEXT, TOKENS_IN, TOKENS_OUT, Ask
from matrix.playing import Play, of


@of("plain")
def test_an_answer_is_understood(play: Play) -> None:
    cell, has_system = play.cell, play.client.format != "completions"
    play.stage.set(play.upstream, "text")
    with play.watched():
        said = play.client.ask(Ask(cell.model, cell.is_stream, temperature=TEMPERATURE))
        assert (said.text, said.finish, said.calls) == (TEXT, "stop", [])
        assert (said.tokens_in, said.tokens_out) == (TOKENS_IN, TOKENS_OUT)
        heard = play.heard
        assert (heard.system, heard.prompts) == (SYSTEM * has_system, [PROMPT])
        assert (heard.most, heard.temperature) == (MOST, TEMPERATURE)
        assert heard.is_stream is cell.is_stream
        row = play.row()
        assert (row["tokens_in"], row["tokens_out"], row["success"]) == (TOKENS_IN, TOKENS_OUT, True)
        assert not (heard.tools)
        assert not (heard.verdict)
        assert not (heard.thinks)
        assert not (heard.images)


def test_the_table_says_what_was_seen(seen: table.Seen) -> None:
    table.check("plain", seen)
