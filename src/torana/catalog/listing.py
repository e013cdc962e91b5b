"""Which models does a list hold, in which order, and which part of it?

These are the parameters of `/models` (openrouter.md 1.6). What is not known of a model does not satisfy a bound: a
minimal index leaves out who has none.
"""

from __future__ import annotations

import urllib.parse
from decimal import Decimal
from email.utils import formatdate
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias
from xml.sax.saxutils import escape

import msgspec
from msgspec import Meta, Struct

from torana.catalog.market import Endpoint, Model
from torana.catalog.measured import NOTHING, Figures
from torana.catalog.routers import ROUTERS
from torana.catalog.shapes import cost, foremost, model_shape, parameters, reached, usd_per_million

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torana.catalog.market import Catalogue, Host
    from torana.catalog.measured import Measured
    from torana.catalog.shapes import Shape

MOST = 1_000
USUAL_LIMIT = 500
_DAY_MS = 86_400_000
_MOST_FIELDS = 100
_EUROPE = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)
_REGIONS = {"eu": _EUROPE, "us": frozenset({"US"})}
_INDICES = {"intelligence": "intelligence_index", "coding": "coding_index", "agentic": "agentic_index"}

Category: TypeAlias = Literal[
    "programming",
    "roleplay",
    "marketing",
    "marketing/seo",
    "technology",
    "science",
    "translation",
    "legal",
    "finance",
    "health",
    "trivia",
    "academia",
]
Sort: TypeAlias = Literal[
    "most-popular",
    "newest",
    "top-weekly",
    "pricing-low-to-high",
    "pricing-high-to-low",
    "context-high-to-low",
    "throughput-high-to-low",
    "latency-low-to-high",
    "intelligence-high-to-low",
    "coding-high-to-low",
    "agentic-high-to-low",
    "design-arena-elo-high-to-low",
]
MEASURED_SORTS = frozenset({"most-popular", "top-weekly", "throughput-high-to-low", "latency-low-to-high"})
"""They need `Figures`."""
Count: TypeAlias = Annotated[int, Meta(ge=0)]


class ListError(Exception):
    """Parameters that cannot be understood; the message says which."""


class ModelQuery(Struct, frozen=True, kw_only=True):
    """Names and values as in the query. Lists are text with commas; prices are USD for 1,000,000 tokens."""

    offset: Count | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST)] | None = None
    category: Category | None = None
    """Accepted, and of no effect: what models are used for is not looked at here."""
    supported_parameters: str = ""
    output_modalities: str = "text"
    input_modalities: str = ""
    sort: Sort | None = None
    q: str = ""
    context: Count | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_output_price: Decimal | None = None
    max_output_price: Decimal | None = None
    arch: str = ""
    model_authors: str = ""
    providers: str = ""
    distillable: bool | None = None
    zdr: bool | None = None
    region: Literal["eu", "us"] | None = None
    min_age_days: float | None = None
    max_age_days: float | None = None
    min_intelligence_index: float | None = None
    max_intelligence_index: float | None = None
    min_coding_index: float | None = None
    max_coding_index: float | None = None
    min_agentic_index: float | None = None
    max_agentic_index: float | None = None
    min_tool_success_rate: float | None = None
    max_tool_success_rate: float | None = None
    use_rss: bool = False
    use_rss_chat_links: bool = False

    def __post_init__(self) -> None:
        for name in ("min_price", "max_price", "min_output_price", "max_output_price"):
            usd = getattr(self, name)
            if usd is not None and not usd.is_finite():
                raise ValueError(f"`{name}` is no amount of money: `{usd}`")

    @property
    def needs_figures(self) -> bool:
        return self.sort in MEASURED_SORTS


def read_query(text: str) -> ModelQuery:
    """Of a raw query, without its `?`. An empty value is none, an unknown name is ignored. ListError."""
    try:
        pairs = urllib.parse.parse_qsl(text, max_num_fields=_MOST_FIELDS, errors="strict")
        return msgspec.convert(dict(pairs), ModelQuery, strict=False)
    except (ValueError, msgspec.ValidationError) as error:
        raise ListError(str(error)) from error


class View(Struct, frozen=True):
    """Who looks, and when."""

    providers: frozenset[str]
    """Whom the caller can be served by."""
    now_ms: int
    figures: Figures = msgspec.field(default_factory=dict)


class Shown(Struct, frozen=True):
    """A model and its endpoints that the caller can reach."""

    model: Model
    endpoints: tuple[Endpoint, ...]


class Page(Struct, frozen=True):
    shown: list[Shown]
    total: int
    """Before it was cut."""
    next: str | None
    """Query of the next page; None = this is the last."""


def visible(catalogue: Catalogue, providers: frozenset[str]) -> list[Shown]:
    """All models that somebody serves whom the caller can reach."""
    found = ((model, reached(model, providers)) for model in catalogue.models)
    return [Shown(model, endpoints) for model, endpoints in found if endpoints]


def with_routers(models: list[Shown]) -> list[Shown]:
    """Where there is no model there is nothing to choose from. A list that was synced may have some of their names."""
    known = {shown.model.id for shown in models}
    return [Shown(each, each.endpoints) for each in ROUTERS if models and each.id not in known] + models


def choose(catalogue: Catalogue, query: ModelQuery, view: View, left: Callable[[Shown], Shown] | None = None) -> Page:
    """`left` says what else is taken away from a model's endpoints; None = nothing."""
    tests = _tests(query, view)
    seen = visible(catalogue, view.providers)
    if left is not None:
        seen = [less for shown in seen if (less := left(shown)).endpoints]
    found = [shown for shown in with_routers(seen) if all(test(shown) for test in tests)]
    if query.sort is not None:
        found.sort(key=_order(query.sort, view))
    return _page(found, query)


def listed(catalogue: Catalogue, page: Page, now_ms: int) -> Shape:
    """A page of models in OpenRouter's envelope."""
    return {
        "data": [shape_of(catalogue, each, now_ms) for each in page.shown],
        "total_count": page.total,
        "links": {"next": None if page.next is None else f"/api/v1/models?{page.next}"},
    }


def shape_of(catalogue: Catalogue, shown: Shown, now_ms: int) -> Shape:
    model = shown.model
    return model_shape(model, shown.endpoints, now_ms, catalogue.find(model.alias_of) if model.alias_of else None)


def _page(found: list[Shown], query: ModelQuery) -> Page:
    """Whole where neither `offset` nor `limit` was asked for."""
    if query.offset is None and query.limit is None:
        return Page(found, len(found), None)
    start, size = query.offset or 0, query.limit or USUAL_LIMIT
    end = start + size
    following = urllib.parse.urlencode(_said(query) | {"offset": end, "limit": size}) if end < len(found) else None
    return Page(found[start:end], len(found), following)


def _said(query: ModelQuery) -> dict[str, object]:
    """What differs from a query that says nothing, as it was written."""
    nothing = ModelQuery()
    said = {
        name: value for name in query.__struct_fields__ if (value := getattr(query, name)) != getattr(nothing, name)
    }
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in said.items()}


# Filters


def _tests(query: ModelQuery, view: View) -> list[Callable[[Shown], bool]]:
    """One for each that was asked for."""
    q = query
    words = q.q.lower().split()
    outputs, inputs, wanted = _names(q.output_modalities), _names(q.input_modalities), _names(q.supported_parameters)
    authors, hosts = _names(q.model_authors), _names(q.providers)
    tests: list[tuple[object, Callable[[Shown], bool]]] = [
        (outputs and "all" not in outputs, lambda each: not outputs.isdisjoint(each.model.output_modalities)),
        (inputs, lambda each: inputs <= set(each.model.input_modalities)),
        (wanted, lambda each: wanted <= set(parameters(each.endpoints))),
        (words, lambda each: _has_words(each.model, words)),
        (authors, lambda each: each.model.author.lower() in authors),
        (hosts, lambda each: any(_is_named(endpoint.host, hosts) for endpoint in each.endpoints)),
        (q.arch, lambda each: each.model.tokenizer.lower() == q.arch.lower()),
        (q.context, lambda each: _context(each) >= (q.context or 0)),
        (q.distillable is not None, lambda each: each.model.is_distillable is q.distillable),
        (q.zdr, lambda each: any(endpoint.is_zdr for endpoint in each.endpoints)),
        (q.region, lambda each: any(_is_in(endpoint.host, q.region or "") for endpoint in each.endpoints)),
        *_bounds(q, view),
    ]
    return [test for is_asked, test in tests if is_asked]


def _bounds(q: ModelQuery, view: View) -> Iterable[tuple[bool, Callable[[Shown], bool]]]:
    figures: tuple[
        tuple[Decimal | float | None, Decimal | float | None, Callable[[Shown], Decimal | float | None]], ...
    ]
    figures = (
        (q.min_price, q.max_price, lambda each: _prices(each, view)[0]),
        (q.min_output_price, q.max_output_price, lambda each: _prices(each, view)[1]),
        (q.min_age_days, q.max_age_days, lambda each: _age_days(each.model, view.now_ms)),
        (q.min_intelligence_index, q.max_intelligence_index, lambda each: _index(each.model, "intelligence")),
        (q.min_coding_index, q.max_coding_index, lambda each: _index(each.model, "coding")),
        (q.min_agentic_index, q.max_agentic_index, lambda each: _index(each.model, "agentic")),
        # Whether calls of tools were sound is not kept: no model has such a figure.
        (q.min_tool_success_rate, q.max_tool_success_rate, lambda _: None),
    )
    for least, most, figure in figures:
        yield least is not None or most is not None, _within(least, most, figure)


def _within(
    least: Decimal | float | None, most: Decimal | float | None, figure: Callable[[Shown], Decimal | float | None]
) -> Callable[[Shown], bool]:
    def test(each: Shown) -> bool:
        found = figure(each)
        return found is not None and (least is None or found >= least) and (most is None or found <= most)

    return test


def _names(text: str) -> frozenset[str]:
    """In lower case; of a text with commas."""
    return frozenset(name for part in text.split(",") if (name := part.strip().lower()))


def _has_words(model: Model, words: Sequence[str]) -> bool:
    text = f"{model.id}\n{model.name}".lower()
    return all(word in text for word in words)


def _is_named(host: Host, names: frozenset[str]) -> bool:
    return host.slug.lower() in names or host.name.lower() in names


def _is_in(host: Host, region: str) -> bool:
    """Where it computes, or, as far as that is not known, where it is at home."""
    countries = host.datacenters or ((host.headquarters,) if host.headquarters else ())
    return any(country in _REGIONS[region] for country in countries)


def _context(each: Shown) -> int:
    return each.model.context_length or max(endpoint.context_length for endpoint in each.endpoints)


def _prices(each: Shown, view: View) -> tuple[Decimal, Decimal]:
    return usd_per_million(foremost(each.endpoints, view.now_ms), view.now_ms)


def _age_days(model: Model, now_ms: int) -> float | None:
    return (now_ms - model.created * 1000) / _DAY_MS if model.created else None


def _index(model: Model, name: str) -> float | None:
    """One of Artificial Analysis's, where a synced list had it."""
    said = (model.benchmarks or {}).get("artificial_analysis")
    found = said.get(_INDICES[name]) if isinstance(said, dict) else None
    return float(found) if isinstance(found, int | float) else None


def _elo(model: Model) -> float | None:
    """The best of all arenas."""
    said = (model.benchmarks or {}).get("design_arena")
    entries = said if isinstance(said, list) else []
    found = [entry["elo"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("elo"), int | float)]
    return float(max(found)) if found else None


# Orders: of models that are equal, the table's own stays


def _order(sort: Sort, view: View) -> Callable[[Shown], tuple[bool, float]]:
    """Those of which the figure is not known come last."""
    by: Mapping[Sort, tuple[int, Callable[[Shown], float | None]]] = {
        "most-popular": (-1, lambda each: _attempts(each, view)),
        "top-weekly": (-1, lambda each: _attempts(each, view)),
        "newest": (-1, lambda each: each.model.created or None),
        "pricing-low-to-high": (1, lambda each: _cost(each, view)),
        "pricing-high-to-low": (-1, lambda each: _cost(each, view)),
        "context-high-to-low": (-1, _context),
        "throughput-high-to-low": (
            -1,
            lambda each: _best(each, view, max, _throughput),
        ),
        "latency-low-to-high": (1, lambda each: _best(each, view, min, _latency)),
        "intelligence-high-to-low": (-1, lambda each: _index(each.model, "intelligence")),
        "coding-high-to-low": (-1, lambda each: _index(each.model, "coding")),
        "agentic-high-to-low": (-1, lambda each: _index(each.model, "agentic")),
        "design-arena-elo-high-to-low": (-1, lambda each: _elo(each.model)),
    }
    sign, figure = by[sort]

    def key(each: Shown) -> tuple[bool, float]:
        found = figure(each)
        return found is None, 0.0 if found is None else sign * found

    return key


def _cost(each: Shown, view: View) -> float:
    return cost(foremost(each.endpoints, view.now_ms), view.now_ms)


def _known(each: Shown, view: View) -> Iterable[Measured]:
    places = {(endpoint.host.provider, endpoint.name) for endpoint in each.endpoints}
    return (view.figures.get(place, NOTHING) for place in places)


def _attempts(each: Shown, view: View) -> float:
    return sum(known.attempts for known in _known(each, view))


def _throughput(known: Measured) -> float | None:
    return known.throughput.p50 if known.throughput is not None else None


def _latency(known: Measured) -> float | None:
    return known.latency.p50 if known.latency is not None else None


def _best(
    each: Shown,
    view: View,
    best: Callable[[list[float]], float],
    figure: Callable[[Measured], float | None],
) -> float | None:
    found = [value for known in _known(each, view) if (value := figure(known)) is not None]
    return best(found) if found else None


# RSS


def rss(shown: Iterable[Shown], base: str, *, has_chat_links: bool) -> str:
    """The newest first, as RSS 2.0. `base` is the server's own URL; a chat link leads to the model at OpenRouter."""
    newest = sorted(shown, key=lambda each: -each.model.created)
    items = "".join(_item(each.model, base, has_chat_links=has_chat_links) for each in newest)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>Models</title><link>{escape(base)}/api/v1/models</link>"
        f"<description>Models that this router serves</description>{items}</channel></rss>\n"
    )


def _item(model: Model, base: str, *, has_chat_links: bool) -> str:
    """Without a date where none is known: a reader takes that for one of its own."""
    slug = urllib.parse.quote(model.id, safe="/:~")
    link = f"https://openrouter.ai/chat?models={slug}" if has_chat_links else f"{base}/api/v1/model/{slug}"
    date = f"<pubDate>{formatdate(model.created, usegmt=True)}</pubDate>" if model.created else ""
    return (
        f"<item><title>{escape(model.name)}</title><link>{escape(link)}</link>"
        f'<guid isPermaLink="false">{escape(model.id)}</guid>'
        f"<description>{escape(model.description)}</description>{date}</item>"
    )
