"""What does a model's name say, besides the model?"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import a_model, an_endpoint
from torana.catalog.market import Catalogue
from torana.errors import CallerError, NoEndpoints, UnknownModel
from torana.routing.market.naming import SORTING, SUFFIXES, Named, find_model, read_name


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("openai/gpt-4o", Named("openai/gpt-4o")),
        ("~anthropic/claude-sonnet-latest", Named("~anthropic/claude-sonnet-latest")),
        ("meta/llama:free", Named("meta/llama", "free")),
        ("meta/llama:nitro", Named("meta/llama", "", ("nitro",))),
        ("meta/llama:free:online", Named("meta/llama", "free", ("online",))),
        ("meta/llama:online:free:nitro", Named("meta/llama", "free", ("online", "nitro"))),
        ("meta/llama:nitro:floor", Named("meta/llama", "", ("floor",))),
        ("meta/llama:floor:nitro:floor", Named("meta/llama", "", ("floor",))),
        ("meta/llama:NITRO", Named("meta/llama", "", ("nitro",))),
        ("meta/llama:free:free", Named("meta/llama", "free")),
        ("meta/llama:8b", Named("meta/llama:8b")),
        ("meta/llama:8b:floor", Named("meta/llama:8b", "", ("floor",))),
        ("OpenAI: GPT-4o", Named("OpenAI: GPT-4o")),
        ("OpenAI: GPT-4o:nitro", Named("OpenAI: GPT-4o", "", ("nitro",))),
        ("@preset/mine", Named("", preset="mine")),
        ("meta/llama@preset/mine", Named("meta/llama", preset="mine")),
        ("meta/llama:free:nitro@preset/mine", Named("meta/llama", "free", ("nitro",), "mine")),
        (" meta/llama ", Named("meta/llama")),
    ],
)
def test_a_name_is_taken_apart(text: str, named: Named) -> None:
    assert read_name(text) == named


@pytest.mark.parametrize(
    "text", ["", "  ", ":free", ":nitro", "a/b:free:thinking", "a/b@preset/", "@preset/", "a/" + "b" * 600]
)
def test_what_can_be_no_name_is_refused(text: str) -> None:
    with pytest.raises(UnknownModel, match="is not a valid model ID"):
        read_name(text)


@given(
    slug=st.from_regex(r"~?[a-z0-9-]{1,8}/[a-z0-9.-]{1,12}", fullmatch=True),
    suffixes=st.lists(st.sampled_from(sorted(SUFFIXES)), max_size=5),
    variant=st.sampled_from(["", "free", "batch", "thinking", "extended"]),
    preset=st.from_regex(r"[a-z0-9-]{0,8}", fullmatch=True),
)
def test_suffixes_may_stand_in_any_order_and_the_last_that_sorts_wins(
    slug: str, suffixes: list[str], variant: str, preset: str
) -> None:
    sorting = [each for each in suffixes if each in SORTING][-1:]
    for order in itertools.islice(itertools.permutations([variant] if variant else []), 2):
        for place in range(len(suffixes) + 1):
            parts = [slug, *suffixes[:place], *order, *suffixes[place:]]
            named = read_name(":".join(parts) + (f"@preset/{preset}" if preset else ""))
            assert (named.slug, named.variant, named.preset) == (slug, variant, preset)
            assert [each for each in named.suffixes if each in SORTING] == sorting
            assert ("online" in named.suffixes) == ("online" in suffixes)
            assert len(set(named.suffixes)) == len(named.suffixes)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        named = read_name(text)
    except CallerError:
        return
    assert named.slug or named.preset


def test_a_model_is_found_by_id_permanent_slug_and_display_name() -> None:
    model = a_model(an_endpoint("one"))
    catalogue = Catalogue([model])
    for name in ("maker/model", "maker/model-20260101", "Maker: Model", "MAKER/MODEL", "maker/model:nitro"):
        assert find_model(catalogue, read_name(name)) is model


def test_a_free_variant_that_is_no_more_is_told_from_a_model_that_never_was() -> None:
    catalogue = Catalogue([a_model(an_endpoint("one"))])
    with pytest.raises(NoEndpoints) as ended:
        find_model(catalogue, read_name("maker/model:free"))
    assert (ended.value.status, ended.value.availability.code) == (404, "free_variant_ended")
    assert ended.value.message == "No endpoints found for maker/model:free"
    with pytest.raises(UnknownModel) as unknown:
        find_model(catalogue, read_name("maker/other:free"))
    assert (unknown.value.status, unknown.value.availability.code) == (400, "model_not_found")
    assert unknown.value.message == "maker/other:free is not a valid model ID"
    assert unknown.value.availability.requested_models == ("maker/other:free",)
    with pytest.raises(UnknownModel):
        find_model(catalogue, read_name("maker/model:extended"))
