"""The record of an exchange: everything learnt on the way, and no credential."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Records, flow, request
from torana import journal
from torana.exchange import Attempt, Entry, Exchange, Gateway, Opening, Options, Request, Target, Usage
from torana.formats import FORMATS
from torana.journal import MASK, Journal, mask, read, segments
from torana.message import Call, Headers, Origin, Reply
from torana.policies.record import Record
from torana.snapshot import GatewayConfig
from unit.storage import records as samples

SECRET = b"sk-or-v1-0123456789abcdef"
HOST = (b"host", b"t")
ID = "018bcfe5-6800-7000-8000-000000000000"


def opening(**changed: object) -> Opening:
    """One with something in every field."""
    made = Opening(
        gateway=Gateway(ACCOUNT, "default"),
        provider="openai",
        path="chat/completions",
        method="POST",
        masked_headers=[HOST, JSON_TYPE, (b"authorization", MASK)],
        options=Options(event_id="e1", metadata='{"a":1}', custom_cost='{"total_cost":1}'),
        target=Target("openai", Origin("o", 443), b"/x", FORMATS["openai_chat"]),
        type="application/json",
        user_agent="me/1",
    )
    return msgspec.structs.replace(made, **changed)


def settled(opening: Opening, **changed: object) -> list[journal.Record]:
    """What the policy recorded of a finished exchange with something in every field."""
    entry = Entry(
        ID,
        model="m",
        status=200,
        duration_s=0.25,
        first_byte_s=0.1,
        step=2,
        usage=Usage(tokens_in=3, tokens_out=4),
        attempts=[Attempt("openai", "m", 200, 0.0, 0.1, 0.25)],
        request_size=13,
        response_size=6,
        response_content_type=b"text/plain",
        request_body=b'{"model":"m"}',
        response_headers=[(b"content-type", b"text/plain")],
        response_body=b"answer",
    )
    records = Records()
    policy = Record.made_for(GatewayConfig(ACCOUNT, "default"), records)
    assert policy is not None
    x = Exchange(
        Request(b"POST", b"/v1/", []), opening, opening.gateway, msgspec.structs.replace(entry, **changed), 0.0
    )
    policy.settle(x)
    return records.rows


def test_a_record_has_what_the_exchange_knows() -> None:
    [record] = settled(opening())
    assert (record.id, record.account_id, record.gateway_id) == (ID, ACCOUNT, "default")
    assert (record.event_id, record.metadata, record.custom_cost) == ("e1", '{"a":1}', '{"total_cost":1}')
    assert (record.provider, record.path, record.method, record.format) == (
        *("openai", "chat/completions", "POST"),
        "openai_chat",
    )
    assert (record.status, record.step, record.created_ms) == (200, 2, 1_700_000_000_000)
    assert (record.duration_us, record.first_byte_us) == (250_000, 100_000)
    assert (record.user_agent, record.request_content_type) == ("me/1", "application/json")
    assert (record.response_content_type, record.response_encoding) == (b"text/plain", b"")
    assert (record.request_size, record.response_size) == (13, 6)
    assert (record.request_body, record.response_body) == (b'{"model":"m"}', b"answer")
    assert record.request_headers == [HOST, JSON_TYPE, (b"authorization", MASK)]
    assert record.response_headers == [(b"content-type", b"text/plain")]
    assert (record.model, record.usage) == ("m", Usage(tokens_in=3, tokens_out=4))
    assert [attempt.status for attempt in record.attempts] == [200]


def test_what_led_nowhere_has_no_format_and_no_first_byte() -> None:
    [record] = settled(opening(target=None), model="", first_byte_s=0.0, usage=None, error="no such provider")
    assert (record.model, record.format, record.first_byte_us, record.usage) == ("", "", 0, None)
    assert record.error == "no such provider"


@pytest.mark.parametrize("name", ["is_stream", "cached", "cancelled", "is_broken", "is_truncated"])
def test_each_flag_of_the_exchange_is_the_same_one_in_the_record(name: str) -> None:
    flags = ("is_stream", "cached", "cancelled", "is_broken", "is_truncated")
    [record] = settled(opening(), **{name: True})
    assert [flag for flag in flags if getattr(record, flag)] == [name]


def test_without_payload_neither_heads_nor_bodies_are_kept() -> None:
    [record] = settled(opening(options=Options(collect_payload=False)))
    assert record.has_bodies is False
    assert (record.request_headers, record.response_headers) == ([], [])
    assert (record.request_body, record.response_body) == (b"", b"")
    assert (record.request_size, record.response_size, record.usage) == (13, 6, Usage(tokens_in=3, tokens_out=4))


def test_what_is_not_to_be_logged_is_not() -> None:
    assert settled(opening(is_logged=False)) == []


def test_the_same_opening_serves_many_records() -> None:
    shared = opening()
    assert [settled(shared, status=status)[0].status for status in (200, 404)] == [200, 404]


# --- what echoes a secret ---------------------------------------------------------------------------------------------


def stored(folder: Path, **changed: object) -> bytes:
    """The journal's bytes after one record, masked for `SECRET`."""
    written = Journal(folder, "worker", 1 << 20)
    written.open()
    assert written.append(samples.make_record(1, **changed), secrets=(b"another-secret", SECRET))
    written.close()
    [segment] = segments(folder)
    assert len(list(read(segment))) == 1
    return segment.read_bytes()


@pytest.mark.parametrize(
    "changed",
    [
        {"request_body": b'{"key":"' + SECRET + b'"}'},
        {"response_body": SECRET + b" is no key, " + SECRET},
        {"request_headers": [(b"x-mine", b"Bearer " + SECRET)]},
        {"response_headers": [(b"www-authenticate", SECRET)]},
        {"path": "x?token=" + SECRET.decode()},
        {"model": SECRET.decode()},
        {"metadata": '{"key":"' + SECRET.decode() + '"}'},
        {"user_agent": SECRET.decode()},
        {"event_id": SECRET.decode()},
        {"error": "not a key: " + SECRET.decode()},
        {"attempts": [Attempt("openai", SECRET.decode(), 401, error="no: " + SECRET.decode())]},
        {"custom_cost": '{"' + SECRET.decode() + '": 1}'},
        {"request_content_type": "text/" + SECRET.decode()},
        {"response_content_type": b"text/" + SECRET},
        {"gateway_id": SECRET.decode()},
        {"provider": SECRET.decode()},
        {"response_encoding": SECRET},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_secret_is_in_no_byte_of_the_journal_wherever_it_was_echoed(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    data = stored(tmp_path, **changed)
    assert SECRET not in data
    assert MASK in data


def test_what_echoes_nothing_is_kept_as_it_is(tmp_path: Path) -> None:
    record = samples.make_record(1, request_body=SECRET[:-1], response_body=SECRET[1:])
    stored(tmp_path, request_body=SECRET[:-1], response_body=SECRET[1:])
    [segment] = segments(tmp_path)
    assert [frame.record for frame in read(segment)] == [record]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([SECRET, SECRET[:9], b"*", b"\xff\x00", b" "]), max_size=12))
def test_masking_leaves_no_secret_in_any_mixture(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    record = samples.make_record(1, request_body=body, response_body=body, error=body.decode("latin-1"))
    mask(record, SECRET)
    assert SECRET not in msgspec.msgpack.encode(record)
    assert record.request_body == body.replace(SECRET, MASK)


async def test_a_credential_that_the_upstream_quotes_is_masked_on_its_whole_way() -> None:
    def refuse(call: Call) -> Reply:
        sent = dict(call.headers)[b"authorization"]
        return Reply(401, [JSON_TYPE, (b"x-seen", sent)], b'{"error":"Incorrect API key provided: ' + sent + b'"}')

    records = Records()
    sent: Headers = [JSON_TYPE, (b"authorization", b"Bearer " + SECRET)]
    body = b'{"model":"m","note":"' + SECRET + b'"}'
    reply = await flow(records, Answers(refuse)).handle(request(PREFIX + "openai/chat/completions", body, sent))
    assert isinstance(reply.body, bytes)
    assert SECRET in reply.body, "the client is told what its provider said"
    [record] = records.rows
    assert SECRET not in msgspec.msgpack.encode(record)
    assert (record.status, record.usage) == (401, None)
