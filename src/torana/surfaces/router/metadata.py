"""`openrouter_metadata`: how a request was routed, for those who ask (openrouter.md 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from torana.formats.json import Json, as_text

if TYPE_CHECKING:
    from torana.message import Headers

Strategy: TypeAlias = Literal[
    "direct", "auto", "free", "latest", "alias", "fallback", "pareto", "bodybuilder", "fusion"
]

_NAMES = (b"x-openrouter-metadata", b"x-openrouter-experimental-metadata")


class Seat(Struct, frozen=True):
    """An endpoint that could have served, or was asked."""

    provider: str
    """For people."""
    model: str
    status: int = 0
    """Of one that was asked; 0 = no answer came."""


class Way(Struct, kw_only=True):
    """How a request went."""

    requested: str
    strategy: Strategy = "direct"
    region: str | None = None
    available: list[Seat] = []
    total: int | None = None
    """Endpoints of the model, those that were filtered out included; None = the available ones."""
    asked: list[Seat] = []
    """In their order; the last one answered, if any did."""
    has_answer: bool = True
    is_byok: bool = False
    params: Json | None = None
    pipeline: list[Json] = []
    """`{type, name, summary?, data?, cost_usd?, guardrail_id?, guardrail_scope?}`."""
    generation_ms: int | None = None


def is_wanted(headers: Headers) -> bool:
    """Whether the caller asked for it; the new name wins over the old one."""
    given = dict(reversed(headers))
    for name in _NAMES:
        if name in given:
            return given[name].strip().lower() == b"enabled"
    return False


def metadata(way: Way) -> Json:
    chosen = way.asked[-1] if way.asked and way.has_answer else None
    told: Json = {
        "requested": way.requested,
        "strategy": way.strategy,
        "region": way.region,
        "summary": _summary(way, chosen),
        "attempt": len(way.asked),
        "is_byok": way.is_byok,
        "endpoints": {
            "total": len(way.available) if way.total is None else way.total,
            "available": [_seat(each, chosen) for each in way.available],
        },
    }
    if way.asked:
        told["attempts"] = [{"provider": s.provider, "model": s.model, "status": s.status} for s in way.asked]
    if way.params is not None:
        told["params"] = way.params
    if way.pipeline:
        told["pipeline"] = way.pipeline
    if way.generation_ms is not None:
        told["generation_time"] = way.generation_ms
    return told


def _seat(seat: Seat, chosen: Seat | None) -> Json:
    is_chosen = chosen is not None and (seat.provider, seat.model) == (chosen.provider, chosen.model)
    return {"provider": seat.provider, "model": seat.model, "selected": is_chosen}


def _summary(way: Way, chosen: Seat | None) -> str:
    said = f"available={len(way.available)}"
    if chosen is not None:
        return f"{said}, selected={chosen.provider}"
    failed = [as_text(seat.provider) for seat in way.asked]
    return f"{said}, failed={', '.join(failed)}" if failed else f"{said}, selected=none"
