"""A stream that is told in another format: as it comes, to its end, and where it breaks."""

from __future__ import annotations

import gzip

import pytest

from fakes import ACCOUNT, Pieces, Taken, gateway
from torana.errors import UpstreamBroken
from torana.exchange import Entry, Exchange, Opening, Request, Usage
from torana.formats import FORMATS
from torana.formats.coding import decoder
from torana.formats.json import Json
from torana.formats.openai_chat.stream import StreamFromChat, StreamToChat
from torana.formats.translation import Turn
from torana.retelling import Retelling

TURN = Turn("0" * 32, 1, "m", {}, {})
SAID = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
ENDED = (
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\ndata: [DONE]\n\n'
)


def exchange() -> Exchange:
    there = gateway()
    return Exchange(Request(b"POST", b"/", []), Opening(there), there, Entry(ACCOUNT), 0.0)


def retelling(x: Exchange, body: bytes | Pieces, coding: bytes = b"") -> Retelling:
    meter = FORMATS["openai_chat"].meter()
    undo = decoder(coding) if coding else None
    return Retelling(x, body, StreamToChat(TURN), StreamFromChat(TURN), meter, undo)


def test_each_event_is_told_when_it_is_there_and_usage_is_known_at_the_end() -> None:
    x, sink = exchange(), Taken()
    source = Pieces([SAID[:20], SAID[20:]], holds=True)
    made = retelling(x, source)
    made.start(sink)
    assert b'"content":"Hi"' in sink.data
    assert not sink.ended
    made.write(ENDED)
    made.end()
    assert sink.ended
    assert sink.data.endswith(b"data: [DONE]\n\n")
    assert (x.log.usage, x.log.is_broken) == (Usage(3, 1), False)


@pytest.mark.parametrize("coding", [b"", b"gzip"])
def test_a_body_that_is_all_there_is_told_whole_whatever_its_coding(coding: bytes) -> None:
    x, sink = exchange(), Taken()
    retelling(x, gzip.compress(SAID + ENDED) if coding else SAID + ENDED, coding).start(sink)
    assert sink.ended
    assert sink.data.count(b"data:") == 3


@pytest.mark.parametrize("error", [None, UpstreamBroken("the connection was closed")])
def test_a_stream_that_breaks_ends_in_an_error_and_is_logged_as_broken(error: Exception | None) -> None:
    x, sink = exchange(), Taken()
    retelling(x, Pieces([SAID], error)).start(sink)
    assert sink.ended, "the client's own format says what happened"
    assert sink.error is None
    assert b'"error"' in sink.data
    assert x.log.is_broken
    assert x.log.error == (str(error) if error else "the provider's stream stopped before its end")


def test_a_client_that_leaves_is_charged_for_what_there_was() -> None:
    x, source = exchange(), Pieces([SAID, ENDED], holds=True)
    made = retelling(x, source)
    made.start(Taken())
    made.abort()
    assert source.calls == ["abort"]
    assert x.log.usage == Usage(3, 1)


def test_a_providers_error_is_logged_in_its_words_also_where_the_client_leaves_at_once() -> None:
    x = exchange()
    made = retelling(x, Pieces([SAID, b'data: {"error":{"message":"no more wombats","code":500}}\n\n'], holds=True))
    made.start(Taken())
    made.abort()
    assert (x.log.is_broken, x.log.error) == (True, "no more wombats")


def test_a_bug_ends_the_stream_in_an_error_without_its_traceback() -> None:
    class Buggy(StreamFromChat):
        def feed(self, chunks: list[Json]) -> bytes:
            if not any("error" in chunk for chunk in chunks):
                raise KeyError("secret")
            return super().feed(chunks)

    x, sink, source = exchange(), Taken(), Pieces([SAID, SAID], holds=True)
    meter = FORMATS["openai_chat"].meter()
    Retelling(x, source, StreamToChat(TURN), Buggy(TURN), meter, None).start(sink)
    assert sink.ended
    assert source.calls == ["abort"]
    assert b"internal error" in sink.data
    assert b"secret" not in sink.data
