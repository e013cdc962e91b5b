"""Which endpoints are tried, and in which order? One test for each documented rule."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from market import NOW_S, a_model, an_endpoint, chosen, dice, failing, fast, reasons, tags
from torana.catalog.prices import Change
from torana.errors import NoEndpoints
from torana.routing.market.health import Health, Seen
from torana.routing.market.needs import Needs
from torana.routing.market.wishes import read_wishes

THREE = a_model(an_endpoint("a", 1), an_endpoint("b", 2), an_endpoint("c", 3))


# The default rule (4.1 A)


def test_the_documented_example_a_nine_times_as_often_as_c_then_c_then_the_one_that_was_out() -> None:
    health, throw = failing("b"), dice(1)
    found = Counter("".join(tags(chosen(THREE, health=health, dice=throw))) for _ in range(100_000))
    assert set(found) == {"acb", "cab"}
    assert found["acb"] == pytest.approx(90_000, abs=400)  # four standard deviations


def test_stable_ones_are_drawn_by_the_inverse_square_of_their_price_and_the_rest_goes_cheapest_first() -> None:
    throw = dice(2)
    found = Counter("".join(tags(chosen(THREE, dice=throw))) for _ in range(100_000))
    weights = {"abc": 1.0, "bac": 1 / 4, "cab": 1 / 9}
    whole = sum(weights.values())
    for order, weight in weights.items():
        assert found[order] == pytest.approx(100_000 * weight / whole, abs=650)
    assert sum(found.values()) == sum(found[order] for order in weights)


def test_all_in_trouble_are_drawn_likewise() -> None:
    health, throw = failing("a", "b", "c"), dice(3)
    found = Counter(tags(chosen(THREE, health=health, dice=throw))[0] for _ in range(20_000))
    assert found["a"] / found["c"] == pytest.approx(9, rel=0.1)


def test_what_is_free_comes_before_what_is_not_each_alike() -> None:
    model = a_model(an_endpoint("free-1", 0), an_endpoint("paid", 0.001), an_endpoint("free-2", 0))
    throw = dice(4)
    found = Counter("".join(f"{tag} " for tag in tags(chosen(model, dice=throw))) for _ in range(20_000))
    assert set(found) == {"free-1 free-2 paid ", "free-2 free-1 paid "}
    assert found["free-1 free-2 paid "] == pytest.approx(10_000, abs=300)


def test_three_tokens_of_the_prompt_weigh_as_much_as_one_of_the_answer() -> None:
    model = a_model(an_endpoint("reads", 1, output_usd=6), an_endpoint("writes", 2, output_usd=2.9))
    assert tags(chosen(model, read_wishes({"sort": "price"}))) == ["writes", "reads"]
    model = a_model(an_endpoint("reads", 1, output_usd=6), an_endpoint("writes", 2, output_usd=3.1))
    assert tags(chosen(model, read_wishes({"sort": "price"}))) == ["reads", "writes"]


def test_a_price_by_the_request_counts_as_if_requests_had_a_thousand_tokens() -> None:
    model = a_model(an_endpoint("each", 1, request_nano=1_500_000), an_endpoint("tokens", 2))
    assert tags(chosen(model, read_wishes({"sort": "price"}))) == ["tokens", "each"]


# order, only, ignore, allow_fallbacks


def test_an_order_is_kept_and_the_others_follow() -> None:
    assert tags(chosen(THREE, read_wishes({"order": ["c", "b"]}))) == ["c", "b", "a"]
    assert tags(chosen(THREE, read_wishes({"order": ["c"]}))) == ["c", "a", "b"]
    assert tags(chosen(THREE, read_wishes({"order": ["c", "b"]}), health=failing("c"))) == ["c", "b", "a"]


def test_without_fallbacks_nobody_but_the_named_ones_is_asked() -> None:
    assert tags(chosen(THREE, read_wishes({"order": ["c", "b"], "allow_fallbacks": False}))) == ["c", "b"]
    assert len(tags(chosen(THREE, read_wishes({"allow_fallbacks": False})))) == 1
    assert tags(chosen(THREE, read_wishes({"allow_fallbacks": False, "sort": "price"}))) == ["a"]


def test_names_in_an_order_that_serve_nothing_are_passed_over() -> None:
    assert tags(chosen(THREE, read_wishes({"order": ["nobody", "b"]}))) == ["b", "a", "c"]


def test_only_and_ignore_keep_out_the_others() -> None:
    choice = chosen(THREE, read_wishes({"only": ["a", "c", "d"], "ignore": ["c"]}))
    assert tags(choice) == ["a"]
    assert reasons(choice) == {"b": "only", "c": "ignore"}
    assert choice.counts() == {"only": 1, "ignore": 1}
    assert choice.total == 3


REGIONS = a_model(
    an_endpoint("google-vertex/us-east5", 1, name="Google Vertex"),
    an_endpoint("google-vertex/europe", 2, name="Google Vertex"),
    an_endpoint("deepinfra/turbo", 3, name="DeepInfra"),
    an_endpoint("openai", 4, name="OpenAI"),
    an_endpoint("openai/priority", 5, name="OpenAI", tier="priority"),
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("google-vertex", ["google-vertex/us-east5", "google-vertex/europe"]),
        ("Google Vertex", ["google-vertex/us-east5", "google-vertex/europe"]),
        ("google-vertex/europe", ["google-vertex/europe"]),
        ("deepinfra", ["deepinfra/turbo"]),
        ("DEEPINFRA/Turbo", ["deepinfra/turbo"]),
        ("openai", ["openai"]),
        ("OpenAI", ["openai"]),
        ("openai/priority", ["openai/priority"]),
    ],
)
def test_a_base_slug_means_regions_and_variants_but_no_service_tier(name: str, found: list[str]) -> None:
    assert tags(chosen(REGIONS, read_wishes({"only": [name]}))) == found
    assert tags(chosen(REGIONS, read_wishes({"order": [name], "allow_fallbacks": False}))) == found


def test_who_is_ignored_is_so_in_every_tier() -> None:
    wishes = read_wishes({"ignore": ["openai"], "order": ["openai/priority"]})
    assert "openai/priority" not in tags(chosen(REGIONS, wishes))


# Service tiers (2.10)

TIERS = a_model(
    an_endpoint("openai", 2),
    an_endpoint("openai/priority", 4, tier="priority"),
    an_endpoint("openai/flex", 1, tier="flex"),
    an_endpoint("azure", 3),
    an_endpoint("azure/priority", 6, tier="priority"),
)


def test_endpoints_of_a_tier_are_not_asked_of_themselves() -> None:
    choice = chosen(TIERS)
    assert tags(choice) == ["openai", "azure"]
    assert set(reasons(choice).values()) == {"service_tier"}


def test_priority_goes_first_by_throughput_and_falls_back() -> None:
    health = Health()
    fast(health, "azure/priority", tokens_per_s=90)
    fast(health, "openai/priority", tokens_per_s=30)
    fast(health, "openai", tokens_per_s=200)
    fast(health, "azure", tokens_per_s=100)
    wishes = read_wishes(None, service_tier="fast")
    assert tags(chosen(TIERS, wishes, health=health)) == ["azure/priority", "openai/priority", "openai", "azure"]
    assert chosen(TIERS, wishes).strategy == "tier:priority"


def test_priority_in_trouble_comes_after_the_plain_ones() -> None:
    health = failing("azure/priority", "openai/priority")
    found = tags(chosen(TIERS, read_wishes(None, service_tier="priority"), health=health))
    assert set(found[:2]) == {"openai", "azure"}


def test_flex_falls_back_to_no_dearer_tier_unless_there_is_no_flex() -> None:
    assert tags(chosen(TIERS, read_wishes(None, service_tier="flex"))) == ["openai/flex"]
    assert tags(chosen(THREE, read_wishes(None, service_tier="flex"))) == ["a", "b", "c"]


def test_nitro_sorts_by_throughput_and_floor_by_price_each_with_its_tier() -> None:
    health = Health()
    for place, tag in enumerate(["openai/priority", "azure", "openai", "azure/priority"]):
        fast(health, tag, tokens_per_s=90 - place)
    nitro = chosen(TIERS, read_wishes(None, suffixes=["nitro"]), health=health)
    assert tags(nitro) == ["openai/priority", "azure", "openai", "azure/priority"]
    assert tags(chosen(TIERS, read_wishes(None, suffixes=["floor"]))) == ["openai/flex", "openai", "azure"]


def test_a_tier_that_was_asked_for_is_let_in_by_the_hosts_name() -> None:
    wishes = read_wishes({"only": ["openai"]}, service_tier="priority")
    assert tags(chosen(TIERS, wishes)) == ["openai/priority", "openai"]


# sort, preferences


def test_sort_by_price_throws_no_dice() -> None:
    def never() -> float:
        raise AssertionError("nothing is left to chance")

    assert tags(chosen(THREE, read_wishes({"sort": "price"}), dice=never)) == ["a", "b", "c"]


def test_sort_by_speed_tries_one_that_nobody_knows_and_then_takes_it_for_a_typical_one() -> None:
    model = a_model(*(an_endpoint(tag) for tag in ("slow", "new", "quick", "middling")))
    health = Health()
    fast(health, "slow", latency_s=3, tokens_per_s=10)
    fast(health, "quick", latency_s=0.1, tokens_per_s=200)
    fast(health, "middling", latency_s=1, tokens_per_s=50)
    for by in ("throughput", "latency"):
        found = tags(chosen(model, read_wishes({"sort": by}), health=health))
        assert found == ["new", "quick", "middling", "slow"]
    health.observe("new", Seen(500), NOW_S)
    for by in ("throughput", "latency"):
        found = tags(chosen(model, read_wishes({"sort": by}), health=health))
        assert (found[0], found[-1]) == ("quick", "slow")


def test_sorted_ones_in_an_outage_come_last() -> None:
    assert tags(chosen(THREE, read_wishes({"sort": "price"}), health=failing("a"))) == ["b", "c", "a"]


def test_a_preferred_speed_puts_slower_ones_last_but_keeps_them() -> None:
    health = Health()
    fast(health, "a", tokens_per_s=10, latency_s=0.1)
    fast(health, "b", tokens_per_s=100, latency_s=5)
    fast(health, "c", tokens_per_s=100, latency_s=0.1)
    assert tags(chosen(THREE, read_wishes({"preferred_min_throughput": 50}), health=health)) == ["b", "c", "a"]
    assert tags(chosen(THREE, read_wishes({"preferred_max_latency": {"p90": 1}}), health=health)) == ["a", "c", "b"]
    both = read_wishes({"preferred_min_throughput": {"p50": 50}, "preferred_max_latency": 1, "sort": "price"})
    assert tags(chosen(THREE, both, health=health)) == ["c", "a", "b"]


def test_a_speed_is_looked_at_anew_once_there_is_more_to_see_or_what_was_seen_is_too_old() -> None:
    health, wishes = Health(), read_wishes({"preferred_min_throughput": 50})
    fast(health, "a", tokens_per_s=40)
    assert tags(chosen(THREE, wishes, health=health))[-1] == "a"
    for _ in range(2):
        fast(health, "a", tokens_per_s=60)
    assert tags(chosen(THREE, wishes, health=health))[0] == "a"
    assert tags(chosen(THREE, read_wishes({"preferred_min_throughput": 70}), health=health))[-1] == "a"
    assert (
        tags(chosen(THREE, read_wishes({"preferred_min_throughput": 70}), health=health, now_s=NOW_S + 300))[0] == "a"
    )


def test_all_cutoffs_have_to_hold() -> None:
    health = Health()
    for rate in (*[100] * 8, 5, 5):
        fast(health, "a", tokens_per_s=rate)
        fast(health, "b", tokens_per_s=60)
    wishes = read_wishes({"preferred_min_throughput": {"p50": 50, "p90": 20}})
    assert tags(chosen(THREE, wishes, health=health))[-1] == "a"
    assert tags(chosen(THREE, read_wishes({"preferred_min_throughput": 50}), health=health))[0] == "a"


# Hard filters


@pytest.mark.parametrize(
    ("provider", "kept", "reason"),
    [
        ({"zdr": True}, ["safe"], "zdr"),
        ({"data_collection": "deny"}, ["safe"], "training"),
        ({"quantizations": ["fp4"]}, ["safe"], "quantization"),
        ({"max_price": {"prompt": 1.5}}, ["safe"], "max_price"),
        ({"max_price": {"completion": "1.5"}}, ["safe"], "max_price"),
    ],
)
def test_a_filter_keeps_out_what_it_says(provider: dict[str, object], kept: list[str], reason: str) -> None:
    model = a_model(an_endpoint("safe", 1, quantization="mxfp4"), an_endpoint("other", 2, retains=True, is_zdr=False))
    choice = chosen(model, read_wishes(provider))
    assert tags(choice) == kept
    assert reasons(choice) == {"other": reason}


@pytest.mark.parametrize(
    ("most", "passes"),
    [
        ({"request": 0.001}, True),
        ({"request": 0.0009}, False),
        ({"image": 0.02}, True),
        ({"image": 0.01}, False),
        ({"audio": 0.5}, True),
        ({"audio": 0.1}, False),
    ],
)
def test_units_have_their_own_highest_price(most: dict[str, object], *, passes: bool) -> None:
    others = {"image": 20_000_000, "audio": 500_000_000}
    model = a_model(an_endpoint("a", 1, request_nano=1_000_000, others=others), an_endpoint("b", 9))
    assert ("a" in tags(chosen(model, read_wishes({"max_price": most})))) is passes


def test_only_what_takes_every_parameter_where_that_is_required() -> None:
    model = a_model(an_endpoint("a", parameters=frozenset({"seed"})), an_endpoint("b", parameters=frozenset()))
    needs = Needs(parameters=frozenset({"seed"}))
    assert set(tags(chosen(model, needs=needs))) == {"a", "b"}
    choice = chosen(model, read_wishes({"require_parameters": True}), needs)
    assert (tags(choice), reasons(choice)) == (["a"], {"b": "parameters"})


@pytest.mark.parametrize("soft", ["tools", "response_format", "structured_outputs", "verbosity"])
def test_tools_and_formats_go_where_they_are_supported_if_that_is_anywhere(soft: str) -> None:
    needs = Needs(parameters=frozenset({soft}), soft=(soft,))
    some = a_model(an_endpoint("a", parameters=frozenset()), an_endpoint("b", 9, parameters=frozenset({soft})))
    none = a_model(an_endpoint("a", parameters=frozenset()), an_endpoint("b", 9, parameters=frozenset()))
    assert tags(chosen(some, needs=needs)) == ["b"]
    assert tags(chosen(none, needs=needs)) == ["a", "b"]


def test_long_answers_and_prompts_go_where_there_is_room_if_that_is_anywhere() -> None:
    model = a_model(an_endpoint("short", 1, most=100, context=1000), an_endpoint("long", 9, most=9000, context=9000))
    assert tags(chosen(model, needs=Needs(max_tokens=500))) == ["long"]
    assert tags(chosen(model, needs=Needs(tokens_in=2000))) == ["long"]
    assert tags(chosen(model, needs=Needs(max_tokens=50_000, tokens_in=90_000))) == ["short", "long"]


def test_modalities_are_the_models() -> None:
    sees = a_model(an_endpoint("a"), input_modalities=("text", "image"), output_modalities=("text", "audio"))
    assert tags(chosen(sees, needs=Needs(inputs=frozenset({"image"}), outputs=frozenset({"audio"})))) == ["a"]
    with pytest.raises(NoEndpoints, match="No endpoints found for maker/model: it does not take") as refused:
        chosen(THREE, needs=Needs(inputs=frozenset({"image"})))
    assert refused.value.availability.code == "constraint_filtered"
    with pytest.raises(NoEndpoints, match="it does not answer so"):
        chosen(THREE, needs=Needs(outputs=frozenset({"audio"})))


def test_text_to_train_on_comes_of_models_whose_author_permits_it() -> None:
    wishes = read_wishes({"enforce_distillable_text": True})
    assert tags(chosen(a_model(an_endpoint("a"), is_distillable=True), wishes)) == ["a"]
    for unknown in (False, None):
        with pytest.raises(NoEndpoints):
            chosen(a_model(an_endpoint("a"), is_distillable=unknown), wishes)


def test_what_no_key_reaches_is_not_asked() -> None:
    choice = chosen(THREE, reachable=lambda endpoint: endpoint.tag != "a")
    assert (tags(choice), reasons(choice)) == (["b", "c"], {"a": "unreachable"})


# Fallback models


OTHER = a_model(
    an_endpoint("a", 0.5, model="maker/other"), an_endpoint("d", 5, model="maker/other"), name="maker/other"
)


def ids(models: object, wishes: object = None, **rest: object) -> list[str]:
    choice = chosen(models, read_wishes(wishes), **rest)  # type: ignore[arg-type]
    return [endpoint.id for endpoint in choice.endpoints]


def test_models_are_asked_one_after_the_other() -> None:
    assert ids([THREE, OTHER]) == ["a", "b", "c", "maker/other@a", "maker/other@d"]
    assert ids([THREE, OTHER, THREE]) == ids([THREE, OTHER])


def test_without_a_partition_endpoints_of_all_models_are_sorted_together() -> None:
    sort = {"sort": {"by": "price", "partition": "none"}}
    assert ids([THREE, OTHER], sort) == ["maker/other@a", "a", "b", "c", "maker/other@d"]
    assert ids([THREE, OTHER], {**sort, "allow_fallbacks": False}) == ["maker/other@a"]


def test_without_fallbacks_each_model_has_its_one_endpoint() -> None:
    assert ids([THREE, OTHER], {"allow_fallbacks": False}) == ["a", "maker/other@a"]


def test_a_model_that_nobody_may_serve_is_passed_over() -> None:
    assert ids([THREE, OTHER], {"only": ["d"]}) == ["maker/other@d"]


def test_names_may_have_suffixes_of_their_own() -> None:
    both = [read_wishes({}, suffixes=["floor"]), read_wishes({"order": ["d"]})]
    choice = chosen([THREE, OTHER], both)
    assert [each.id for each in choice.endpoints] == ["a", "b", "c", "maker/other@d", "maker/other@a"]


# Sticky conversations


def test_a_conversation_goes_back_to_where_its_prompt_is_cached() -> None:
    choice = chosen(THREE, sticky="c")
    assert (tags(choice), choice.is_sticky) == (["c", "a", "b"], True)
    assert tags(chosen(THREE, read_wishes({"sort": "price"}), sticky="c")) == ["c", "a", "b"]


def test_it_does_not_where_an_order_is_named_or_the_endpoint_is_in_trouble_or_kept_out() -> None:
    ordered = chosen(THREE, read_wishes({"order": ["b"]}), sticky="c")
    assert (tags(ordered), ordered.is_sticky) == (["b", "a", "c"], False)
    assert tags(chosen(THREE, sticky="c", health=failing("c"))) == ["a", "b", "c"]
    assert tags(chosen(THREE, read_wishes({"ignore": ["c"]}), sticky="c")) == ["a", "b"]
    assert not chosen(THREE, sticky="gone").is_sticky


# Breakers


def test_one_request_at_a_time_tries_an_endpoint_whose_breaker_was_open() -> None:
    health = Health()
    for _ in range(5):
        health.observe("a", Seen(503), NOW_S)
    assert tags(chosen(THREE, health=health, now_s=NOW_S + 29)) == ["b", "c", "a"]
    assert tags(chosen(THREE, health=health, now_s=NOW_S + 31)) == ["a", "b", "c"]
    assert tags(chosen(THREE, health=health, now_s=NOW_S + 31)) == ["b", "c", "a"]
    health.observe("a", Seen(200), NOW_S + 32)
    assert tags(chosen(THREE, health=health, now_s=NOW_S + 33)) == ["a", "b", "c"]


def test_an_endpoint_that_is_the_only_one_is_asked_whatever_its_breaker_says() -> None:
    assert tags(chosen(a_model(an_endpoint("a")), health=failing("a", times=9))) == ["a"]


# Strategies by name


@pytest.mark.parametrize(
    ("provider", "strategy"),
    [
        (None, "weighted"),
        ({"sort": "price"}, "sort:price"),
        ({"sort": "adaptive"}, "adaptive"),
        ({"order": ["a"], "sort": "price"}, "order"),
    ],
)
def test_a_choice_says_by_which_rule(provider: object, strategy: str) -> None:
    assert chosen(THREE, read_wishes(provider)).strategy == strategy


def test_the_operators_strategy_stands_in_where_the_request_says_nothing() -> None:
    assert chosen(THREE, strategy="adaptive").strategy == "adaptive"
    assert chosen(THREE, read_wishes({"sort": "price"}), strategy="adaptive").strategy == "sort:price"
    assert tags(chosen(THREE, read_wishes({"order": ["c"]}), strategy="adaptive")) == ["c", "a", "b"]


def test_an_account_at_openrouter_is_asked_last_unless_it_is_named() -> None:
    model = a_model(an_endpoint("openrouter", 0.1), an_endpoint("a", 1), an_endpoint("b", 2))
    assert tags(chosen(model))[-1] == "openrouter"
    assert tags(chosen(model, read_wishes({"sort": "price"}))) == ["a", "b", "openrouter"]
    assert tags(chosen(model, read_wishes({"order": ["openrouter"]}))) == ["openrouter", "a", "b"]
    assert tags(chosen(model, read_wishes({"only": ["openrouter"]}))) == ["openrouter"]


def test_what_was_judged_before_holds_for_the_same_question_alone() -> None:
    """The same wishes of the same model: whoever can be reached, and whatever parameters are asked for."""
    model = a_model(
        an_endpoint("one", 1, parameters=frozenset({"tools"})),
        an_endpoint("two", 2, trains=True),
        an_endpoint("three", 3),
    )
    wishes = read_wishes({"data_collection": "deny"})
    assert sorted(tags(chosen(model, wishes))) == ["one", "three"]
    assert tags(chosen(model, wishes, reachable=lambda each: each.tag == "three")) == ["three"]
    found = chosen(model, wishes, reachable=lambda each: each.tag != "one")
    assert reasons(found) == {"one": "unreachable", "two": "training"}
    assert sorted(tags(chosen(model, wishes))) == ["one", "three"]
    strict = read_wishes({"require_parameters": True})
    assert tags(chosen(model, strict, Needs(parameters=frozenset({"tools"})))) == ["one", "two", "three"]
    assert tags(chosen(model, strict, Needs(parameters=frozenset({"seed"})))) == ["two", "three"]


def test_a_price_that_changes_is_looked_at_each_time() -> None:
    """A discount by night: what is too dear by day is not so then."""
    cheap = an_endpoint("night", 9)
    price = replace(cheap.price, changes=[Change(input=1, output=1, since_ms=round(NOW_S * 1000) + 1_000)])
    model = a_model(replace(cheap, price=price))
    wishes = read_wishes({"max_price": {"prompt": 5, "completion": 5}})
    with pytest.raises(NoEndpoints):
        chosen(model, wishes)
    assert tags(chosen(model, wishes, now_s=NOW_S + 2)) == ["night"]
    with pytest.raises(NoEndpoints):
        chosen(model, wishes)
