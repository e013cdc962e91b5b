"""The record of an exchange: everything learnt on the way, and no credential."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Records, flow, request
from torana.exchange import Attempt, Call, Exchange, Gateway, Headers, Options, Origin, Reply, Request, Target, Usage
from torana.formats import FORMATS
from torana.journal import MASK, Journal, mask, read, segments
from torana.policies.record import Record, is_logged, make_record, masked
from torana.providers import SECRET_HEADERS
from torana.snapshot import GatewayConfig
from unit.storage import records as samples

SECRET = b"sk-or-v1-0123456789abcdef"
HOST = (b"host", b"t")


def exchange(**changed: object) -> Exchange:
    """A finished one, with something in every field."""
    sent: Headers = [HOST, JSON_TYPE, (b"authorization", b"Bearer " + SECRET)]
    x = Exchange(
        id="0190-log",
        request=Request(b"POST", b"/v1/a/default/openai/chat/completions", sent, b'{"model":"m"}'),
        gateway=Gateway(ACCOUNT, "default"),
        created_ms=1_700_000_000_000,
        started=100.0,
        provider="openai",
        path="chat/completions",
        target=Target("openai", Origin("o", 443), b"/x", FORMATS["openai_chat"], model="of the path"),
        attempts=[Attempt("openai", "m", 200, 0.0, 0.1, 0.25)],
        status=200,
        request_type=b"application/json",
        user_agent=b"me/1",
        reply_type=b"text/plain",
        reply_headers=[(b"content-type", b"text/plain"), (b"set-cookie", b"a=b")],
        request_size=13,
        request_captured=b'{"model":"m"}',
        reply_size=6,
        captured=[b"ans", b"wer"],
        first_byte=100.1,
        ended=100.25,
        step=2,
        usage=Usage(tokens_in=3, tokens_out=4),
    )
    return msgspec.structs.replace(x, **changed)


def test_a_record_has_what_the_exchange_knows() -> None:
    record = make_record(exchange(options=Options(event_id="e1", metadata='{"a":1}', custom_cost='{"total_cost":1}')))
    assert (record.id, record.account_id, record.gateway_id) == ("0190-log", ACCOUNT, "default")
    assert (record.event_id, record.metadata, record.custom_cost) == ("e1", '{"a":1}', '{"total_cost":1}')
    assert (record.provider, record.path, record.method, record.format) == (
        *("openai", "chat/completions", "POST"),
        "openai_chat",
    )
    assert (record.status, record.step, record.created_ms) == (200, 2, 1_700_000_000_000)
    assert record.duration_us == pytest.approx(250_000, abs=2)
    assert record.first_byte_us == pytest.approx(100_000, abs=2)
    assert (record.user_agent, record.request_content_type) == ("me/1", "application/json")
    assert (record.response_content_type, record.response_encoding) == ("text/plain", "")
    assert (record.request_size, record.response_size) == (13, 6)
    assert (record.request_body, record.response_body) == (b'{"model":"m"}', b"answer")
    assert record.usage == Usage(tokens_in=3, tokens_out=4)
    assert [attempt.status for attempt in record.attempts] == [200]


def test_without_an_event_id_of_the_callers_the_log_id_is_one() -> None:
    assert make_record(exchange()).event_id == "0190-log"


def test_the_model_is_the_bodys_else_the_paths() -> None:
    assert make_record(exchange()).model == "of the path"
    x = exchange()
    x.asked = msgspec.structs.replace(x.asked, model="of the body")
    assert make_record(x).model == "of the body"


def test_what_led_nowhere_has_no_model_no_format_and_no_first_byte() -> None:
    record = make_record(exchange(target=None, first_byte=0.0, usage=None, error="no such provider"))
    assert (record.model, record.format, record.first_byte_us, record.usage) == ("", "", 0, None)
    assert record.error == "no such provider"


@pytest.mark.parametrize("name", ["is_stream", "cached", "cancelled", "is_broken", "is_truncated"])
def test_each_flag_of_the_exchange_is_the_same_one_in_the_record(name: str) -> None:
    flags = ("is_stream", "cached", "cancelled", "is_broken", "is_truncated")
    record = make_record(exchange(**{name: True}))
    assert [flag for flag in flags if getattr(record, flag)] == [name]


def test_a_streamed_request_is_kept_in_its_pieces() -> None:
    record = make_record(exchange(request_captured=b"", request_pieces=[b"ab", b"cd"]))
    assert record.request_body == b"abcd"


def test_without_payload_neither_heads_nor_bodies_are_kept() -> None:
    record = make_record(exchange(options=Options(collect_payload=False)))
    assert record.has_bodies is False
    assert (record.request_headers, record.response_headers) == ([], [])
    assert (record.request_body, record.response_body) == (b"", b"")
    assert (record.request_size, record.response_size, record.usage) == (13, 6, Usage(tokens_in=3, tokens_out=4))


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
def test_each_credential_header_is_masked_and_others_are_not(name: bytes) -> None:
    assert masked([HOST, (name, SECRET), JSON_TYPE]) == [HOST, (name, MASK), JSON_TYPE]


def test_the_heads_of_a_record_name_credentials_without_their_values() -> None:
    record = make_record(exchange())
    assert (b"authorization", MASK) in record.request_headers
    assert (b"set-cookie", MASK) in record.response_headers
    assert SECRET not in msgspec.msgpack.encode(record)


@pytest.mark.parametrize(
    ("gateway", "wish", "logged"),
    [
        (True, None, True),
        (True, False, False),
        (True, True, True),
        (False, None, False),
        (False, True, True),
        (False, False, False),
    ],
)
def test_a_callers_wish_goes_before_the_gateways_rule(gateway: bool, wish: bool | None, logged: bool) -> None:  # noqa: FBT001  # a table
    x = exchange(gateway=Gateway(ACCOUNT, "default", collect_logs=gateway), options=Options(collect_log=wish))
    assert is_logged(x) is logged
    records = Records()
    policy = Record.made_for(GatewayConfig(ACCOUNT, "default", collect_logs=gateway), records)
    assert policy is not None
    policy.settle(x)
    assert len(records.rows) == logged


# --- what echoes a secret ---------------------------------------------------------------------------------------------


def stored(folder: Path, **changed: object) -> bytes:
    """The journal's bytes after one record, masked for `SECRET`."""
    journal = Journal(folder, "worker", 1 << 20)
    journal.open()
    assert journal.append(samples.make_record(1, **changed), (b"another-secret", SECRET))
    journal.close()
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
        {"response_content_type": "text/" + SECRET.decode()},
        {"gateway_id": SECRET.decode()},
        {"provider": SECRET.decode()},
        {"response_encoding": SECRET.decode()},
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
