"""Brings images and files that a request names by URL, for providers that want them in it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from torana.errors import ToranaError, Untranslatable
from torana.formats.json import Json, as_list, as_object
from torana.formats.parts import data_url
from torana.gathering import gather
from torana.message import Call, Origin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from torana.message import Reply

_MOST_FILES = 32
_MOST_BYTES = 32 << 20
_PATIENCE_S = 20.0
_OK = 200
_FIELDS = {"image_url": ("image_url", "url"), "file": ("file", "file_data"), "video_url": ("video_url", "url")}
"""By type of part: the object in it, and the field of that which may be a URL."""


class Sender(Protocol):
    def send(self, call: Call) -> Awaitable[Reply]: ...


class _Named(Struct):
    """A URL in a request, where it stands, and the object that has it."""

    where: str
    holder: Json
    field: str
    url: str


async def inline(chat: Json, kinds: tuple[str, ...], upstream: Sender) -> None:
    """Puts data URLs in place of others, in parts of these types. Untranslatable where one cannot be had.

    A request's URLs are a stranger's: they lead to public addresses alone, unless the operator says otherwise, and
    redirects are not followed.
    """
    named = list(_named(chat, kinds))
    if len(named) > _MOST_FILES:
        raise Untranslatable(
            f"`messages`: {len(named)} URLs are too many to fetch, of which {_MOST_FILES} may be there"
        )
    found = await asyncio.gather(*[_fetch(each, upstream) for each in named])
    for each, url in zip(named, found, strict=True):
        each.holder[each.field] = url


def _named(chat: Json, kinds: tuple[str, ...]) -> Iterator[_Named]:
    for number, message in enumerate(as_list(chat.get("messages"))):
        for place, part in enumerate(as_list(as_object(message).get("content"))):
            kind = as_object(part).get("type")
            if kind in kinds and isinstance(kind, str):
                name, field = _FIELDS[kind]
                holder = as_object(as_object(part).get(name))
                url = holder.get(field)
                if isinstance(url, str) and url[:8].lower().startswith(("http://", "https://")):
                    yield _Named(f"messages[{number}].content[{place}].{name}.{field}", holder, field, url)


async def _fetch(named: _Named, upstream: Sender) -> str:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            reply = await upstream.send(_call(named.url))
            data = await gather(reply.body, _MOST_BYTES)
    except TimeoutError:
        raise Untranslatable(f"`{named.where}`: the URL does not answer in time") from None
    except (ToranaError, ValueError) as error:
        raise Untranslatable(f"`{named.where}`: the URL cannot be fetched: {error}") from None
    if reply.status != _OK:
        raise Untranslatable(f"`{named.where}`: the URL answers {reply.status}, and what is there is needed")
    kind = next((value for name, value in reply.headers if name == b"content-type"), b"application/octet-stream")
    return data_url(kind.decode("latin-1").partition(";")[0].strip(), b64encode(data).decode())


def _call(url: str) -> Call:
    """ValueError for what is no URL that leads anywhere."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None:
        raise ValueError("it has no host, or a user in it")
    is_tls = parts.scheme.lower() == "https"
    origin = Origin(parts.hostname, parts.port or (443 if is_tls else 80), is_tls, is_untrusted=True)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in path):  # noqa: PLR2004  # what no request line may have
        raise ValueError("it has a character that no URL may have")
    headers = [(b"accept", b"*/*"), (b"accept-encoding", b"identity"), (b"user-agent", b"torana")]
    return Call(origin, b"GET", path.encode(), headers, first_byte_timeout_s=_PATIENCE_S)
