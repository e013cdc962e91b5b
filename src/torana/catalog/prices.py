"""What does a model cost? A table of providers, models and rates, looked up by name.

Rates are whole nano-USD (10⁻⁹ USD) per 1,000,000 tokens. A rule in `match` is an exact name, a glob with `*` at its
ends (`gpt-4o*`, `*nova-lite*`), or `re:` and a regular expression to search for; exact names go before the others,
which are tried in the table's order. Names compare in lower case.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CACHE = 4_096
_LONGEST_NAME = 256
_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_NANO = 1_000_000_000
_MOST_USD = 1_000_000_000
_DATE = re.compile(r"[-@](?:20\d{6}|20\d\d-\d\d-\d\d)$")
_VARIANTS = frozenset({"nitro", "floor", "exacto", "online", "thinking"})
"""OpenRouter's ways to choose among hosts; a variant with a price of its own stands in the table by its whole name."""
_PREFIXES = {
    "google-ai-studio": ("models/", "google/"),
    "google-vertex-ai": ("google/", "publishers/google/models/", "publishers/anthropic/models/", "anthropic/"),
    "grok": ("x-ai/", "xai/"),
    "perplexity-ai": ("perplexity/",),
    "mistral": ("mistralai/",),
}


class PricesError(Exception):
    """A table that cannot be used; the message says where it is wrong."""


class Rates(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """None = as the rate it is a part of: cache and audio as `input`, reasoning as `output`, 1 h as `cache_write`."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    audio_in: int | None = None
    audio_out: int | None = None
    reasoning: int | None = None


class Tier(Rates, frozen=True, kw_only=True):
    """Rates of the whole request once its input has more than `above` tokens; None = as below it."""

    above: int


class Price(Rates, frozen=True, kw_only=True):
    request: int = 0
    """Nano-USD for each request, besides its tokens."""
    tiers: list[Tier] = []
    """In rising order."""


class Change(Price, frozen=True, kw_only=True):
    """Another price, from a day on or between two minutes of the day (UTC)."""

    since_ms: int = 0
    minutes: tuple[int, int] | None = None

    def holds(self, at_ms: int) -> bool:
        if self.minutes is None:
            return at_ms >= self.since_ms
        start, end = self.minutes
        minute = at_ms % _DAY_MS // _MINUTE_MS
        return start <= minute < end if start <= end else minute >= start or minute < end


class ModelPrice(Price, frozen=True, kw_only=True):
    id: str
    match: list[str] = []
    """Empty = the id alone."""
    context: int | None = None
    """Tokens of its window, where known."""
    since: str = ""
    """The day from which the price holds, where known."""
    changes: list[Change] = []
    """The last one that holds wins."""

    def at(self, at_ms: int) -> Price:
        for change in reversed(self.changes):
            if change.holds(at_ms):
                return change
        return self


class ProviderPrices(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    models: list[ModelPrice] = []
    also: list[str] = []
    """Providers whose models it resells at the same price."""


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    providers: dict[str, ProviderPrices]


FREE = ModelPrice(id="free", input=0, output=0)


def parse(data: bytes) -> Table:
    """A table in our own shape; PricesError says what is wrong with it."""
    try:
        table = msgspec.json.decode(data, type=Table)
        _Layer(table)
    except (msgspec.DecodeError, re.error) as error:
        raise PricesError(f"not a price table: {error}") from error
    return table


def parse_override(data: bytes, version: str) -> Table:
    """Our own shape, or the short one: `{provider: {model: {"input": USD per 1,000,000 tokens, "output": …}}}`."""
    try:
        raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        if "providers" in raw and "version" in raw:
            return parse(data)
        short = msgspec.json.decode(data, type=dict[str, dict[str, dict[str, Decimal]]])
    except msgspec.DecodeError as error:
        raise PricesError(f"not a price table: {error}") from error
    providers = {
        slug: ProviderPrices([_from_usd(slug, name, prices) for name, prices in models.items()])
        for slug, models in short.items()
    }
    table = Table(version, providers)
    try:
        _Layer(table)
    except re.error as error:
        raise PricesError(f"a `re:` rule is not a regular expression: {error}") from error
    return table


def _from_usd(provider: str, name: str, prices: Mapping[str, Decimal]) -> ModelPrice:
    nano = {}
    for key, usd in prices.items():
        if not usd.is_finite() or not 0 <= usd <= _MOST_USD:
            raise PricesError(f"`{key}` of `{provider}` `{name}` cannot be `{usd}`: a price is zero or more USD")
        nano[key] = int(usd * _NANO)
    try:
        return msgspec.convert({"id": name} | nano, ModelPrice)
    except msgspec.ValidationError as error:
        raise PricesError(f"`{provider}` `{name}`: {error}") from error


class _Layer:
    """One table, made for looking up."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._exact: dict[str, dict[str, ModelPrice]] = {}
        self._rules: dict[str, list[tuple[re.Pattern[str], ModelPrice]]] = {}
        for slug, provider in table.providers.items():
            exact = self._exact[slug] = {}
            rules = self._rules[slug] = []
            for model in provider.models:
                for rule in model.match or [model.id]:
                    pattern = _pattern(rule)
                    if pattern is None:
                        exact.setdefault(rule.lower(), model)
                    else:
                        rules.append((pattern, model))

    def find(self, provider: str, name: str) -> ModelPrice | None:
        found = self._own(provider, name)
        if found is None and provider in self.table.providers:
            for other in self.table.providers[provider].also:
                found = self._own(other, name)
                if found is not None:
                    break
        return found

    def _own(self, provider: str, name: str) -> ModelPrice | None:
        if provider not in self._exact:
            return None
        found = self._exact[provider].get(name)
        if found is not None:
            return found
        return next((model for pattern, model in self._rules[provider] if pattern.search(name)), None)


def _pattern(rule: str) -> re.Pattern[str] | None:
    if rule.startswith("re:"):
        return re.compile(rule.removeprefix("re:"))
    if "*" not in rule:
        return None
    starts, ends = not rule.startswith("*"), not rule.endswith("*")
    text = re.escape(rule.strip("*").lower())
    return re.compile(f"{'^' if starts else ''}{text}{'$' if ends else ''}")


class Prices:
    """The tables in force: the built-in one, and the operator's laid over it."""

    def __init__(self, builtin: Table | None, override: Table | None = None) -> None:
        tables = [table for table in (override, builtin) if table is not None]
        self.version = "+".join(table.version for table in reversed(tables))
        self._layers = [_Layer(table) for table in tables]
        self._cache: dict[tuple[str, str], ModelPrice | None] = {}

    def find(self, provider: str, model: str) -> ModelPrice | None:
        """None = unknown: then there is no cost, never a guess."""
        key = (provider, model)
        try:
            return self._cache[key]
        except KeyError:
            pass
        found = self._find(provider, model)
        if len(self._cache) >= _CACHE:
            self._cache.clear()  # names come from callers: the table must not grow with them
        self._cache[key] = found
        return found

    def rows(self) -> Iterator[tuple[str, ModelPrice]]:
        """Every provider and model, the operator's first."""
        for layer in self._layers:
            for slug, provider in layer.table.providers.items():
                for model in provider.models:
                    yield slug, model

    def models(self, provider: str) -> list[str]:
        """Ids of what is known of it, those that it resells included; empty where nothing is."""
        told = [layer.table.providers[provider] for layer in self._layers if provider in layer.table.providers]
        slugs = {provider}.union(*(each.also for each in told))
        return list(dict.fromkeys(model.id for slug, model in self.rows() if slug in slugs))

    def _find(self, provider: str, model: str) -> ModelPrice | None:
        if provider == "local":
            return FREE
        if not 0 < len(model) <= _LONGEST_NAME:
            return None
        for name in _names(provider, model.lower()):
            for layer in self._layers:
                found = layer.find(provider, name)
                if found is not None:
                    return found
        return FREE if provider == "openrouter" and model.endswith(":free") else None


def _names(provider: str, model: str) -> Iterator[str]:
    """What the model may be called in the table: as given, then without its provider, variant and date."""
    yield model
    bare = model
    for prefix in (provider + "/", *_PREFIXES.get(provider, ())):
        bare = bare.removeprefix(prefix)
    if provider == "openrouter":
        slug, _, variant = bare.partition(":")
        bare = slug if variant in _VARIANTS else bare
    if bare != model:
        yield bare
    undated = _DATE.sub("", bare)
    if undated != bare:
        yield undated
