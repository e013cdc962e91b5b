"""What do the bodies of an exchange say? Read off a log entry, by whoever has the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats import FORMATS

if TYPE_CHECKING:
    from torana.exchange import Entry, Format, Usage

_EVENT_STREAMS = (b"text/event-stream", b"application/vnd.amazon.eventstream", b"application/x-ndjson")
_FIRST_WITHOUT_USAGE = 300


def read(entry: Entry, format_name: str) -> None:
    """Notes model, streaming and usage of an entry that `is_unread`: its bodies are whole, and without codings."""
    entry.is_unread = False
    format_ = FORMATS.get(format_name)
    if format_ is None:
        return
    if entry.request_body:
        asked = format_.read_request(entry.request_body)
        entry.model, entry.is_stream = asked.model, asked.is_stream
        for attempt in entry.attempts:
            attempt.model = asked.model
    if entry.response_body and entry.status < _FIRST_WITHOUT_USAGE:
        entry.usage = usage_of(entry, format_, entry.response_body)


def usage_of(entry: Entry, format_: Format, body: bytes) -> Usage | None:
    """Of a whole answer, or of a stream that came at once."""
    if not entry.is_stream or not is_event_stream(entry):
        return format_.read_usage(body)
    meter = format_.meter()
    meter.feed(body)
    meter.finish()
    return meter.usage


def is_event_stream(entry: Entry) -> bool:
    return entry.response_content_type.startswith(_EVENT_STREAMS)
