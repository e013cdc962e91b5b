"""What does a request wish of its providers?"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import BadWish
from torana.routing.market.wishes import NONE, Cutoffs, MaxPrice, read_wishes


@pytest.mark.parametrize("nothing", [None, {}])
def test_without_wishes_everything_is_as_documented(nothing: object) -> None:
    wishes = read_wishes(nothing)
    assert wishes is NONE
    assert wishes.allow_fallbacks
    assert (wishes.order, wishes.only, wishes.ignore, wishes.sort) == ((), None, frozenset(), "")
    assert (wishes.data_collection, wishes.partition, wishes.zdr) == ("allow", "model", False)


def test_every_field_is_read() -> None:
    wishes = read_wishes(
        {
            "order": ["Google-Vertex/us-east5", "Moonshot AI"],
            "allow_fallbacks": False,
            "require_parameters": True,
            "data_collection": "deny",
            "zdr": True,
            "enforce_distillable_text": True,
            "only": ["OpenAI", "deepinfra/turbo"],
            "ignore": ["Groq"],
            "quantizations": ["fp8", "bf16"],
            "sort": {"by": "latency", "partition": "none"},
            "max_price": {"prompt": 1, "completion": "2.5", "image": 0.01, "audio": "1e-6", "request": "0.000000001"},
            "preferred_min_throughput": 50,
            "preferred_max_latency": {"p50": 1, "p90": 2.5},
            "options": {"openai": {"store": True}},
            "a_field_of_tomorrow": {"yes": 1},
        }
    )
    assert wishes.order == ("google-vertex/us-east5", "moonshot ai")
    assert not wishes.allow_fallbacks
    assert wishes.require_parameters
    assert (wishes.data_collection, wishes.zdr, wishes.enforce_distillable_text) == ("deny", True, True)
    assert wishes.only == frozenset({"openai", "deepinfra/turbo"})
    assert wishes.ignore == {"groq"}
    assert wishes.quantizations == frozenset({"fp8", "mxfp8", "bf16"})
    assert (wishes.sort, wishes.partition) == ("latency", "none")
    assert wishes.max_price == MaxPrice(10**9, 25 * 10**8, 10**7, 1000, 1)
    assert wishes.preferred_min_throughput == Cutoffs(50.0)
    assert wishes.preferred_max_latency == Cutoffs(1.0, None, 2.5)
    assert wishes.options == {"openai": {"store": True}}


@pytest.mark.parametrize(
    ("provider", "field"),
    [
        ([], "`provider`"),
        ("openai", "`provider`"),
        ({"order": ["openai", 7]}, "`provider.order[1]`"),
        ({"order": "openai"}, "`provider.order`"),
        ({"order": ["openai", " "]}, "`provider.order[1]`"),
        ({"only": [None]}, "`provider.only[0]`"),
        ({"ignore": {"openai": True}}, "`provider.ignore`"),
        ({"allow_fallbacks": "no"}, "`provider.allow_fallbacks`"),
        ({"require_parameters": 1}, "`provider.require_parameters`"),
        ({"data_collection": "maybe"}, "`provider.data_collection`"),
        ({"zdr": "true"}, "`provider.zdr`"),
        ({"quantizations": ["fp7"]}, "`provider.quantizations[0]`"),
        ({"sort": "cheapest"}, "`provider.sort`"),
        ({"sort": {"by": "cheapest"}}, "`provider.sort.by`"),
        ({"sort": {"partition": "all"}}, "`provider.sort.partition`"),
        ({"sort": 3}, "`provider.sort`"),
        ({"max_price": 3}, "`provider.max_price`"),
        ({"max_price": {"prompt": "cheap"}}, "`provider.max_price.prompt`"),
        ({"max_price": {"completion": -1}}, "`provider.max_price.completion`"),
        ({"max_price": {"image": True}}, "`provider.max_price.image`"),
        ({"max_price": {"request": "NaN"}}, "`provider.max_price.request`"),
        ({"max_price": {"audio": "Infinity"}}, "`provider.max_price.audio`"),
        ({"preferred_min_throughput": "50"}, "`provider.preferred_min_throughput`"),
        ({"preferred_max_latency": {"p90": "2"}}, "`provider.preferred_max_latency.p90`"),
        ({"preferred_max_latency": -1}, "`provider.preferred_max_latency`"),
        ({"options": {"openai": 3}}, "`provider.options"),
        ({"options": []}, "`provider.options`"),
    ],
)
def test_a_wish_that_cannot_be_read_is_named(provider: object, field: str) -> None:
    with pytest.raises(BadWish) as refused:
        read_wishes(provider)
    assert refused.value.message.startswith(field)
    assert refused.value.status == 400


def test_null_is_as_good_as_absent() -> None:
    names = ["order", "allow_fallbacks", "only", "ignore", "quantizations", "sort", "max_price", "options", "zdr"]
    assert read_wishes(dict.fromkeys(names)) == NONE
    assert read_wishes({"only": [], "quantizations": [], "max_price": {}, "preferred_max_latency": {}}).only is None


@pytest.mark.parametrize(
    ("suffixes", "provider", "sort"),
    [
        (["nitro"], None, "throughput"),
        (["floor"], {}, "price"),
        (["exacto"], None, "exacto"),
        (["online"], None, ""),
        (["online", "floor"], None, "price"),
        (["nitro"], {"sort": "price"}, "price"),
        ([], {"sort": "adaptive"}, "adaptive"),
    ],
)
def test_a_suffix_sorts_unless_the_request_says_by_what(suffixes: list[str], provider: object, sort: str) -> None:
    assert read_wishes(provider, suffixes=suffixes).sort == sort


def test_nitro_lets_in_the_priority_tier_and_floor_the_flex_tier() -> None:
    assert read_wishes(None, suffixes=["nitro"]).admits == {"priority"}
    assert read_wishes(None, suffixes=["floor"]).admits == {"flex"}
    assert read_wishes(None, suffixes=["exacto"]).admits == frozenset()


@pytest.mark.parametrize(
    ("given", "tier"),
    [("priority", "priority"), ("fast", "priority"), ("flex", "flex"), ("auto", ""), ("default", ""), (None, "")],
)
def test_a_service_tier_is_read_by_all_its_names(given: object, tier: str) -> None:
    assert read_wishes(None, service_tier=given).service_tier == tier


@pytest.mark.parametrize(
    ("route", "provider", "partition"),
    [
        ("sort", None, "none"),
        ("fallback", None, "model"),
        ("sort", {"sort": {"partition": "model"}}, "model"),
        ("", {"sort": {"partition": "none"}}, "none"),
    ],
)
def test_the_old_field_says_the_partition_where_the_new_one_does_not(
    route: str, provider: object, partition: str
) -> None:
    assert read_wishes(provider, route=route).partition == partition


@pytest.mark.parametrize("bad", [{"route": "random"}, {"route": 3}, {"service_tier": 3}])
def test_fields_beside_the_object_are_named_too(bad: dict[str, object]) -> None:
    (name,) = bad
    with pytest.raises(BadWish, match=f"`{name}`"):
        read_wishes(None, **bad)  # type: ignore[arg-type]  # what a caller may send


def test_an_object_too_long_to_be_kept_is_read_all_the_same() -> None:
    names = [f"host-{n}" for n in range(1000)]
    assert read_wishes({"ignore": names}).ignore == frozenset(names)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "order", "allow_fallbacks", "require_parameters", "data_collection", "zdr", "enforce_distillable_text", "only",
    "ignore", "quantizations", "sort", "max_price", "preferred_min_throughput", "preferred_max_latency", "options",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), JSON, max_size=4))
def test_whatever_is_sent_is_read_or_named(provider: dict[str, object]) -> None:
    try:
        wishes = read_wishes(provider)
    except BadWish as error:
        said = error.message
    else:
        said = "`provider"
        assert wishes == read_wishes(msgspec.json.decode(msgspec.json.encode(provider)))
    assert said.startswith("`provider")


@given(st.dictionaries(st.text(max_size=8).filter(lambda name: name not in FIELDS), JSON, max_size=3))
def test_fields_that_nobody_knows_change_nothing(provider: dict[str, object]) -> None:
    assert read_wishes(provider) == NONE


@given(st.integers(0, 10**13))
def test_a_price_as_text_is_exact(nano: int) -> None:
    wishes = read_wishes({"max_price": {"prompt": f"{nano // 10**9}.{nano % 10**9:09}"}})
    assert wishes.max_price is not None
    assert wishes.max_price.prompt == nano
