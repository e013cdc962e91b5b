"""How a request was routed, as `openrouter_metadata` tells it."""

from __future__ import annotations

import pytest
from openrouter.components import OpenRouterMetadata

from torana.surfaces.router.metadata import Seat, Way, is_wanted, metadata

GROQ, TOGETHER = Seat("Groq", "meta/llama", 429), Seat("Together", "meta/llama", 200)
STAGE: dict[str, object] = {
    "type": "guardrail",
    "name": "content-filter",
    "summary": "redacted 1",
    "data": {"count": 1},
}
FULL = Way(
    requested="meta/llama",
    strategy="fallback",
    available=[TOGETHER, GROQ],
    total=5,
    asked=[GROQ, TOGETHER],
    is_byok=True,
    params={"quality_floor": 0.5},
    pipeline=[STAGE],
    generation_ms=1200,
)


def test_all_of_a_way_is_told() -> None:
    assert metadata(FULL) == {
        "requested": "meta/llama",
        "strategy": "fallback",
        "region": None,
        "summary": "available=2, selected=Together",
        "attempt": 2,
        "is_byok": True,
        "endpoints": {
            "total": 5,
            "available": [
                {"provider": "Together", "model": "meta/llama", "selected": True},
                {"provider": "Groq", "model": "meta/llama", "selected": False},
            ],
        },
        "attempts": [
            {"provider": "Groq", "model": "meta/llama", "status": 429},
            {"provider": "Together", "model": "meta/llama", "status": 200},
        ],
        "params": {"quality_floor": 0.5},
        "pipeline": [STAGE],
        "generation_time": 1200,
    }


def test_where_nothing_was_asked_nothing_is_chosen() -> None:
    told = metadata(Way(requested="a/b", available=[GROQ], has_answer=False))
    assert (told["attempt"], told["summary"]) == (0, "available=1, selected=none")
    assert not {"attempts", "params", "pipeline", "generation_time"} & told.keys()


def test_where_all_failed_it_says_who() -> None:
    told = metadata(Way(requested="a/b", available=[GROQ], asked=[GROQ], has_answer=False))
    assert (told["attempt"], told["summary"]) == (1, "available=1, failed=Groq")
    assert told["endpoints"] == {
        "total": 1,
        "available": [{"provider": "Groq", "model": "meta/llama", "selected": False}],
    }


@pytest.mark.parametrize("way", [FULL, Way(requested="a/b")])
def test_openrouters_own_sdk_reads_it(way: Way) -> None:
    made = OpenRouterMetadata.model_validate(metadata(way))
    assert made.requested == way.requested
    assert made.attempt == len(way.asked)


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ([], False),
        ([(b"x-openrouter-metadata", b"Enabled")], True),
        ([(b"x-openrouter-metadata", b" enabled ")], True),
        ([(b"x-openrouter-metadata", b"true")], False),
        ([(b"x-openrouter-experimental-metadata", b"ENABLED")], True),
        ([(b"x-openrouter-metadata", b"disabled"), (b"x-openrouter-experimental-metadata", b"enabled")], False),
    ],
)
def test_it_has_to_be_asked_for(headers: list[tuple[bytes, bytes]], *, wanted: bool) -> None:
    assert is_wanted(headers) is wanted
