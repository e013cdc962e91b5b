"""A caller's wishes: each `cf-aig-*` header, checked and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.errors import BadOption
from torana.exchange import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Headers

MAX_METADATA = 5
_LONGEST_EVENT_ID = 256
_decode_object = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode


def read_options(headers: Headers) -> Options:
    """What the `cf-aig-*` headers ask for; unknown ones are ignored. Raises BadOption, which names the header."""
    wishes: dict[str, str | bool] = {}
    for name, value in headers:
        if name in _READERS:
            field, reader = _READERS[name]
            try:
                wishes[field] = reader(value)
            except ValueError as error:
                raise BadOption(f"`{name.decode('latin-1')}` {error}") from error
    return msgspec.convert(wishes, Options)


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
    """`{per_token_in, per_token_out, …}` or `{total_cost}`, all numbers (cloudflare.md 2.1)."""
    try:
        given = _decode_object(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError("is not a JSON object") from None
    if not given or any(isinstance(v, bool) or not isinstance(v, int | float) or v < 0 for v in given.values()):
        raise ValueError("takes numbers that are not negative: per_token_in and per_token_out, or total_cost")
    return value.decode()


def _boolean(value: bytes) -> bool:
    match value.lower():
        case b"true":
            return True
        case b"false":
            return False
    raise ValueError("is neither `true` nor `false`")


_READERS: dict[bytes, tuple[str, Callable[[bytes], str | bool]]] = {
    b"cf-aig-event-id": ("event_id", _event_id),
    b"cf-aig-metadata": ("metadata", _metadata),
    b"cf-aig-custom-cost": ("custom_cost", _custom_cost),
    b"cf-aig-collect-log": ("collect_log", _boolean),
    b"cf-aig-collect-log-payload": ("collect_payload", _boolean),
}
