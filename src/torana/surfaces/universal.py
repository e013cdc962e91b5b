"""The universal endpoint: one request of several steps, each to a provider, until one answers (cloudflare.md 1.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from torana.errors import CallerError, ToranaError, UnknownProvider
from torana.providers import SECRET_HEADERS, mask_query
from torana.surfaces import compat
from torana.surfaces.bodies import plain_body
from torana.surfaces.gateway import aim, read_headers, wish
from torana.surfaces.options import as_options, read_config, read_wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.exchange import Opening, Request
    from torana.message import Headers
    from torana.providers import Provider

MOST_STEPS = 100
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_WHERE = re.compile(r" - at `(key in )?\$(?:\[(\d+)\])?\.?([^`]*)`$")
_JSON = (b"content-type", b"application/json")


class Step(Struct):
    provider: str
    endpoint: str
    """Path and query after the provider's segment."""
    query: Raw
    """The body, which goes upstream as these bytes."""
    headers: dict[str, str | int | float | bool | None] | None = None
    config: dict[str, object] | None = None
    authorization: str | None = None
    """An older way to say the header of that name."""


_read_many = msgspec.json.Decoder(list[Step]).decode
_read_one = msgspec.json.Decoder(Step).decode


def read_steps(base: Opening, request: Request, providers: Mapping[bytes, Provider]) -> list[tuple[Opening, bytes]]:
    """An opening and a body for each step; CallerError, before any of them is tried, names step and field."""
    steps = _parse(plain_body(base, request.body))
    found = []
    for number, step in enumerate(steps):
        try:
            opening, body = _open(base, request, step, providers)
        except ToranaError as error:
            error.message = f"step {number}: {error.message}"
            raise
        if opening.retries is not None and number + 1 < len(steps):
            opening.retries = replace(opening.retries, has_alternative=True)
        found.append((opening, body))
    return found


def _parse(body: bytes) -> list[Step]:
    is_one = body.lstrip()[:1] == b"{"
    try:
        steps = [_read_one(body)] if is_one else _read_many(body)
    except msgspec.ValidationError as error:
        text = str(error)
        where = _WHERE.search(text)
        number = 0 if where is None or where[2] is None else int(where[2])
        path = where[3] if where else ""
        raise _malformed(number, path, text[: where.start()] if where else text) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CallerError(
            "the body is not JSON: the universal endpoint takes an array of steps, each with `provider`, `endpoint`, "
            "`headers` and `query`"
        ) from None
    if not 0 < len(steps) <= MOST_STEPS:
        raise CallerError(f"the universal endpoint takes 1 to {MOST_STEPS} steps, not {len(steps)}")
    return steps


def _malformed(number: int, path: str, text: str) -> CallerError:
    message = f"step {number}: " + (f"`{path}`: " if path else "") + text
    if "required field `provider`" in text:
        return UnknownProvider(f"Invalid provider: {message}")
    return CallerError(message)


def _open(base: Opening, request: Request, step: Step, providers: Mapping[bytes, Provider]) -> tuple[Opening, bytes]:
    own = _headers(step)
    names = {name for name, _ in own}
    given = [h for h in request.headers if h[0] not in names and h[0] != b"content-encoding"] + own
    if not any(name == b"content-type" for name, _ in given):
        given.append(_JSON)
    path = _endpoint(step)
    shown, secrets = mask_query(path)
    opening = replace(
        base,
        form="",
        provider=step.provider,
        path=shown.decode(),
        rest=path,
        coding=b"",
        derived=None,
    )
    read_headers(opening, given, (*base.secrets, *secrets))
    # A credential of the whole request is no provider's in particular, and would be told to all of them.
    opening.headers = [h for h in opening.headers if h[0] in names or h[0] not in SECRET_HEADERS]
    wish(opening, as_options(read_wishes(request.headers) | read_config(step.config or {}) | read_wishes(own)))
    body = bytes(step.query)
    if step.provider == "compat":
        return compat.derive(opening, body, providers)
    provider = providers.get(step.provider.encode("utf-8", "replace"))
    if provider is None:
        raise UnknownProvider(f"Invalid provider: `{step.provider}` is not one")
    aim(opening, provider, path, opening.headers)
    return opening, body


def _endpoint(step: Step) -> bytes:
    try:
        return step.endpoint.lstrip("/").encode("ascii")
    except UnicodeEncodeError:
        raise CallerError("`endpoint` has a character that no URL may have") from None


def _headers(step: Step) -> Headers:
    """The step's own, as the wire has them; CallerError for what no header may be."""
    found: Headers = []
    for name, value in (step.headers or {}).items():
        if value is None:
            continue
        text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        if not _NAME.fullmatch(name):
            raise CallerError(f"`headers` has a name that no header can have: `{name[:64]}`")
        if not _VALUE.fullmatch(text):
            raise CallerError(f"`headers.{name[:64]}` has a character that no header may have")
        found.append((name.lower().encode(), text.strip(" \t").encode("latin-1")))
    if step.authorization is not None and not any(name == b"authorization" for name, _ in found):
        if not _VALUE.fullmatch(step.authorization):
            raise CallerError("`authorization` has a character that no header may have")
        found.append((b"authorization", step.authorization.strip(" \t").encode("latin-1")))
    return found
