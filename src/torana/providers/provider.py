"""An upstream as data, and where in it a caller's path leads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import unquote_to_bytes, urlsplit

from msgspec import Struct, field
from msgspec.structs import force_setattr, replace

from torana.errors import CallerError
from torana.exchange import Target
from torana.formats import FORMATS
from torana.message import Headers, Origin
from torana.providers.operations import Operation, usual
from torana.providers.speech import Speech

_UNSAFE = re.compile(rb"[\x00-\x20\x7f#\\]")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_HOST = re.compile(r"[a-z0-9.-]+")
_VERSION = re.compile(rb"v\d+[a-z0-9]*")
_ACCOUNT = "{account}"
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")

_MOST_PLACED = 512
_LONGEST_PLACED = 256


class Site(Struct, frozen=True):
    """A base URL, parsed. `path` has no slash at its end; empty = the root."""

    origin: Origin
    path: bytes


class Placed(Struct, frozen=True):
    site: Site
    path: bytes
    """Under the site, without a slash before it."""
    model: str = ""
    """Where the path that is sent no longer tells."""
    scope: tuple[str, str] = ("", "")
    """See `Target.scope`."""


class Provider(Struct, frozen=True, eq=False, kw_only=True):
    """One upstream. `base` may hold `{region}`, `{resource}` and the like, which its `place` fills in."""

    slug: str
    base: str
    credentials: tuple[bytes, ...] = (b"authorization",)
    """The header fields that this provider's key travels in, the usual one first."""
    scheme: bytes = b"Bearer "
    """What stands before a key in `authorization`."""
    signing: Literal["", "aws", "google"] = ""
    """Whose credentials, beside plain keys, are taken for this provider."""
    version: bytes = b""
    """First segment that goes before a path which names none; b"" = paths are taken as they are."""
    roots: frozenset[bytes] = frozenset()
    """Other first segments that stand where the version does."""
    unversioned: tuple[bytes, ...] = ()
    """Paths that upstream has without the `v1/` that callers put before them."""
    place: Callable[[Provider, bytes], Placed] | None = None
    """Where the path names the host; given the path without its query. Raises CallerError."""
    describe: Callable[[bytes], Operation] = usual
    """What is asked for there; given the path under the site."""
    target_header: bytes = b""
    """A request header that may hold the whole upstream URL."""
    target_domains: tuple[str, ...] = ()
    """Where it may lead: these and what is under them."""
    openai: str | None = None
    """What goes before the paths of OpenAI's API, those that are no format of `speaks` too; None = it has none."""
    speaks: tuple[Speech, ...] = ()
    """In the order of preference, for those who speak none of them."""
    whereabouts: tuple[tuple[str, str], ...] = ()
    """What `{region}` and the like in `speaks` are, where the key does not say."""
    adds: tuple[tuple[bytes, bytes], ...] = ()
    """Header fields that go with each request, in place of the caller's of the same name."""
    is_local: bool = False
    is_overridden: bool = False
    """The operator gave the base."""
    find_price: Callable[[str], object] | None = None
    """See `Target.find_price`."""
    is_untrusted: bool = False
    """A user of the API gave the base: see `Origin.is_untrusted`."""
    site: Site | None = None
    """None where the base has placeholders."""
    placed: dict[bytes, Target] = field(default_factory=dict)
    """Targets of paths that were asked for before; cleared when full."""

    def __post_init__(self) -> None:
        if not _PLACEHOLDER.search(self.base):
            force_setattr(self, "site", self._site(self.base))

    def at(self, url: str) -> Provider:
        """The same with another base; ValueError where it cannot be one."""
        known = set(_PLACEHOLDER.findall(self.base))
        unknown = set(_PLACEHOLDER.findall(url)) - known
        if unknown:
            names = ", ".join(f"`{{{name}}}`" for name in sorted(known)) or "none"
            raise ValueError(f"the base URL of `{self.slug}` cannot have `{{{unknown.pop()}}}`; it may have {names}")
        self._site(_PLACEHOLDER.sub("x", url))
        return replace(self, base=url, is_overridden=True, site=None, placed={})

    def afresh(self) -> Provider:
        """The same with a cache of its own."""
        return replace(self, placed={})

    def locate(self, path: bytes, headers: Headers, account_id: str = "") -> Target:
        """Where a request goes. `path` is all after the provider's segment, raw, with its query; raises CallerError."""
        if self.target_header:
            for name, value in headers:
                if name == self.target_header:
                    return self._aimed(value)
        bare, mark, query = path.partition(b"?")
        # No path has a line feed in it.
        key = bare if _ACCOUNT not in self.base else account_id.encode("utf-8", "replace") + b"\n" + bare
        target = self.placed.get(key)
        if target is None:
            target = self._place(bare, account_id)
            if len(self.placed) >= _MOST_PLACED:
                self.placed.clear()
            if len(key) <= _LONGEST_PLACED:
                self.placed[key] = target
        if not mark:
            return target
        if _UNSAFE.search(query):
            raise CallerError("the query has a character that no URL may have")
        return replace(target, path=target.path + mark + query)

    def site_of(self, **names: str) -> Site:
        """The base with its placeholders filled in, each by one safe DNS label."""
        return self._site(fill(self.base, names))

    def join(self, site: Site, path: bytes) -> bytes:
        """The path under a site, with the version exactly once."""
        root = path.partition(b"/")[0]
        if self.version:
            return path if root == self.version or root in self.roots else self.version + b"/" * bool(path) + path
        base = site.path.lstrip(b"/")
        version = base.rpartition(b"/")[2]
        if _VERSION.fullmatch(version):
            # SDKs differ in what they take for the base: `openai/v1/…`, `v1/…` and `…` are the same to them.
            for repeated in (base + b"/", version + b"/"):
                if path.startswith(repeated):
                    return path[len(repeated) :]
        bare = path.removeprefix(b"v1/")
        return bare if bare in self.unversioned else path

    def _site(self, url: str) -> Site:
        site = parse(url, self.slug)
        if self.is_untrusted:
            return Site(replace(site.origin, is_untrusted=True), site.path)
        if self.version and site.path.endswith(b"/" + self.version):
            return Site(site.origin, site.path.removesuffix(b"/" + self.version))
        return site

    def _place(self, path: bytes, account_id: str) -> Target:
        path = path.lstrip(b"/")
        check(path)
        if self.place is not None:
            return self._target(self.place(self._owned_by(account_id), path))
        site = self.site or self.site_of()
        return self._target(Placed(site, self.join(site, path)))

    def _owned_by(self, account_id: str) -> Provider:
        if _ACCOUNT not in self.base:
            return self
        if not account_id:
            raise CallerError(f"`{self.slug}` needs an account in the URL, or a base URL from the operator")
        name = label(account_id.encode("utf-8", "replace"), "account")
        return replace(self, base=self.base.replace(_ACCOUNT, name), site=None, placed={})

    def _aimed(self, value: bytes) -> Target:
        """The header's URL, if it leads where the provider lives; with another base, its path there."""
        site, path, query = _read_url(value, self.target_header, self.target_domains)
        check(path)
        site = self.site if self.is_overridden and self.site is not None else site
        target = self._target(Placed(site, path))
        return replace(target, path=target.path + b"?" + query) if query else target

    def _target(self, placed: Placed) -> Target:
        site, path = placed.site, placed.path
        operation = self.describe(path)
        return Target(
            self.slug,
            site.origin,
            site.path + b"/" + path if path else site.path or b"/",
            FORMATS[operation.format],
            placed.model or operation.model,
            operation.is_stream,
            self.is_local,
            placed.scope,
            frozenset({self.target_header} if self.target_header else ()),
            self.adds,
            self.find_price,
        )


def check(path: bytes) -> None:
    """No dot segments, however they are written, and nothing that would end the request line."""
    if _UNSAFE.search(path):
        raise CallerError("the path has a character that no URL may have")
    if b".." in path or b"%" in path:
        plain = unquote_to_bytes(unquote_to_bytes(path)).replace(b"\\", b"/")
        if b".." in plain.split(b"/"):
            raise CallerError("the path must not have `..` segments")


def label(text: bytes, what: str) -> str:
    """A piece of the path that becomes part of a host name."""
    found = text.decode("latin-1")
    if not _LABEL.fullmatch(found):
        raise CallerError(f"`{found}` cannot be a {what}: it is letters, digits and hyphens")
    return found


def fill(template: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        template = template.replace("{" + name + "}", value)
    return template


def parse(url: str, slug: str) -> Site:
    """ValueError where it is not the base URL of anything."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise ValueError(f"the base URL of `{slug}` cannot be `{url}`: {error}") from error
    path = parts.path.rstrip("/").encode()
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"the base URL of `{slug}` cannot be `{url}`: it begins with http:// or https:// and a host")
    is_bare = parts.username is None and not parts.query and not parts.fragment
    if not is_bare or _UNSAFE.search(path + parts.hostname.encode("utf-8", "replace")):
        raise ValueError(f"the base URL of `{slug}` has more than scheme, host, port and path")
    is_tls = parts.scheme == "https"
    return Site(Origin(parts.hostname, port or (443 if is_tls else 80), is_tls), path)


def _read_url(value: bytes, header: bytes, domains: tuple[str, ...]) -> tuple[Site, bytes, bytes]:
    """Site, path and query of a caller's URL; only https, only under `domains`, with no port or user of its own."""
    name = header.decode("latin-1")
    where = " or ".join(f"https://{domain}" for domain in domains)
    refusal = CallerError(f"`{name}` must be a URL under {where}")
    try:
        parts = urlsplit(value.decode("ascii"))
        port = parts.port
    except ValueError:
        raise refusal from None
    host = parts.hostname or ""
    is_there = any(host == domain or host.endswith("." + domain) for domain in domains)
    is_plain = parts.scheme == "https" and parts.username is None and port in (None, 443)
    if _UNSAFE.search(value) or not _HOST.fullmatch(host) or not is_there or not is_plain:
        raise refusal
    return Site(Origin(host, 443), b""), parts.path.lstrip("/").encode(), parts.query.encode()
