"""What OpenRouter adds to responses, and what it says otherwise (openrouter.md 2.11, 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_object, as_text
from torana.formats.openrouter import TOO_LONG, error_type_in, responses_code, responses_costs

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

DONE = b"data: [DONE]\n\n"
"""What comes after the last event there."""


def dressed_envelope(made: Json, turn: Turn) -> Json:
    """Its own id, and all fields that OpenRouter's SDK insists on. Nothing is kept: clients send what was said."""
    told: Json = {"frequency_penalty": 0, "presence_penalty": 0, "prompt_cache_options": None}
    told = {name: turn.request.get(name) or value for name, value in told.items()}
    return {**made, **told, "id": turn.generation, "completed_at": None, "store": False}


def dressed_end(ended: Json, source: Json, turn: Turn) -> Json:
    """`ended`: what tells how it ended; `source`: the whole dressed hub, or the last chunk of it."""
    told = dict(ended)
    if told.get("status") in ("completed", "incomplete"):
        told["completed_at"] = turn.created if turn.now is None else turn.now()
    usage = as_object(told.get("usage"))
    if usage:
        told["usage"] = {**usage, **responses_costs(source.get("usage"))}
    if "openrouter_metadata" in source:
        told["openrouter_metadata"] = source["openrouter_metadata"]
    return told


def dressed_failure(error: Json) -> Json:
    """The fields that say how it ended: want of room is an end like others."""
    kind = error_type_in(error)
    if kind in TOO_LONG:
        return {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    told = {"code": responses_code(kind), "message": as_text(error.get("message"))}
    return {"status": "failed", "error": told, "error_type": kind}
