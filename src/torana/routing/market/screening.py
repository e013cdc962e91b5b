"""Which endpoints may serve a request at all, and what keeps out the others?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from torana.errors import Availability, Constraint, NoEndpoints
from torana.routing.market.price import is_free, price_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torana.catalog.market import Endpoint, Model
    from torana.routing.market.bounds import Bounds
    from torana.routing.market.needs import Needs
    from torana.routing.market.wishes import MaxPrice, Wishes


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

Screen: TypeAlias = tuple[Reason, Callable[["Model", "Endpoint"], bool]]
"""What lets an endpoint pass, and why not."""


def names_endpoint(name: str, endpoint: Endpoint, *, any_tier: bool = False) -> bool:
    """Whether a caller who wrote `name`, in lower case, means the endpoint (2.3).

    A host's slug or display name means all its endpoints, a tag's beginning all with that beginning; those of a
    service tier are meant by their whole tag alone, unless `any_tier`.
    """
    if name == endpoint.tag:
        return True
    if endpoint.tier and not any_tier:
        return False
    host = endpoint.host
    return name in (host.slug, host.name.lower()) or endpoint.tag.startswith(name + "/")


def screens(
    wishes: Wishes, needs: Needs, bounds: Bounds, reachable: Callable[[Endpoint], bool], now_s: float
) -> list[Screen]:
    """Those that this request needs, in the order in which they are asked."""
    found: list[Screen] = [(UNREACHABLE, lambda _, endpoint: reachable(endpoint)), (TIER, _tier(wishes))]
    found += _bounding(bounds, now_s)
    found += _wished(wishes, bounds)
    if needs.inputs:
        found.append((INPUT, lambda model, _: needs.inputs.issubset(model.input_modalities)))
    if needs.outputs:
        found.append((OUTPUT, lambda model, _: needs.outputs.issubset(model.output_modalities)))
    if wishes.quantizations is not None:
        quantizations = wishes.quantizations
        found.append((QUANTIZATION, lambda _, endpoint: endpoint.quantization in quantizations))
    if wishes.max_price is not None:
        most = wishes.max_price
        found.append((PRICE, lambda _, endpoint: _is_within(endpoint, most, now_s)))
    if wishes.require_parameters and needs.parameters:
        found.append((PARAMETERS, lambda _, endpoint: takes_all(endpoint, needs.parameters)))
    return found


def takes_all(endpoint: Endpoint, parameters: frozenset[str]) -> bool:
    return parameters <= endpoint.supported_parameters


def _tier(wishes: Wishes) -> Callable[[Model, Endpoint], bool]:
    admitted = {"", wishes.service_tier, *wishes.admits}
    named = {*wishes.order, *(wishes.only or ())}
    return lambda _, endpoint: endpoint.tier in admitted or endpoint.tag in named


def _bounding(bounds: Bounds, now_s: float) -> Iterable[Screen]:
    if bounds.allowed_models or bounds.ignored_models:
        yield MODELS, lambda model, _: bounds.allows_model(model)
    if bounds.allowed_providers or bounds.ignored_providers:
        yield GUARDED, lambda _, endpoint: _is_allowed(bounds, endpoint)
    if not (bounds.paid_training and bounds.free_training and bounds.free_publication):
        yield TRAINING, lambda _, endpoint: bounds.allows_training(endpoint, is_free=is_free(endpoint, now_s))


def _is_allowed(bounds: Bounds, endpoint: Endpoint) -> bool:
    if any(names_endpoint(name, endpoint, any_tier=True) for name in bounds.ignored_providers):
        return False
    return all(
        any(names_endpoint(name, endpoint, any_tier=True) for name in allowed) for allowed in bounds.allowed_providers
    )


def _wished(wishes: Wishes, bounds: Bounds) -> Iterable[Screen]:
    if wishes.zdr:
        yield ZDR, lambda _, endpoint: endpoint.is_zdr
    elif bounds.zdr:
        yield ZDR, lambda model, endpoint: endpoint.is_zdr or not bounds.wants_zdr(model)
    if wishes.data_collection == "deny":
        yield TRAINING, lambda _, endpoint: not (endpoint.host.trains or endpoint.host.retains)
    if wishes.enforce_distillable_text:
        yield DISTILLABLE, lambda model, _: model.is_distillable is True
    # A tier that was asked for by `service_tier` or a suffix is let in by its host's name too.
    tiers = {wishes.service_tier, *wishes.admits}
    if wishes.only is not None:
        only = wishes.only
        yield (
            ONLY,
            lambda _, endpoint: any(names_endpoint(name, endpoint, any_tier=endpoint.tier in tiers) for name in only),
        )
    if wishes.ignore:
        yield (
            IGNORED,
            lambda _, endpoint: not any(names_endpoint(name, endpoint, any_tier=True) for name in wishes.ignore),
        )
    if wishes.order and not wishes.allow_fallbacks:
        yield (
            ORDER,
            lambda _, endpoint: any(
                names_endpoint(name, endpoint, any_tier=endpoint.tier in tiers) for name in wishes.order
            ),
        )


def _is_within(endpoint: Endpoint, most: MaxPrice, now_s: float) -> bool:
    price = price_now(endpoint, now_s)
    others = endpoint.others
    return (
        (most.prompt is None or (price.input or 0) <= most.prompt)
        and (most.completion is None or (price.output or 0) <= most.completion)
        and (most.request is None or price.request <= most.request)
        and (most.image is None or others.get("image", 0) <= most.image)
        and (most.audio is None or others.get("audio", price.audio_in or 0) <= most.audio)
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
        return NoEndpoints(f"No endpoints found for {names}", Availability(code="no_endpoints", requested_models=asked))
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
