"""Which models, where the caller leaves that open: `openrouter/auto`, `openrouter/free`, `~author/family-latest`.

`openrouter/auto` is a rule of our own, and the same request always gets the same models:

1. What is it? `tools`, `code`, `reasoning`, `vision`, `long` or `chat`, by the first of `_KINDS` that fits.
2. Which models can serve it: reachable, allowed by the request's patterns, with its modalities, room for its prompt,
   tools where it has some; free ones and routers are left out.
3. Which of these are within `cost_tier`: `low` is the cheapest fifth, `max` is all.
4. By worth: how able the model is (`Model.score`), less what it costs beside the others, as much as the kind says.
   The first is asked, the next two are its fallbacks.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from msgspec import Struct

from torana.errors import Availability, BadWish, NoEndpoints
from torana.routing.market.offers import mixed_price, offers
from torana.routing.market.patterns import NOTHING, Patterns, patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torana.catalog.market import Catalogue, Endpoint, Model
    from torana.routing.market.needs import Needs

AUTO, FREE = "openrouter/auto", "openrouter/free"
PLUGINS = ("auto-router", "auto-beta-router")
Kind: TypeAlias = Literal["tools", "code", "reasoning", "vision", "long", "chat"]

_TIERS = ("low", "medium", "high", "xhigh", "max")
_MOST_PATTERNS, _LONGEST_PATTERN, _MOST_TEXT = 1024, 1024, 65_536
_DEFAULT_TRADEOFF = 9
_MOST_TRADEOFF = 10
_MODELS = 3
_UNKNOWN_SCORE = 0.3
_LONG_TOKENS = 32_000
_READ = 20_000
"""Characters of the last message that are looked at."""
_CODE = re.compile(
    r"```|\b(?:def|class|function|const|import|return|SELECT|Traceback|stack ?trace|regex|refactor|compile|unit tests?"
    r"|bug|python|javascript|typescript|rust|golang|java|sql|bash|dockerfile)\b",
    re.IGNORECASE,
)
_REASONING = re.compile(
    r"\b(?:prove|proof|theorem|derive|integral|equation|probability|step by step|puzzle|logic|optimi[sz]e|calculate)\b",
    re.IGNORECASE,
)
_ABILITY: dict[Kind, float] = {
    "tools": 5.0,
    "code": 5.0,
    "reasoning": 6.0,
    "vision": 3.0,
    "long": 3.0,
    "chat": 2.0,
}
"""How much a whole point of score is worth against ten times the price, which costs 1."""


class AutoWishes(Struct, frozen=True, kw_only=True):
    allowed_models: Patterns = NOTHING
    """None in it = all."""
    excluded_models: Patterns = NOTHING
    cost_tier: str = ""
    """Empty = as `max`."""
    cost_quality_tradeoff: int = _DEFAULT_TRADEOFF
    """0 = how able a model is counts alone, 10 = its price does as much as it can."""


def read_auto(plugins: object) -> AutoWishes:
    """Of the request's `plugins`, the auto router's; BadWish names what cannot be read in it."""
    for place, plugin in enumerate(plugins if isinstance(plugins, list) else ()):
        if isinstance(plugin, dict) and plugin.get("id") in PLUGINS and plugin.get("enabled") is not False:
            return _read(cast("Mapping[str, object]", plugin), f"plugins[{place}]")
    return AutoWishes()


def _read(plugin: Mapping[str, object], field: str) -> AutoWishes:
    tier, tradeoff = plugin.get("cost_tier"), plugin.get("cost_quality_tradeoff")
    if tier is not None and tier not in _TIERS:
        raise BadWish(f"`{field}.cost_tier` has to be one of {', '.join(_TIERS)}")
    tradeoff = _DEFAULT_TRADEOFF if tradeoff is None else tradeoff
    if not isinstance(tradeoff, int) or isinstance(tradeoff, bool) or not 0 <= tradeoff <= _MOST_TRADEOFF:
        raise BadWish(f"`{field}.cost_quality_tradeoff` has to be a whole number from 0 to {_MOST_TRADEOFF}")
    return AutoWishes(
        allowed_models=_patterns(plugin.get("allowed_models"), f"{field}.allowed_models"),
        excluded_models=_patterns(plugin.get("excluded_models"), f"{field}.excluded_models"),
        cost_tier=str(tier or ""),
        cost_quality_tradeoff=tradeoff,
    )


def _patterns(value: object, field: str) -> Patterns:
    if value is None:
        return NOTHING
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise BadWish(f"`{field}` has to be a list of model ids or patterns")
    if (
        len(value) > _MOST_PATTERNS
        or any(len(item) > _LONGEST_PATTERN for item in value)
        or sum(map(len, value)) > _MOST_TEXT
    ):
        raise BadWish(f"`{field}` is too long: at most 1,024 patterns of 1,024 characters, 65,536 in all")
    return patterns(value)


def kind_of(chat: Mapping[str, object], needs: Needs) -> Kind:
    """What the request is, by the first that fits: tools, pictures, length, code, reasoning."""
    if needs.has_tools:
        return "tools"
    if needs.inputs:
        return "vision"
    if needs.tokens_in > _LONG_TOKENS:
        return "long"
    text = _last_said(chat.get("messages"))[:_READ]
    if _CODE.search(text):
        return "code"
    return "reasoning" if "reasoning" in needs.parameters or _REASONING.search(text) else "chat"


def _last_said(messages: object) -> str:
    for message in reversed(messages) if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, str):
                return content
            parts = content if isinstance(content, list) else []
            return "\n".join(part["text"] for part in parts if isinstance(part, dict) and type(part.get("text")) is str)
    return ""


def pick_auto(  # noqa: PLR0913  # one question with all that it needs
    models: Iterable[Model],
    chat: Mapping[str, object],
    needs: Needs,
    wishes: AutoWishes,
    *,
    reachable: Callable[[Endpoint], bool],
    now_s: float,
    last: str = "",
) -> tuple[Model, ...]:
    """The model to ask and its fallbacks. `last` is the id of the one that the conversation had, which keeps it.

    NoEndpoints where no model is left.
    """
    priced = [
        (price, model)
        for model in models
        if _is_candidate(model, wishes)
        and can_serve(model, needs)
        and (price := _least_price(model, reachable, now_s)) is not None
        and price > 0
    ]
    if not priced:
        raise nothing_matches(AUTO)
    priced.sort(key=lambda each: (each[0], each[1].id))
    if wishes.cost_tier:
        share = (_TIERS.index(wishes.cost_tier) + 1) / len(_TIERS)
        priced = priced[: max(1, math.ceil(len(priced) * share))]
    ability = _ABILITY[kind_of(chat, needs)]
    cheapest = priced[0][0]

    def worth(each: tuple[int, Model]) -> tuple[bool, float, str]:
        price, model = each
        score = _UNKNOWN_SCORE if model.score is None else model.score
        cost = math.log10(price / cheapest) * wishes.cost_quality_tradeoff / _DEFAULT_TRADEOFF
        return model.id != last, cost - ability * score, model.id

    return tuple(model for _, model in sorted(priced, key=worth)[:_MODELS])


def pick_free(
    models: Iterable[Model],
    needs: Needs,
    *,
    reachable: Callable[[Endpoint], bool],
    now_s: float,
    dice: Callable[[], float],
    last: str = "",
) -> tuple[Model, ...]:
    """Free models that can serve the request, in an order that chance makes; `last` as in `pick_auto`."""
    found = [
        model
        for model in models
        if not _is_router(model) and can_serve(model, needs) and _least_price(model, reachable, now_s) == 0
    ]
    if not found:
        raise nothing_matches(FREE)
    thrown = {model.id: (model.id != last, dice()) for model in found}
    return tuple(sorted(found, key=lambda model: thrown[model.id])[:_MODELS])


def find_latest(catalogue: Catalogue, name: str) -> Model | None:
    """Of `~author/family-latest`, the model that the catalogue says it stands for, else the family's newest."""
    found = catalogue.find(name)
    if found is not None or not name.startswith("~") or not name.endswith("-latest"):
        return found
    author, _, family = name[1:].removesuffix("-latest").lower().partition("/")
    words = set(family.split("-"))
    family_of = [
        model
        for model in catalogue.models
        if model.author == author and ":" not in model.id and words <= set(re.split(r"[-/.]", model.id.lower()))
    ]
    return max(family_of, key=lambda model: (model.created, model.id), default=None)


def can_serve(model: Model, needs: Needs) -> bool:
    """Its modalities fit, its prompt has room, and somebody serves it with tools where the request has some."""
    outputs = needs.outputs or {"text"}
    return (
        needs.inputs.issubset(model.input_modalities)
        and outputs <= set(model.output_modalities)
        and needs.tokens_in <= (model.context_length or needs.tokens_in)
        and (not needs.has_tools or any("tools" in each.supported_parameters for each in model.endpoints))
    )


def nothing_matches(router: str) -> NoEndpoints:
    return NoEndpoints(
        "No models match your request and model restrictions",
        Availability(code="constraint_filtered", requested_models=(router,)),
    )


def _is_candidate(model: Model, wishes: AutoWishes) -> bool:
    names = (model.id.lower(), model.canonical_slug.lower())
    return (
        not _is_router(model)
        and not model.alias_of
        and (not wishes.allowed_models or any(map(wishes.allowed_models.has, names)))
        and not any(map(wishes.excluded_models.has, names))
    )


def _is_router(model: Model) -> bool:
    return model.author == "openrouter"


def _least_price(model: Model, reachable: Callable[[Endpoint], bool], now_s: float) -> int | None:
    """None = none of its endpoints can be reached."""
    return min(
        (mixed_price(offer, now_s) for offer in offers(model) if not offer.tier and reachable(offer.endpoint)),
        default=None,
    )
