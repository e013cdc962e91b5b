"""A caller's wishes: each `cf-aig-*` header, checked and read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from torana.catalog.cost import parse_custom_cost
from torana.errors import BadOption
from torana.exchange import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.message import Headers

MAX_METADATA = 5
CACHE_TTL_S = (60, 31 * 86_400)
_LONGEST_EVENT_ID = 256
_LONGEST_CACHE_KEY = 1024
_LONGEST_ALIAS = 256
_MOST_ATTEMPTS = 5
_LONGEST_DELAY_MS = 60_000
_LONGEST_TIMEOUT_MS = 86_400_000
_FRACTION = re.compile(rb"0(?:\.\d{1,6})?|1(?:\.0{1,6})?")
_INTEGER = re.compile(rb"\d{1,12}")
_TRACE_ID = re.compile(rb"(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile(rb"(?!0{16})[0-9a-f]{16}")
# W3C Trace Context 3.2.2: what follows the flags belongs to versions to come.
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_decode_object = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode


Wishes = dict[str, str | bool | float]
"""Fields of `Options` that a caller named."""


def read_options(headers: Headers) -> Options:
    """What `cf-aig-*` and `torana-*` headers ask for; unknown ones are ignored. BadOption names the header it means."""
    return as_options(read_wishes(headers))


def as_options(wishes: Wishes) -> Options:
    return msgspec.convert(wishes, Options)


def read_wishes(headers: Headers) -> Wishes:
    """As `read_options`, of what is there alone: for headers that others go before."""
    wishes: Wishes = {}
    older: Wishes = {}
    trace: re.Match[bytes] | None = None
    for name, value in headers:
        if name in _READERS:
            field, reader = _READERS[name]
            try:
                (older if name in _OLDER else wishes)[field] = reader(value)
            except ValueError as error:
                raise BadOption(f"`{name.decode('latin-1')}` {error}") from error
        elif name == b"traceparent":
            trace = _TRACEPARENT.fullmatch(value)
    if trace is not None and "trace_id" not in wishes:
        older["trace_id"] = trace[1].decode()
        older["parent_span_id"] = trace[2].decode()
    return older | wishes


_CONFIG = {
    "requestTimeout": b"cf-aig-request-timeout",
    "maxAttempts": b"cf-aig-max-attempts",
    "retryDelay": b"cf-aig-retry-delay",
    "backoff": b"cf-aig-backoff",
}
"""What a step of the universal endpoint says in its `config`, and the headers that say the same."""


def read_config(config: dict[str, object]) -> Wishes:
    """Of a universal step; other keys are ignored, as is null. Raises BadOption, which names the key."""
    wishes: Wishes = {}
    for key, header in _CONFIG.items():
        value = config.get(key)
        if value is None:
            continue
        field, reader = _READERS[header]
        try:
            wishes[field] = reader(str(value).encode())
        except ValueError as error:
            raise BadOption(f"`config.{key}` {error}") from error
    return wishes


def _event_id(value: bytes) -> str:
    if len(value) > _LONGEST_EVENT_ID:
        raise ValueError(f"is longer than {_LONGEST_EVENT_ID} bytes")
    return value.decode("latin-1")


def _metadata(value: bytes) -> str:
    """Flat object; the first five entries count, keys of `cf.` are the gateway's own (cloudflare.md 2.1, 8.2)."""
    try:
        given = _decode_object(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError("is not a JSON object") from None
    if any(not isinstance(v, str | int | float | bool) for v in given.values() if v is not None):
        raise ValueError("has a nested value: only strings, numbers and booleans are taken")
    kept = [(k, v) for k, v in given.items() if not k.startswith("cf.")][:MAX_METADATA]
    return _encode(dict(kept)).decode()


def _custom_cost(value: bytes) -> str:
    """Rates per token, of a prompt cache too, or `{total_cost}`; all numbers (cloudflare.md 2.1, 8.3)."""
    try:
        given = _decode_object(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError("is not a JSON object") from None
    are_numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in given.values())
    if not are_numbers or parse_custom_cost(value.decode()) is None:
        raise ValueError(
            "takes amounts in USD that are not negative: `per_token_in`, `per_token_out`, `per_cache_read_token` and "
            "`per_cache_write_token`, or `total_cost`"
        )
    return value.decode()


def _cache_ttl(value: bytes) -> int:
    shortest, longest = CACHE_TTL_S
    seconds = _integer(value, longest)
    if 0 < seconds < shortest:
        raise ValueError(f"is 0, or from {shortest} to {longest} seconds")
    return seconds


def _cache_key(value: bytes) -> str:
    if not 0 < len(value) <= _LONGEST_CACHE_KEY:
        raise ValueError(f"has 1 to {_LONGEST_CACHE_KEY} bytes")
    return value.decode("latin-1")


def _timeout(value: bytes) -> int:
    return _integer(value, _LONGEST_TIMEOUT_MS, least=1)


def _attempts(value: bytes) -> int:
    return _integer(value, _MOST_ATTEMPTS, least=1)


def _delay(value: bytes) -> int:
    return _integer(value, _LONGEST_DELAY_MS)


def _integer(value: bytes, most: int, *, least: int = 0) -> int:
    if not _INTEGER.fullmatch(value) or not least <= int(value) <= most:
        raise ValueError(f"is a whole number from {least} to {most}")
    return int(value)


def _backoff(value: bytes) -> str:
    if value not in (b"constant", b"linear", b"exponential"):
        raise ValueError("is `constant`, `linear` or `exponential`")
    return value.decode()


def _alias(value: bytes) -> str:
    if not 0 < len(value) <= _LONGEST_ALIAS:
        raise ValueError(f"has 1 to {_LONGEST_ALIAS} bytes")
    return value.decode("latin-1")


def _trace_id(value: bytes) -> str:
    return _hex(value, _TRACE_ID, 32)


def _span_id(value: bytes) -> str:
    return _hex(value, _SPAN_ID, 16)


def _hex(value: bytes, form: re.Pattern[bytes], digits: int) -> str:
    lower = value.lower()
    if not form.fullmatch(lower):
        raise ValueError(f"has {digits} hexadecimal digits, not all of them 0")
    return lower.decode()


def _threshold(value: bytes) -> float:
    if not _FRACTION.fullmatch(value):
        raise ValueError("is a number from 0 to 1, with at most six decimals")
    return float(value)


def _boolean(value: bytes) -> bool:
    match value.lower():
        case b"true":
            return True
        case b"false":
            return False
    raise ValueError("is neither `true` nor `false`")


_READERS: dict[bytes, tuple[str, Callable[[bytes], str | bool | float]]] = {
    b"cf-aig-event-id": ("event_id", _event_id),
    b"cf-aig-metadata": ("metadata", _metadata),
    b"cf-aig-custom-cost": ("custom_cost", _custom_cost),
    b"cf-aig-collect-log": ("collect_log", _boolean),
    b"cf-aig-collect-log-payload": ("collect_payload", _boolean),
    b"cf-aig-cache-ttl": ("cache_ttl_s", _cache_ttl),
    b"cf-aig-skip-cache": ("skip_cache", _boolean),
    b"cf-aig-cache-key": ("cache_key", _cache_key),
    b"torana-cache-streams": ("cache_streams", _boolean),
    b"torana-cache-single-flight": ("cache_single_flight", _boolean),
    b"torana-semantic-cache": ("semantic_cache", _boolean),
    b"torana-semantic-threshold": ("semantic_threshold", _threshold),
    b"cf-cache-ttl": ("cache_ttl_s", _cache_ttl),
    b"cf-skip-cache": ("skip_cache", _boolean),
    b"cf-aig-request-timeout": ("timeout_ms", _timeout),
    b"cf-aig-max-attempts": ("max_attempts", _attempts),
    b"cf-aig-retry-delay": ("retry_delay_ms", _delay),
    b"cf-aig-backoff": ("backoff", _backoff),
    b"cf-aig-byok-alias": ("byok_alias", _alias),
    b"cf-aig-no-wholesale": ("no_wholesale", _boolean),
    b"cf-aig-zdr": ("zdr", _boolean),
    b"cf-aig-otel-trace-id": ("trace_id", _trace_id),
    b"cf-aig-otel-parent-span-id": ("parent_span_id", _span_id),
}
_OLDER = frozenset({b"cf-cache-ttl", b"cf-skip-cache"})
"""Names that newer ones have taken the place of: they count where those are not sent."""
