"""Models, endpoints and hosts as the public sees them: OpenRouter's objects (openrouter.md 1.6).

Prices are text, USD for one unit, exact. A model is shown as those endpoints make it that the caller can reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from torana.catalog.hosts import LAST_RESORT
from torana.catalog.measured import NOTHING
from torana.catalog.money import per_token, per_unit, usd_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from torana.catalog.market import Endpoint, Host, Model
    from torana.catalog.measured import Figures, Percentiles
    from torana.catalog.prices import ModelPrice, Price, Rates

Shape: TypeAlias = dict[str, object]
_RATES = {
    "input": "prompt",
    "output": "completion",
    "audio_in": "audio",
    "audio_out": "audio_output",
    "reasoning": "internal_reasoning",
    "cache_read": "input_cache_read",
    "cache_write": "input_cache_write",
    "cache_write_1h": "input_cache_write_1h",
}
_UNITS = ("image", "image_token", "image_output", "web_search", "input_audio_cache")
_USUAL = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "repetition_penalty")
_MINUTES_AN_HOUR = 60
_TOOL_CHOICES = ("auto", "none", "required", "function")
_NORMAL = 0


def reached(model: Model, providers: frozenset[str]) -> tuple[Endpoint, ...]:
    """Its endpoints at these providers."""
    return tuple(endpoint for endpoint in model.endpoints if endpoint.host.provider in providers)


def standing(price: ModelPrice, at_ms: int) -> Price:
    """What holds on that day, whatever the hour."""
    for change in reversed(price.changes):
        if change.minutes is None and change.holds(at_ms):
            return change
    return price


def foremost(endpoints: Sequence[Endpoint], at_ms: int) -> Endpoint:
    """What a model's own price is: the cheapest of the usual tier, and the last resort only where there is no other."""
    return min(endpoints, key=lambda each: (bool(each.tier), each.host.slug == LAST_RESORT, cost(each, at_ms)))


def cost(endpoint: Endpoint, at_ms: int) -> int:
    """For comparing: of a token in and one out."""
    price = standing(endpoint.price, at_ms)
    return (price.input or 0) + (price.output or 0)


def usd_per_million(endpoint: Endpoint, at_ms: int) -> tuple[Decimal, Decimal]:
    """Of the prompt and of the answer."""
    price = standing(endpoint.price, at_ms)
    return usd_of(price.input or 0), usd_of(price.output or 0)


def model_shape(model: Model, endpoints: Sequence[Endpoint], at_ms: int, target: Model | None = None) -> Shape:
    """`endpoints` are those that can be reached: one at least. `target` is what an alias stands for."""
    first = foremost(endpoints, at_ms)
    shape: Shape = {
        "id": model.id,
        "canonical_slug": model.canonical_slug,
        "hugging_face_id": model.hugging_face_id,
        "name": model.name,
        "created": model.created,
        "description": model.description,
        "context_length": model.context_length or max((each.context_length for each in endpoints), default=0) or None,
        "architecture": architecture(model),
        "pricing": pricing(first, at_ms),
        "top_provider": {
            "context_length": first.context_length or model.context_length,
            "max_completion_tokens": first.max_completion_tokens,
            "is_moderated": first.is_moderated,
        },
        "per_request_limits": None,
        "supported_parameters": parameters(endpoints),
        "default_parameters": _defaults(model),
        "supported_voices": None if model.supported_voices is None else list(model.supported_voices),
        "knowledge_cutoff": model.knowledge_cutoff,
        "expiration_date": model.expiration_date,
        "links": {"details": f"/api/v1/models/{model.id}/endpoints"},
    }
    if model.reasoning is not None:
        shape["reasoning"] = _reasoning(model)
    if model.benchmarks is not None:
        shape["benchmarks"] = model.benchmarks
    if target is not None and model.alias_of:
        shape["alias_target"] = {"slug": target.id, "name": target.name}
    return shape


def architecture(model: Model) -> Shape:
    inputs, outputs = model.input_modalities, model.output_modalities
    return {
        "modality": f"{'+'.join(inputs)}->{'+'.join(outputs)}",
        "input_modalities": list(inputs),
        "output_modalities": list(outputs),
        "tokenizer": model.tokenizer,
        "instruct_type": model.instruct_type,
    }


def parameters(endpoints: Iterable[Endpoint]) -> list[str]:
    """Of all of them together."""
    return sorted(frozenset[str]().union(*(endpoint.supported_parameters for endpoint in endpoints)))


def _defaults(model: Model) -> Shape | None:
    given = model.default_parameters
    return None if given is None else {name: given.get(name) for name in _USUAL}


def _reasoning(model: Model) -> Shape:
    said = model.reasoning
    assert said is not None  # noqa: S101  # the caller looked
    shape: Shape = {"mandatory": said.mandatory, "supports_max_tokens": said.supports_max_tokens}
    if said.supported_efforts is not None:
        shape["supported_efforts"] = list(said.supported_efforts)
        shape["default_effort"] = said.default_effort
    if said.default_enabled is not None:
        shape["default_enabled"] = said.default_enabled
    return shape


def pricing(endpoint: Endpoint, at_ms: int) -> Shape:
    price = standing(endpoint.price, at_ms)
    shape: Shape = {"prompt": "0", "completion": "0", **_rates(price)}
    if price.request:
        shape["request"] = per_unit(price.request)
    shape |= {name: per_unit(endpoint.others[name]) for name in _UNITS if endpoint.others.get(name)}
    if endpoint.discount:
        shape["discount"] = endpoint.discount
    if overrides := [*_long(price), *_timed(endpoint)]:
        shape["overrides"] = overrides
    return shape


def _rates(rates: Rates) -> dict[str, str]:
    return {name: per_token(rate) for ours, name in _RATES.items() if (rate := getattr(rates, ours)) is not None}


def _long(price: Price) -> list[Shape]:
    """What a prompt costs that is longer than so many tokens."""
    return [{"min_prompt_tokens": tier.above, **_rates(tier)} for tier in price.tiers]


def _timed(endpoint: Endpoint) -> list[Shape]:
    """What holds at times of the day, long prompts included."""
    found: list[Shape] = []
    for change in endpoint.price.changes:
        if change.minutes is None:
            continue
        start, end = (_hhmm(minute) for minute in change.minutes)
        when: Shape = {"utc_start": start, "utc_end": end}
        usual: Shape = {**_rates(change)}
        found += [when | each for each in (usual, *_long(change))]
    return found


def _hhmm(minute: int) -> str:
    hours, minutes = divmod(minute, _MINUTES_AN_HOUR)
    return f"{hours:02}{minutes:02}"


def endpoint_shape(model: Model, endpoint: Endpoint, figures: Figures, at_ms: int, *, shows_speed: bool) -> Shape:
    """How often it works is for everybody; how fast, as `shows_speed` says, for who has a key."""
    known = figures.get((endpoint.host.provider, endpoint.name), NOTHING)
    has_tools = "tool_choice" in endpoint.supported_parameters
    return {
        "name": f"{endpoint.host.name} | {model.canonical_slug}",
        "model_id": model.id,
        "model_name": model.name,
        "context_length": endpoint.context_length or model.context_length or 0,
        "pricing": pricing(endpoint, at_ms),
        "provider_name": endpoint.host.name,
        "tag": endpoint.tag,
        "quantization": endpoint.quantization,
        "max_completion_tokens": endpoint.max_completion_tokens,
        "max_prompt_tokens": endpoint.max_prompt_tokens,
        "supported_parameters": sorted(endpoint.supported_parameters),
        "status": _NORMAL,
        "uptime_last_5m": known.uptime_5m,
        "uptime_last_30m": known.uptime_30m,
        "uptime_last_1d": known.uptime_1d,
        "latency_last_30m": _percentiles(known.latency) if shows_speed else None,
        "throughput_last_30m": _percentiles(known.throughput) if shows_speed else None,
        "supports_implicit_caching": endpoint.has_implicit_caching,
        "supports_voice_cloning": False,
        "supports_diarization": False,
        "supports_tool_choice": dict.fromkeys(_TOOL_CHOICES, has_tools),
        "native_tools": {},
        "service_tier": endpoint.tier or None,
    }


def _percentiles(found: Percentiles | None) -> Shape | None:
    return None if found is None else {"p50": found.p50, "p75": found.p75, "p90": found.p90, "p99": found.p99}


def host_shape(host: Host) -> Shape:
    return {
        "name": host.name,
        "slug": host.slug,
        "privacy_policy_url": host.privacy_policy_url or None,
        "terms_of_service_url": host.terms_of_service_url or None,
        "status_page_url": host.status_page_url or None,
        "headquarters": host.headquarters or None,
        "datacenters": list(host.datacenters) or None,
    }
