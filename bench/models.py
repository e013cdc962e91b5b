"""What does the list of a thousand models cost, and how often a second is it given out?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench import gateway, machine
from bench.cost import Turn, typical
from bench.figure import Row

if TYPE_CHECKING:
    from bench.figure import Setup
    from bench.gateway import Gateway

_MODELS = 1_000
_MOST_US = 500.0
"""Of processor time: 2,000 requests a second on one core."""
_WAYS = {"gzip": {"accept-encoding": "gzip"}, "plain": {"accept": "*/*"}}


def models(setup: Setup) -> list[Row]:
    """The operator's own thousand, on top of what comes with the package."""
    room = setup.room("models")
    own = room / "own.json"
    own.write_text(json.dumps({"models": [_model(number) for number in range(_MODELS)]}))
    with gateway.serving(room, "http://127.0.0.1:1/v1", setup.side_core, {"TORANA_MODELS": str(own)}) as served:
        turns: dict[str, list[Turn]] = {way: [] for way in _WAYS}
        for _ in range(setup.rounds):
            for way, fields in _WAYS.items():
                turns[way].append(_turn(setup, served, fields))
    us = {way: typical([turn.worker_us for turn in taken]) for way, taken in turns.items()}
    rate = {way: typical([turn.rate for turn in taken]) for way, taken in turns.items()}
    detail = ", ".join(f"{way}: {us[way]:.0f} µs at {rate[way]:,.0f} requests/s" for way in _WAYS)
    figure = f"CPU per list of {_MODELS:,} models (500 µs = 2,000 a second)"
    return [Row("models", figure, us["gzip"], _MOST_US, "µs", detail)]


def _turn(setup: Setup, served: Gateway, fields: dict[str, str]) -> Turn:
    parts = urlsplit(served.url)
    workers = served.facts().pids.workers
    before = machine.cpu_s(workers)
    load = setup.load.get(f"{parts.scheme}://{parts.netloc}/api/v1/models", setup.turn_s, fields)
    return Turn(load.rate, (machine.cpu_s(workers) - before) * 1e6 / load.requests)


def _model(number: int) -> dict[str, object]:
    """As long as usual ones are."""
    return {
        "id": f"bench/model-{number}",
        "name": f"Bench: Model {number}",
        "description": "A model of the bench's, described at about the length that models usually are. " * 3,
        "context_length": 131_072,
        "input_modalities": ["text", "image"],
        "supported_parameters": ["temperature", "top_p", "max_tokens", "stop", "seed", "tools", "tool_choice"],
        "endpoints": [{"provider": "local", "model": f"model-{number}"}],
    }
