"""A caller's wishes: each `cf-aig-*` header, checked and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.errors import BadOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Options

MAX_METADATA = 5
_LONGEST_EVENT_ID = 256
_decode_object = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode


def read_option(options: Options, name: bytes, value: bytes) -> None:
    """Sets the option that a header names; unknown ones are ignored. Raises BadOption, which names the header."""
    reader = _READERS.get(name)
    if reader is not None:
        try:
            reader(options, value)
        except ValueError as error:
            raise BadOption(f"`{name.decode('latin-1')}` {error}") from error


def _event_id(options: Options, value: bytes) -> None:
    if len(value) > _LONGEST_EVENT_ID:
        raise ValueError(f"is longer than {_LONGEST_EVENT_ID} bytes")
    options.event_id = value.decode("latin-1")


def _metadata(options: Options, value: bytes) -> None:
    """Flat object; the first five entries count, keys of `cf.` are the gateway's own (cloudflare.md 2.1, 8.2)."""
    try:
        given = _decode_object(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError("is not a JSON object") from None
    if any(not isinstance(v, str | int | float | bool) for v in given.values() if v is not None):
        raise ValueError("has a nested value: only strings, numbers and booleans are taken")
    kept = [(k, v) for k, v in given.items() if not k.startswith("cf.")][:MAX_METADATA]
    options.metadata = _encode(dict(kept)).decode()


def _custom_cost(options: Options, value: bytes) -> None:
    """`{per_token_in, per_token_out, …}` or `{total_cost}`, all numbers (cloudflare.md 2.1)."""
    try:
        given = _decode_object(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError("is not a JSON object") from None
    if not given or any(isinstance(v, bool) or not isinstance(v, int | float) or v < 0 for v in given.values()):
        raise ValueError("takes numbers that are not negative: per_token_in and per_token_out, or total_cost")
    options.custom_cost = value.decode()


def _collect_log(options: Options, value: bytes) -> None:
    options.collect_log = _boolean(value)


def _collect_payload(options: Options, value: bytes) -> None:
    options.collect_payload = _boolean(value)


def _boolean(value: bytes) -> bool:
    match value.lower():
        case b"true":
            return True
        case b"false":
            return False
    raise ValueError("is neither `true` nor `false`")


_READERS: dict[bytes, Callable[[Options, bytes], None]] = {
    b"cf-aig-event-id": _event_id,
    b"cf-aig-metadata": _metadata,
    b"cf-aig-custom-cost": _custom_cost,
    b"cf-aig-collect-log": _collect_log,
    b"cf-aig-collect-log-payload": _collect_payload,
}
