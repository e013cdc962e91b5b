"""Journal records for tests; fields that do not matter are the same in all."""

from __future__ import annotations

import uuid

import msgspec

from torana.exchange import Attempt
from torana.journal import Record

ACCOUNT = "0123456789abcdef0123456789abcdef"
NOW_MS = 1_795_000_000_000


def log_id(number: int) -> str:
    """UUIDv7s in the order of their numbers."""
    return str(uuid.UUID(int=((NOW_MS + number) << 80) | (7 << 76) | (2 << 62) | number))


def make_record(number: int = 0, **changed: object) -> Record:
    record = Record(
        id=log_id(number),
        account_id=ACCOUNT,
        gateway_id="default",
        event_id=f"event-{number}",
        created_ms=NOW_MS + number,
        provider="openai",
        model="gpt-4o",
        format="openai_chat",
        method="POST",
        path="chat/completions",
        status=200,
        duration_us=412_000,
        first_byte_us=400_000,
        is_stream=False,
        cached=False,
        cancelled=False,
        is_broken=False,
        step=0,
        error="",
        usage=None,
        attempts=[Attempt("openai", "gpt-4o", 200, 0.0, 0.4, 0.412)],
        metadata="",
        custom_cost="",
        user_agent="test",
        request_type="",
        request_content_type="application/json",
        response_content_type="application/json",
        response_encoding="",
        request_size=2,
        response_size=2,
        is_truncated=False,
        request_headers=[(b"host", b"t")],
        request_body=b"request %d" % number,
        response_headers=[(b"x-request-id", b"r")],
        response_body=b"answer %d" % number,
    )
    return msgspec.structs.replace(record, **changed)
