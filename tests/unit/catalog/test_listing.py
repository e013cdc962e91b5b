"""Which models a list holds, in which order, and which part of it."""

from __future__ import annotations

import urllib.parse
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.building import build
from torana.catalog.curated import read_builtin
from torana.catalog.hosts import HOSTS
from torana.catalog.listing import ListError, ModelQuery, View, choose, listed, read_query, rss, visible
from torana.catalog.market import Catalogue, Endpoint, Model
from torana.catalog.measured import Measured, Percentiles
from torana.catalog.prices import ModelPrice, Prices
from torana.catalog.routers import ROUTERS
from torana.storage.pricing import builtin_table

NOW_MS = 1_800_000_000_000
DAY_S = 86_400
ALL = frozenset(HOSTS)


def endpoint(model: str, provider: str, usd: int, *, tools: bool = False) -> Endpoint:
    host = HOSTS[provider]
    return Endpoint(
        id=f"{model}@{provider}",
        model=model,
        host=host,
        tag=host.slug,
        name=model,
        price=ModelPrice(id=model, input=usd * 10**9, output=2 * usd * 10**9),
        supported_parameters=frozenset({"tools", "tool_choice"} if tools else {"temperature"}),
        is_zdr=not host.retains,
    )


def benchmarks(index: float, *elos: int) -> dict[str, object]:
    return {
        "artificial_analysis": {"intelligence_index": index, "coding_index": index / 2, "agentic_index": None},
        "design_arena": [{"elo": elo} for elo in elos],
    }


def model(id_: str, endpoints: tuple[Endpoint, ...], **more: object) -> Model:
    usual: dict[str, object] = {
        "id": id_,
        "canonical_slug": f"{id_}-1",
        "name": id_.title(),
        "created": NOW_MS // 1000 - 10 * DAY_S,
        "context_length": 1_000,
    }
    return Model(endpoints=endpoints, **(usual | more))  # type: ignore[arg-type]  # as named


CATALOGUE = Catalogue(
    [
        model(
            "acme/small",
            (endpoint("acme/small", "groq", 1),),
            tokenizer="Llama3",
            is_distillable=True,
            benchmarks=benchmarks(20, 900, 1_100),
        ),
        model(
            "acme/large",
            (endpoint("acme/large", "openai", 9, tools=True), endpoint("acme/large", "mistral", 8)),
            input_modalities=("text", "image"),
            context_length=100_000,
            created=NOW_MS // 1000 - DAY_S,
            benchmarks=benchmarks(50),
            is_distillable=False,
        ),
        model("other/eyes", (endpoint("other/eyes", "fireworks", 3),), output_modalities=("text", "image"), created=0),
        model("other/vectors", (endpoint("other/vectors", "cohere", 2),), output_modalities=("embeddings",)),
        model("other/picture", (endpoint("other/picture", "openai", 4),), output_modalities=("image",)),
    ],
    "v",
)
SPEED = Percentiles(100, 100, 100, 100)
FIGURES = {
    ("groq", "acme/small"): Measured(latency=Percentiles(80, 90, 90, 90), throughput=SPEED, attempts=3),
    ("openai", "acme/large"): Measured(latency=SPEED, throughput=Percentiles(10, 10, 10, 10), attempts=7),
    ("mistral", "acme/large"): Measured(throughput=Percentiles(300, 300, 300, 300), attempts=1),
}


def ids(query: str, providers: frozenset[str] = ALL) -> list[str]:
    """Of models; routers are told of by a test of their own."""
    found = choose(CATALOGUE, read_query(query), View(providers, NOW_MS, FIGURES))
    return [each.model.id.partition("/")[2] for each in found.shown if each.model.author != "openrouter"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["small", "large", "eyes"]),
        ("output_modalities=all", ["small", "large", "eyes", "vectors", "picture"]),
        ("output_modalities=embeddings,image", ["eyes", "vectors", "picture"]),
        ("input_modalities=text,image", ["large"]),
        ("supported_parameters=tools,%20tool_choice", ["large"]),
        ("supported_parameters=tools,temperature", ["large"]),
        ("q=SMALL", ["small"]),
        ("q=acme+large", ["large"]),
        ("q=acme+nothing", []),
        ("model_authors=other,nobody", ["eyes"]),
        ("providers=Mistral", ["large"]),
        ("providers=groq,fireworks", ["small", "eyes"]),
        ("arch=llama3", ["small"]),
        ("context=1001", ["large"]),
        ("min_price=3", ["large", "eyes"]),
        ("max_price=3", ["small", "eyes"]),
        ("min_output_price=2.5&max_output_price=6", ["eyes"]),
        ("distillable=true", ["small"]),
        ("distillable=false", ["large"]),
        ("zdr=true", ["eyes"]),
        ("zdr=false", ["small", "large", "eyes"]),
        ("region=eu", ["large"]),
        ("region=us", ["small", "large", "eyes"]),
        ("max_age_days=2", ["large"]),
        ("min_age_days=2", ["small"]),
        ("min_intelligence_index=20&max_intelligence_index=49", ["small"]),
        ("min_coding_index=11", ["large"]),
        ("min_agentic_index=0", []),
        ("min_tool_success_rate=0", []),
        ("category=programming", ["small", "large", "eyes"]),
        ("a_parameter_of_tomorrow=1&q=&context=", ["small", "large", "eyes"]),
        ("sort=newest", ["large", "small", "eyes"]),
        ("sort=pricing-low-to-high", ["small", "eyes", "large"]),
        ("sort=pricing-high-to-low", ["large", "eyes", "small"]),
        ("sort=context-high-to-low", ["large", "small", "eyes"]),
        ("sort=intelligence-high-to-low", ["large", "small", "eyes"]),
        ("sort=coding-high-to-low", ["large", "small", "eyes"]),
        ("sort=agentic-high-to-low", ["small", "large", "eyes"]),
        ("sort=design-arena-elo-high-to-low", ["small", "large", "eyes"]),
        ("sort=throughput-high-to-low", ["large", "small", "eyes"]),
        ("sort=latency-low-to-high", ["small", "large", "eyes"]),
        ("sort=most-popular", ["large", "small", "eyes"]),
        ("sort=top-weekly", ["large", "small", "eyes"]),
    ],
)
def test_filters_and_orders(query: str, expected: list[str]) -> None:
    assert ids(query) == expected


def test_routers_come_first_where_there_is_something_to_choose_from() -> None:
    page = choose(CATALOGUE, ModelQuery(), View(ALL, NOW_MS))
    shape = listed(CATALOGUE, page, NOW_MS)["data"]
    assert isinstance(shape, list)
    assert [each["id"] for each in shape[:2]] == ["openrouter/auto", "openrouter/free"]
    assert shape[0]["pricing"] == {"prompt": "-1", "completion": "-1"}
    assert shape[1]["pricing"] == {"prompt": "0", "completion": "0"}
    assert choose(CATALOGUE, ModelQuery(), View(frozenset(), NOW_MS)).shown == []


def test_only_what_the_caller_reaches_is_there_and_counts() -> None:
    assert ids("", frozenset({"mistral", "cohere"})) == ["large"]
    assert ids("supported_parameters=tools", frozenset({"mistral"})) == []
    assert ids("", frozenset()) == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "offset=-1",
        "sort=best",
        "category=x",
        "region=mars",
        "min_price=x",
        "max_price=nan",
        "min_output_price=inf",
        "distillable=perhaps",
        "context=x",
        "q=%FF",
    ],
)
def test_what_cannot_be_understood_is_refused(query: str) -> None:
    with pytest.raises(ListError):
        read_query(query)


def test_a_page_says_where_the_next_one_is() -> None:
    query = read_query("limit=2&output_modalities=all&sort=pricing-low-to-high&zdr=false&model_authors=acme,other")
    page = choose(CATALOGUE, query, View(ALL, NOW_MS))
    assert ([each.model.id for each in page.shown], page.total) == (["acme/small", "other/vectors"], 5)
    assert page.next is not None
    shape = listed(CATALOGUE, page, NOW_MS)
    assert shape["links"] == {"next": f"/api/v1/models?{page.next}"}
    assert dict(urllib.parse.parse_qsl(page.next)) == {
        "limit": "2",
        "offset": "2",
        "output_modalities": "all",
        "sort": "pricing-low-to-high",
        "zdr": "false",
        "model_authors": "acme,other",
    }
    assert choose(CATALOGUE, read_query("offset=1"), View(ALL, NOW_MS)).next is None


@pytest.fixture(scope="module")
def whole() -> Catalogue:
    return build(read_builtin(), Prices(builtin_table()))


filters = st.fixed_dictionaries(
    {},
    optional={
        "output_modalities": st.sampled_from(["all", "text", "image,text", "embeddings"]),
        "sort": st.sampled_from(["newest", "pricing-low-to-high", "context-high-to-low"]),
        "supported_parameters": st.sampled_from(["tools", "temperature,seed"]),
        "max_price": st.sampled_from(["0", "1", "2.5"]),
        "q": st.sampled_from(["gpt", "claude 5", "qwen"]),
        "model_authors": st.sampled_from(["openai", "google,qwen"]),
        "zdr": st.just("true"),
    },
)
reaches = st.frozensets(st.sampled_from(sorted(HOSTS)), min_size=1)


@given(filters, reaches, st.integers(min_value=1, max_value=60))
def test_pages_together_are_the_list(whole: Catalogue, asked: dict[str, str], reach: frozenset[str], size: int) -> None:
    view = View(reach, NOW_MS)
    everything = choose(whole, read_query(urllib.parse.urlencode(asked)), view)
    found, query = list[str](), urllib.parse.urlencode(asked | {"limit": str(size)})
    while query:
        page = choose(whole, read_query(query), view)
        assert page.total == everything.total
        assert len(page.shown) <= size
        found += [each.model.id for each in page.shown]
        query = page.next or ""
    assert found == [each.model.id for each in everything.shown]


@given(filters, reaches)
def test_a_filter_only_takes_away(whole: Catalogue, asked: dict[str, str], reach: frozenset[str]) -> None:
    view = View(reach, NOW_MS)
    seen = {each.model.id for each in visible(whole, reach)}
    every = choose(whole, read_query("output_modalities=all"), view)
    routers = {router.id for router in ROUTERS if seen}
    assert {each.model.id for each in every.shown} == seen | routers
    for each in choose(whole, read_query(urllib.parse.urlencode(asked)), view).shown:
        if each.model.id in routers:
            continue
        assert each.model.id in seen
        assert all(one.host.provider in reach for one in each.endpoints)
        if "zdr" in asked:
            assert any(one.is_zdr for one in each.endpoints)
        if "max_price" in asked:
            cheapest = min(one.price.input or 0 for one in each.endpoints)
            assert cheapest <= float(asked["max_price"]) * 10**9


@given(st.text(max_size=60))
def test_any_query_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(read_query(text), ModelQuery)
    except ListError:
        return


def test_news_come_as_rss_with_the_newest_first() -> None:
    odd = Catalogue([model("acme/<odd>&co", (endpoint("m", "groq", 1),), description="a < b & c"), *CATALOGUE.models])
    shown = choose(odd, read_query("model_authors=acme,other"), View(ALL, NOW_MS)).shown
    for has_chat_links in (True, False):
        root = ET.fromstring(rss(shown, "http://127.0.0.1:8787", has_chat_links=has_chat_links))  # noqa: S314  # our own
        items = root.findall("channel/item")
        assert [item.findtext("guid") for item in items] == ["acme/large", "acme/<odd>&co", "acme/small", "other/eyes"]
        assert items[1].findtext("description") == "a < b & c"
        link = items[2].findtext("link")
        assert link is not None
        assert link.startswith(
            "https://openrouter.ai/chat" if has_chat_links else "http://127.0.0.1:8787/api/v1/model/"
        )
        assert items[3].find("pubDate") is None
        assert items[0].findtext("pubDate", "").endswith("GMT")
