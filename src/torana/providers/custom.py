"""Providers that an account brings along: a base URL and a name, `custom-{slug}` in the gateway's URLs."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from torana.catalog.own import find_own
from torana.providers import operations, speech
from torana.providers.masking import SECRET_HEADERS
from torana.providers.provider import Placed, Provider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.catalog.own import ModelRule

PREFIX = "custom-"
SLUG = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*")

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?|")
_SECRET = re.compile(r"key|token|secret|auth|passw|credential|cookie|session")
_NOT_OURS_TO_SET = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Of one hop, or of the framing: the wire makes them."""


def custom(
    slug: str, base_url: str, headers: Sequence[tuple[str, str]] = (), prices: Sequence[ModelRule] = ()
) -> Provider:
    """ValueError for a base that is none; `headers` as `check_headers` takes them."""
    if "{" in base_url or "}" in base_url:
        raise ValueError(f"the base URL of `{slug}` cannot be `{base_url}`: no URL has braces")
    check_headers(headers)
    return Provider(
        slug=PREFIX + slug,
        base=base_url,
        place=_under,
        openai="",
        speaks=speech.openai("", speech.EMBEDDINGS),
        describe=operations.any_of_them,
        adds=tuple((name.lower().encode(), value.encode()) for name, value in headers),
        find_price=partial(find_own, prices, PREFIX + slug) if prices else None,
        is_untrusted=True,
    )


def _under(provider: Provider, path: bytes) -> Placed:
    """The base, a slash, and the path as it came: what is in both of them is there twice (cloudflare.md 1.2, notes)."""
    return Placed(provider.site or provider.site_of(), path)


def check_headers(headers: Sequence[tuple[str, str]]) -> None:
    """ValueError for names and values that no header can have, and names that are the gateway's."""
    seen: set[str] = set()
    for name, value in headers:
        lower = name.lower()
        if not _NAME.fullmatch(name) or lower in seen:
            raise ValueError(f"`{name}` cannot be a header's name, or stands there twice")
        if lower in _NOT_OURS_TO_SET or lower.startswith("cf-aig-"):
            raise ValueError(f"`{name}` cannot be set: it is the gateway's own")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the value of `{name}` has a character that no header may have")
        seen.add(lower)


def holds_secret(name: str) -> bool:
    """Whether the values of such a header are shown to nobody; rather one too many."""
    lower = name.lower()
    return lower.encode() in SECRET_HEADERS or _SECRET.search(lower) is not None
