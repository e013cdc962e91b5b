"""Asks the search provider that the operator chose. Which there are is the table below."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from torana.errors import ToranaError, UpstreamBroken, UpstreamTimedOut
from torana.formats.json import Json, as_list, as_object, as_text, dump, load
from torana.gathering import gather
from torana.message import Call, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.fetching import Sender
    from torana.settings import Settings

_MOST_BYTES = 8 << 20
_MOST_QUERY = 380
_MOST_WORDS = 48
"""Brave takes 400 characters and 50 words, and most take no more."""
_OK = 200


class Engine(Struct, frozen=True, kw_only=True):
    """How one provider is asked, and how it answers."""

    url: str = ""
    """Empty = the operator has to say."""
    method: Literal["GET", "POST"] = "POST"
    """With GET all goes into the query, else into a JSON body."""
    key_header: bytes = b"authorization"
    key_prefix: bytes = b"Bearer "
    needs_key: bool = True
    query: str = "query"
    """The name of that field, as the next four."""
    count: str = ""
    """Empty = it cannot be told how many."""
    include: str = ""
    """Of domains; empty = they go into the query as `site:`."""
    exclude: str = ""
    characters: tuple[str, ...] = ()
    """Where the most characters of a result are told; empty = nowhere."""
    extra: Json = {}
    most: int = 20
    """Results that may be asked for."""
    results: tuple[str, ...] = ("results",)
    """Where the list is."""
    link: str = "url"
    content: tuple[str, ...] = ("content",)
    """Fields to take a result's text from: all that are there."""


ENGINES = {
    "brave": Engine(
        url="https://api.search.brave.com/res/v1/web/search",
        method="GET",
        key_header=b"x-subscription-token",
        key_prefix=b"",
        query="q",
        count="count",
        results=("web", "results"),
        content=("description", "extra_snippets"),
    ),
    "exa": Engine(
        url="https://api.exa.ai/search",
        key_header=b"x-api-key",
        key_prefix=b"",
        count="numResults",
        include="includeDomains",
        exclude="excludeDomains",
        characters=("contents", "highlights", "maxCharacters"),
        most=25,
        content=("highlights", "text"),
    ),
    "firecrawl": Engine(
        url="https://api.firecrawl.dev/v2/search",
        count="limit",
        most=25,
        results=("data", "web"),
        content=("markdown", "description"),
    ),
    "perplexity": Engine(url="https://api.perplexity.ai/search", count="max_results", content=("snippet",)),
    "searxng": Engine(method="GET", needs_key=False, query="q", extra={"format": "json"}),
    "serper": Engine(
        url="https://google.serper.dev/search",
        key_header=b"x-api-key",
        key_prefix=b"",
        query="q",
        count="num",
        results=("organic",),
        link="link",
        content=("snippet",),
    ),
    "tavily": Engine(
        url="https://api.tavily.com/search",
        count="max_results",
        include="include_domains",
        exclude="exclude_domains",
    ),
}
"""By the value of `web_search_provider`."""


class Query(Struct, frozen=True):
    """What is searched for."""

    text: str
    count: int = 5
    include: tuple[str, ...] = ()
    """Domains; `*.` before one stands for those below it, a path may follow."""
    exclude: tuple[str, ...] = ()
    characters: int = 3_000
    """Of each result, at most."""


class Page(Struct, frozen=True):
    """One result."""

    url: str
    title: str = ""
    content: str = ""


class Search:
    """The operator's provider. Its key is read from its file anew each time, so that it can be changed."""

    def __init__(self, upstream: Sender, name: str, url: str, key_file: str, timeout_s: float) -> None:
        """ValueError where there is no URL to ask, or no key."""
        engine = ENGINES[name]
        found = urlsplit(url or engine.url)
        if found.scheme not in ("http", "https") or not found.hostname:
            raise ValueError(
                f"set `web_search_url` to the search endpoint of `{name}`: https://search.example.com/search"
            )
        if engine.needs_key and not key_file:
            raise ValueError(f"`{name}` needs a key: set `web_search_key_file` to a file that holds it")
        self.name = name
        self._engine = engine
        self._upstream = upstream
        self._key_file = Path(key_file) if key_file else None
        self._timeout_s = timeout_s
        is_tls = found.scheme == "https"
        self._origin = Origin(found.hostname, found.port or (443 if is_tls else 80), is_tls)
        self._path = (found.path or "/") + (f"?{found.query}" if found.query else "")

    async def ask(self, query: Query) -> list[Page]:
        """The best first. UpstreamError where it does not answer; what it says of why goes to nobody."""
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._upstream.send(await self._call(query))
                data = await gather(reply.body, _MOST_BYTES)
        except TimeoutError:
            raise UpstreamTimedOut(f"the web search (`{self.name}`) took more than {self._timeout_s:g} s") from None
        except OSError as error:
            raise UpstreamBroken(
                f"the key of the web search (`{self.name}`) cannot be read: {error.strerror}"
            ) from None
        except ToranaError as error:
            raise UpstreamBroken(f"the web search (`{self.name}`) failed: {error.message}") from None
        if reply.status != _OK:
            raise UpstreamBroken(f"the web search (`{self.name}`) answered {reply.status}")
        return self._read(data, query)

    async def _call(self, query: Query) -> Call:
        engine = self._engine
        headers = [(b"accept", b"application/json"), (b"accept-encoding", b"identity"), (b"user-agent", b"torana")]
        if self._key_file is not None:
            key = (await asyncio.to_thread(self._key_file.read_bytes)).strip()
            headers.append((engine.key_header, engine.key_prefix + key))
        fields = asked(engine, query)
        if engine.method == "GET":
            mark = "&" if "?" in self._path else "?"
            return Call(self._origin, b"GET", f"{self._path}{mark}{urlencode(fields)}".encode(), headers)
        headers.append((b"content-type", b"application/json"))
        return Call(self._origin, b"POST", self._path.encode(), headers, dump(fields) or b"{}")

    def _read(self, data: bytes, query: Query) -> list[Page]:
        found: object = load(data)
        for name in self._engine.results:
            found = as_object(found).get(name)
        pages = [page for each in as_list(found) if (page := self._page(as_object(each), query)) is not None]
        return pages[: query.count]

    def _page(self, told: Json, query: Query) -> Page | None:
        url = as_text(told.get(self._engine.link))
        if not url.startswith(("http://", "https://")) or not is_wanted(url, query):
            return None
        texts = [text for name in self._engine.content for text in _texts(told.get(name))]
        return Page(url, as_text(told.get("title")), "\n[…]\n".join(texts)[: query.characters])


def search(settings: Settings, upstream: Sender) -> Search | None:
    """As the settings want it; ValueError where they do not suffice."""
    if settings.web_search_provider == "none":
        return None
    return Search(
        upstream,
        settings.web_search_provider,
        settings.web_search_url,
        settings.web_search_key_file,
        settings.web_search_timeout,
    )


def asked(engine: Engine, query: Query) -> Json:
    """The fields of a search, as the provider has them."""
    text = " ".join(query.text.split()[:_MOST_WORDS])[:_MOST_QUERY]
    hosts = [each.removeprefix("*.").partition("/")[0] for each in query.include]
    others = [each.removeprefix("*.").partition("/")[0] for each in query.exclude]
    fields: Json = dict(engine.extra)
    if hosts and not engine.include:
        text += " (" + " OR ".join(f"site:{host}" for host in hosts) + ")"
    if others and not engine.exclude:
        text += "".join(f" -site:{host}" for host in others)
    fields[engine.query] = text
    if engine.count:
        fields[engine.count] = min(query.count, engine.most)
    if hosts and engine.include:
        fields[engine.include] = hosts
    if others and engine.exclude:
        fields[engine.exclude] = others
    if engine.characters:
        value: object = query.characters
        for name in reversed(engine.characters):
            value = {name: value}
        fields |= as_object(value)
    return fields


def is_wanted(url: str, query: Query) -> bool:
    """Whether the domains that were named let it in: providers do not always keep to them."""
    if any(_is_of(url, each) for each in query.exclude):
        return False
    return not query.include or any(_is_of(url, each) for each in query.include)


def _is_of(url: str, domain: str) -> bool:
    host, _, path = domain.lower().partition("/")
    parts = urlsplit(url)
    given = (parts.hostname or "").removeprefix("www.")
    base = host.removeprefix("*.").removeprefix("www.")
    is_host = given.endswith(f".{base}") or (given == base and not host.startswith("*."))
    return is_host and (not path or f"{parts.path.lower()}/".startswith(f"/{path.strip('/')}/"))


def _texts(value: object) -> Sequence[str]:
    return [value] if isinstance(value, str) and value else [as_text(each) for each in as_list(value)]
