"""How much Claude is to think, as each of its generations wants to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object
from torana.formats.reasoning import budget_of, effort_of, wish_of

if TYPE_CHECKING:
    from torana.formats.anthropic_messages.models import Traits
    from torana.formats.json import Json
    from torana.formats.reasoning import Wish
    from torana.formats.translation import Brief

_EFFORTS = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}
_LEAST_BUDGET = 1024


def think(chat: Json, body: Json, traits: Traits, brief: Brief) -> None:
    """Writes `thinking` and `output_config`; what cannot be had is dropped under the caller's name for it."""
    wish = wish_of(chat)
    if wish.is_on is None:
        return
    name = "reasoning" if isinstance(chat.get("reasoning"), dict) else "reasoning_effort"
    if not traits.thinks:
        if wish.is_on:
            brief.drop(name)
    elif not wish.is_on:
        _turn_off(body, traits, brief, name)
    elif _is_forced(body):
        # Anthropic refuses both at once; that a tool is used was asked for more plainly.
        brief.drop(name)
        if traits.is_adaptive:
            body["thinking"] = {"type": "disabled"}
    elif traits.is_adaptive:
        _adapt(wish, body, traits)
    else:
        _budget(wish, body, brief, name)


def _turn_off(body: Json, traits: Traits, brief: Brief, name: str) -> None:
    if traits.always_thinks:
        brief.drop(name)
        body["output_config"] = {"effort": "low"}
    else:
        body["thinking"] = {"type": "disabled"}


def _is_forced(body: Json) -> bool:
    return as_object(body.get("tool_choice")).get("type") in ("any", "tool")


def _adapt(wish: Wish, body: Json, traits: Traits) -> None:
    thinking: Json = {"type": "adaptive"}
    if wish.is_hidden:
        thinking["display"] = "omitted"
    elif not traits.shows_thoughts:
        thinking["display"] = "summarized"
    body["thinking"] = thinking
    if wish.effort is None and wish.max_tokens is None:
        return
    most = body["max_tokens"]
    effort = _EFFORTS.get(effort_of(wish, most if isinstance(most, int) else 0), "medium")
    if effort == "xhigh" and traits.has_sampling:
        effort = "max"  # 4.6 has no word between `high` and it
    body["output_config"] = {"effort": effort}


def _budget(wish: Wish, body: Json, brief: Brief, name: str) -> None:
    most = body["max_tokens"]
    if not isinstance(most, int) or most <= _LEAST_BUDGET or _lacks_thoughts(body):
        brief.drop(name)
        return
    budget = max(_LEAST_BUDGET, min(budget_of(wish, most), most - 1))
    body["thinking"] = {"type": "enabled", "budget_tokens": budget}


def _lacks_thoughts(body: Json) -> bool:
    """Results are given to calls whose thoughts the client did not keep: Anthropic refuses to think on from there."""
    turns = [as_object(turn) for turn in as_list(body.get("messages"))]
    if len(turns) < 2 or not _has(turns[-1], 0, "tool_result"):  # noqa: PLR2004  # an answer and its results
        return False
    return not _has(turns[-2], 0, "thinking", "redacted_thinking")


def _has(turn: Json, number: int, *kinds: str) -> bool:
    """Whether that block of a turn is one of these."""
    blocks = as_list(turn.get("content"))
    return len(blocks) > number and as_object(blocks[number]).get("type") in kinds
