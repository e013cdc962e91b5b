from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import BadOption
from torana.exchange import Options
from torana.surfaces.options import _READERS, read_options

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        (b"cf-aig-cache-ttl", b"3600", "cache_ttl_s", 3600),
        (b"cf-aig-cache-ttl", b"0", "cache_ttl_s", 0),
        (b"cf-aig-skip-cache", b"true", "skip_cache", True),
        (b"cf-aig-cache-key", b"my key", "cache_key", "my key"),
        (b"cf-cache-ttl", b"60", "cache_ttl_s", 60),
        (b"cf-skip-cache", b"True", "skip_cache", True),
        (b"cf-aig-request-timeout", b"1500", "timeout_ms", 1500),
        (b"cf-aig-max-attempts", b"5", "max_attempts", 5),
        (b"cf-aig-retry-delay", b"0", "retry_delay_ms", 0),
        (b"cf-aig-backoff", b"exponential", "backoff", "exponential"),
        (b"cf-aig-byok-alias", b"team-a", "byok_alias", "team-a"),
        (b"cf-aig-custom-cost", b'{"total_cost":0.5}', "custom_cost", '{"total_cost":0.5}'),
        (
            b"cf-aig-custom-cost",
            b'{"per_token_in":1e-6,"per_cache_read_token":0,"per_cache_write_token":2e-6}',
            "custom_cost",
            '{"per_token_in":1e-6,"per_cache_read_token":0,"per_cache_write_token":2e-6}',
        ),
        (b"cf-aig-no-wholesale", b"true", "no_wholesale", True),
        (b"cf-aig-zdr", b"false", "zdr", False),
        (b"cf-aig-otel-trace-id", TRACE.upper().encode(), "trace_id", TRACE),
        (b"cf-aig-otel-parent-span-id", SPAN.encode(), "parent_span_id", SPAN),
    ],
)
def test_a_wish_is_read(name: bytes, value: bytes, field: str, read: object) -> None:
    assert msgspec.structs.asdict(read_options([(name, value)])) == msgspec.structs.asdict(Options()) | {field: read}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"cf-aig-cache-ttl", b"59"),
        (b"cf-aig-cache-ttl", b"2678401"),
        (b"cf-aig-cache-ttl", b"-1"),
        (b"cf-aig-cache-ttl", b"1e3"),
        (b"cf-aig-cache-key", b""),
        (b"cf-aig-cache-key", b"k" * 1025),
        (b"cf-cache-ttl", b"soon"),
        (b"cf-aig-custom-cost", b"0.5"),
        (b"cf-aig-custom-cost", b'{"per_tokens_in": 1}'),
        (b"cf-aig-custom-cost", b'{"per_token_in": true}'),
        (b"cf-aig-custom-cost", b'{"per_token_in": 1, "per_token_out": "1"}'),
        (b"cf-aig-custom-cost", b'{"per_cache_read_token": -1e-9}'),
        (b"cf-aig-custom-cost", b'{"total_cost": 1e10}'),
        (b"cf-aig-skip-cache", b"1"),
        (b"cf-aig-request-timeout", b"0"),
        (b"cf-aig-request-timeout", b"1.5"),
        (b"cf-aig-max-attempts", b"0"),
        (b"cf-aig-max-attempts", b"6"),
        (b"cf-aig-retry-delay", b"60001"),
        (b"cf-aig-backoff", b"fibonacci"),
        (b"cf-aig-byok-alias", b""),
        (b"cf-aig-otel-trace-id", b"0" * 32),
        (b"cf-aig-otel-trace-id", TRACE[:-1].encode()),
        (b"cf-aig-otel-parent-span-id", b"xyz"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: bytes, value: bytes) -> None:
    with pytest.raises(BadOption, match=f"`{name.decode()}`"):
        read_options([(name, value)])


@pytest.mark.parametrize("turned", [False, True])
def test_a_newer_name_counts_before_an_older_one(*, turned: bool) -> None:
    headers = [(b"cf-aig-cache-ttl", b"60"), (b"cf-cache-ttl", b"90")]
    assert read_options(headers[::-1] if turned else headers).cache_ttl_s == 60


def test_traceparent_is_the_parent_where_no_other_is_named() -> None:
    traceparent = (b"traceparent", f"00-{TRACE}-{SPAN}-01".encode())
    options = read_options([traceparent])
    assert (options.trace_id, options.parent_span_id) == (TRACE, SPAN)
    options = read_options([(b"cf-aig-otel-trace-id", b"1" * 32), traceparent])
    assert (options.trace_id, options.parent_span_id) == ("1" * 32, "")


@pytest.mark.parametrize(
    "value", [b"", b"00", f"ff-{TRACE}-{SPAN}-01".encode(), f"00-{'0' * 32}-{SPAN}-01".encode(), TRACE.encode()]
)
def test_a_traceparent_that_cannot_be_read_is_none(value: bytes) -> None:
    assert read_options([(b"traceparent", value)]) == Options()


@given(st.lists(st.tuples(st.sampled_from([*_READERS, b"traceparent", b"cf-aig-new"]), st.binary(max_size=70))))
def test_whatever_comes_is_read_or_refused(headers: list[tuple[bytes, bytes]]) -> None:
    try:
        options = read_options(headers)
    except BadOption:
        return
    assert isinstance(options, Options)
