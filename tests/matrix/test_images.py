"""Every client before every provider: images as data, and as URLs where the client's format has them."""

from __future__ import annotations

from matrix import table
from matrix.asking import BLUE, PROMPT, RED, TEXT, Ask
from matrix.playing import Play, of


@of("images")
def test_images_arrive_in_their_order(play: Play) -> None:
    cell, up = play.cell, play.upstream
    play.stage.set(up, "text")
    url = play.stage.picture
    with play.watched():
        said = play.client.ask(Ask(cell.model, cell.is_stream, images=(RED, url if play.client.has_urls else BLUE)))
        assert said.text == TEXT
        assert play.heard.prompts == [PROMPT]
        second = url if play.client.has_urls and (up.has_urls or up.format == play.client.format) else BLUE
        assert play.heard.images == [RED, second]


def test_the_table_says_what_was_seen(seen: table.Seen) -> None:
    table.check("images", seen)
