"""A request that is no conversation: a JSON object, or a form with a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.catalog.estimate import likely_in, weigh
from torana.errors import BodyTooLarge, CallerError, UpstreamBroken
from torana.exchange import Usage
from torana.formats.json import UNREADABLE, Json, load
from torana.gathering import gather
from torana.router.reading import Read
from torana.surfaces.bodies import plain_body
from torana.surfaces.router import requests
from torana.surfaces.router.operations import OPERATIONS, multipart

if TYPE_CHECKING:
    from torana.exchange import Exchange
    from torana.surfaces.entries import Entry
    from torana.surfaces.router.operations.operation import Upload

_MOST_UPLOADED = 128 << 20
_NUMBERS = ("temperature",)
_OBJECTS = ("provider", "trace")
_UPLOADS = "transcription"
_decode = msgspec.json.Decoder(dict[str, object]).decode


async def read(x: Exchange, entry: Entry) -> Read:
    """CallerError names what is wrong with it."""
    data, upload = await _body(x), None
    boundary = multipart.boundary_of(x.opening.type) if entry.format == _UPLOADS else b""
    if boundary:
        fields, upload = multipart.read(data, boundary)
        request = _typed(fields, upload)
    else:
        try:
            request = _decode(data)
        except UNREADABLE:
            raise CallerError("the body is not a JSON object") from None
    gateway = x.opening.gateway
    extras = requests.read(request, entry.format, f"{gateway.account_id}/{gateway.id}")
    if not extras.models:
        raise CallerError("`model`: a string was expected")
    wanted = OPERATIONS[entry.format].read(request, upload)
    if not wanted.tokens_in:
        wanted.tokens_in = weigh(data) // 2 + 1
        wanted.likely = Usage(likely_in(wanted.tokens_in))
    wanted.extras, x.log.is_stream = extras, wanted.is_stream
    return Read(
        request=request,
        chat={},
        extras=extras,
        dropped=[],
        tokens_in=likely_in(wanted.tokens_in),
        wanted=wanted,
        plain=data,
    )


async def _body(x: Exchange) -> bytes:
    """Whole; what is uploaded may have come as a stream."""
    body = x.request.body
    if not isinstance(body, bytes):
        try:
            body = await gather(body, _MOST_UPLOADED)
        except UpstreamBroken:
            raise BodyTooLarge(f"the body is larger than {_MOST_UPLOADED} bytes") from None
        x.log.request_size, x.log.request_body = len(body), body[: x.payload_bytes]
    return plain_body(x.opening, body)


def _typed(fields: list[tuple[str, str]], upload: Upload | None) -> Json:
    """A form's fields as JSON would have them."""
    if upload is None:
        raise CallerError("`file`: a file was expected")
    request: Json = {}
    for name, value in fields:
        if name.endswith("[]"):
            given = request.setdefault(name[:-2], [])
            if isinstance(given, list):
                given.append(value)
        elif name in (*_NUMBERS, *_OBJECTS):
            request[name] = load(value.encode("utf-8", "replace"))
        elif name != "stream":  # there are none of what was heard
            request[name] = value
    return request
