"""Which endpoints may serve a request at all, and what keeps out the others?"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.catalog.market import Endpoint, Model
from torana.errors import Availability, Constraint, NoEndpoints
from torana.routing.market.bounds import Bounds
from torana.routing.market.offers import Offer, by_price, mixed_price, offers, price_now
from torana.routing.market.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torana.routing.market.needs import Needs
    from torana.routing.market.wishes import MaxPrice


class Reason(Struct, frozen=True):
    """Why an endpoint is kept out."""

    name: str
    field: str = ""
    """The wish that did it."""
    detail: str = ""
    excluded_by: str = ""
    """Its name in `availability.excluded_by`; empty = the reference has none."""
    is_private: bool = False
    """A guardrail's or the data policy's."""


UNREACHABLE = Reason("unreachable")
TIER = Reason("service_tier")
MODELS = Reason("models", "guardrail.allowed_models", "your guardrails do not allow the model", is_private=True)
GUARDED = Reason(
    "guardrail",
    "guardrail.allowed_providers",
    "your guardrails allow no provider of it",
    "allowed_providers",
    is_private=True,
)
TRAINING = Reason(
    "training",
    "provider.data_collection",
    "all its providers keep what they are sent, or may train on it",
    "data_policy:training",
    is_private=True,
)
ZDR = Reason("zdr", "provider.zdr", "none of its providers has zero data retention", "data_policy:zdr", is_private=True)
ONLY = Reason("only", "provider.only", "none of its providers is among the allowed ones", "allowed_providers")
IGNORED = Reason("ignore", "provider.ignore", "all its providers are ignored", "allowed_providers")
ORDER = Reason("order", "provider.order", "none of the named providers serves it", "allowed_providers")
QUANTIZATION = Reason("quantization", "provider.quantizations", "no endpoint has such a quantization", "quantization")
PRICE = Reason("max_price", "provider.max_price", "all endpoints cost more", "max_price")
PARAMETERS = Reason(
    "parameters", "provider.require_parameters", "no endpoint takes all parameters that were sent", "require_parameters"
)
DISTILLABLE = Reason(
    "distillable", "provider.enforce_distillable_text", "its author does not permit training on its answers"
)
INPUT = Reason("input", "messages", "it does not take what the messages hold")
OUTPUT = Reason("output", "modalities", "it does not answer so")


class Left(Struct, frozen=True):
    """What is left of a model's offers for who can reach those that he reaches."""

    asked: tuple[Model, Wishes, Bounds]
    """That it was found for; held, so that nothing else takes their place in memory."""
    offers: tuple[Offer, ...]
    """Cheapest first."""
    excluded: tuple[tuple[Endpoint, Reason], ...]
    parameters: frozenset[str]
    """That all of the offers take."""
    most_tokens: float
    """In an answer and in a prompt, by all of the offers; inf = not known of any."""
    most_prompt: float
    has_last: bool
    """An account at another router is among them."""


_LEFT: dict[tuple[object, ...], Left] = {}
"""Clients ask alike again and again: what was judged for the same objects is not judged anew. Cleared when full."""
_MOST_LEFT = 4_096


def screen(
    model: Model,
    wishes: Wishes,
    needs: Needs,
    bounds: Bounds,
    *,
    reachable: Callable[[Endpoint], bool],
    now_s: float,
) -> Left:
    """What may serve the request of the model's offers."""
    reached = tuple(map(reachable, model.endpoints))
    parameters = needs.parameters if wishes.require_parameters else None
    key = (id(model), id(wishes), id(bounds), parameters, needs.inputs, needs.outputs, reached)
    found = _LEFT.get(key)
    if found is None:
        judged = Screen(wishes, needs, bounds, now_s).judge(model)
        found = _left(judged, (model, wishes, bounds), reached, now_s)
        if all(offer.mixed is not None for offer, _ in judged.verdicts):  # else it depends on the time
            if len(_LEFT) >= _MOST_LEFT:
                _LEFT.clear()
            _LEFT[key] = found
    return found


def _left(judged: Judged, asked: tuple[Model, Wishes, Bounds], reached: Sequence[bool], now_s: float) -> Left:
    kept: list[Offer] = []
    excluded: list[tuple[Endpoint, Reason]] = []
    for (offer, verdict), is_reached in zip(judged.verdicts, reached, strict=True):
        reason = judged.refusal or (verdict if is_reached else UNREACHABLE)
        if reason is None:
            kept.append(offer)
        else:
            excluded.append((offer.endpoint, reason))
    return Left(
        asked,
        tuple(by_price(kept, now_s)),
        tuple(excluded),
        frozenset.intersection(*[offer.parameters for offer in kept]) if kept else frozenset(),
        min([offer.endpoint.max_completion_tokens or inf for offer in kept], default=inf),
        min([offer.most_prompt for offer in kept], default=inf),
        any(offer.is_last for offer in kept),
    )


class Judged(Struct, frozen=True):
    """What the rules say of a model's offers, whoever can be reached."""

    verdicts: tuple[tuple[Offer, Reason | None], ...]
    refusal: Reason | None = None
    """Of the whole model."""


class Screen:
    """One request's rules, made for asking them of many endpoints."""

    def __init__(self, wishes: Wishes, needs: Needs, bounds: Bounds, now_s: float) -> None:
        self._wishes = wishes
        self._needs = needs
        self._bounds = bounds
        self._now_s = now_s
        self._tiers = frozenset({wishes.service_tier, *wishes.admits})
        """What a host's slug does not mean of itself it means where the tier was asked for."""
        self._only = wishes.only
        self._order = frozenset(wishes.order) if wishes.order and not wishes.allow_fallbacks else None
        self._tags = wishes.only.union(wishes.order) if wishes.only else frozenset(wishes.order)
        self._parameters = needs.parameters if wishes.require_parameters else frozenset[str]()
        self._is_denied = wishes.data_collection == "deny"

    def judge(self, model: Model) -> Judged:
        every = offers(model)
        refusal = self._refuses(model)
        if refusal is not None:
            return Judged(tuple([(offer, None) for offer in every]), refusal)
        has_zdr = self._wishes.zdr or (bool(self._bounds.zdr) and self._bounds.wants_zdr(model))
        return Judged(tuple([(offer, self._flaw(offer, has_zdr=has_zdr)) for offer in every]))

    def _flaw(self, offer: Offer, *, has_zdr: bool) -> Reason | None:
        if offer.tier and offer.tier not in self._tiers and self._tags.isdisjoint(offer.own_names):
            return TIER
        if has_zdr and not offer.is_zdr:
            return ZDR
        return self._forbids(offer) or self._unwished(offer)

    def _refuses(self, model: Model) -> Reason | None:
        """What keeps out all of a model's endpoints."""
        bounds, needs = self._bounds, self._needs
        if (bounds.allowed_models or bounds.ignored_models) and not bounds.allows_model(model):
            return MODELS
        if self._wishes.enforce_distillable_text and not model.is_distillable:
            return DISTILLABLE
        if needs.inputs and not needs.inputs.issubset(model.input_modalities):
            return INPUT
        return OUTPUT if needs.outputs and not needs.outputs.issubset(model.output_modalities) else None

    def _forbids(self, offer: Offer) -> Reason | None:
        """What guardrails say."""
        bounds = self._bounds
        if not bounds.ignored_providers.isdisjoint(offer.names):
            return GUARDED
        for names in bounds.allowed_providers:
            if names.isdisjoint(offer.names):
                return GUARDED
        if offer.trains and not (bounds.paid_training if mixed_price(offer, self._now_s) else bounds.free_training):
            return TRAINING
        return None

    def _unwished(self, offer: Offer) -> Reason | None:
        """What the request's `provider` says."""
        wishes = self._wishes
        names = offer.names if offer.tier in self._tiers else offer.own_names
        if self._is_denied and offer.keeps:
            return TRAINING
        if self._only is not None and self._only.isdisjoint(names):
            return ONLY
        if not wishes.ignore.isdisjoint(offer.names):
            return IGNORED
        if self._order is not None and self._order.isdisjoint(names):
            return ORDER
        if wishes.quantizations is not None and offer.quantization not in wishes.quantizations:
            return QUANTIZATION
        if wishes.max_price is not None and not _is_within(offer.endpoint, wishes.max_price, self._now_s):
            return PRICE
        return None if self._parameters <= offer.parameters else PARAMETERS


def _is_within(endpoint: Endpoint, most: MaxPrice, now_s: float) -> bool:
    price = price_now(endpoint, now_s)
    others = endpoint.others
    return not (
        (most.prompt is not None and price.input is not None and price.input > most.prompt)
        or (most.completion is not None and price.output is not None and price.output > most.completion)
        or (most.request is not None and price.request > most.request)
        or (most.image is not None and others.get("image", 0) > most.image)
        or (most.audio is not None and others.get("audio", price.audio_in or 0) > most.audio)
    )


def refusal(models: Sequence[Model], excluded: Iterable[tuple[Endpoint, Reason]]) -> NoEndpoints:
    """What to say where nothing is left, in the words of 3.3; a guardrail or data policy is always said to be one."""
    asked = tuple(model.id for model in models)
    found: dict[Reason, list[str]] = {}
    for endpoint, reason in excluded:
        found.setdefault(reason, []).append(endpoint.host.name)
    told = {reason: names for reason, names in found.items() if reason.field}
    private = [reason for reason in told if reason.is_private]
    # The reason that kept out the most is the one that is worth changing.
    main = max(private or told, key=lambda reason: len(told[reason]), default=None)
    names = ", ".join(asked)
    if main is None:
        message = f"No endpoints found for {names}"
        if hosts := dict.fromkeys(found.get(UNREACHABLE, ())):
            message += f": no key is kept for any of its providers ({', '.join(hosts)}); see `torana provider-keys set`"
        return NoEndpoints(message, Availability(code="no_endpoints", requested_models=asked))
    if main.is_private:
        message = (
            "No endpoints available matching your guardrail restrictions and data policy. "
            f"Configure: `{main.field}`: {main.detail}"
        )
    elif main.excluded_by == "allowed_providers":
        message = f"No allowed providers are available for the selected model. `{main.field}`: {main.detail}"
    else:
        message = f"No endpoints found for {names}: {main.detail} (`{main.field}`)"
    return NoEndpoints(
        message,
        Availability(
            code="privacy_restricted" if main.is_private else "constraint_filtered",
            requested_models=asked,
            excluded_by=tuple(dict.fromkeys(reason.excluded_by for reason in told if reason.excluded_by)),
            affected_providers=tuple(dict.fromkeys(name for kept_out in told.values() for name in kept_out)),
            constraint=Constraint(main.field, main.detail),
        ),
    )
