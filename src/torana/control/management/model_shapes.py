"""Models and their endpoints as the management API tells them: all known ones, and which are reached.

Rates are USD for 1,000,000 tokens, as people compare them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from torana.catalog.measured import NOTHING, Percentiles
from torana.catalog.money import usd_of
from torana.catalog.shapes import foremost, parameters, standing, usd_per_million
from torana.control.queries import to_rfc3339

if TYPE_CHECKING:
    from torana.catalog.listing import View
    from torana.catalog.market import Endpoint, Model, Reasoning
    from torana.catalog.prices import Rates


class PlaceObject(Struct, kw_only=True):
    """One who serves a model. `{provider}/{model}` is what `…/compat/` takes."""

    tag: str
    """What callers of the router pick it by in `provider.order`."""
    host: str
    """For people."""
    provider: str
    """As in the gateway's URLs."""
    model: str
    """As the provider calls it."""
    is_reached: bool
    """The gateway keeps a key for it, or it needs none."""


class RatesObject(Struct, kw_only=True):
    """USD for 1,000,000 tokens. null = as the rate it is a part of: cache and audio as `input`, reasoning as
    `output`, one hour's cache as `cache_write`.
    """

    input: float | None
    output: float | None
    cache_read: float | None
    cache_write: float | None
    cache_write_1h: float | None
    audio_in: float | None
    audio_out: float | None
    reasoning: float | None


class TierObject(RatesObject, kw_only=True):
    above: int
    """Tokens of a prompt, from which on these rates hold for the whole request."""


class PriceObject(RatesObject, kw_only=True):
    tiers: list[TierObject]
    others: dict[str, float]
    """USD for one: `request`, `image`, `web_search`, `character`, `second` …"""


class EndpointObject(PlaceObject, kw_only=True):
    price: PriceObject
    context_length: int | None
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    quantization: str
    supported_parameters: list[str]
    service_tier: str | None
    is_zdr: bool
    """It keeps nothing of what it is sent."""
    is_moderated: bool
    has_implicit_caching: bool
    trains: bool
    """It may train on what it is sent."""
    headquarters: str | None
    """Country code."""
    datacenters: list[str]
    privacy_policy_url: str | None
    terms_of_service_url: str | None
    status_page_url: str | None
    requests_1d: int
    """Attempts of the last day, by whatever name the model was asked for."""
    uptime_5m: float | None
    """Percent; likewise the other two."""
    uptime_30m: float | None
    uptime_1d: float | None
    latency: Percentiles | None
    """Milliseconds to the first token of streams, of the last 30 minutes."""
    throughput: Percentiles | None
    """Tokens of the answer a second, of the last 30 minutes."""


class _ModelObject(Struct, kw_only=True):
    id: str
    """`author/slug`, what callers of the router ask for."""
    name: str
    alias_of: str | None
    """The model that this name stands for now."""
    created_at: str | None
    context_length: int | None
    input_modalities: list[str]
    output_modalities: list[str]
    supported_parameters: list[str]
    is_reached: bool
    is_zdr: bool
    input: float
    """Of the cheapest usual endpoint, of those that are reached where there are any; likewise `output`."""
    output: float
    requests_1d: int
    """Attempts of the last day."""
    latency_p50: float | None
    """Milliseconds to the first token, of the quickest endpoint."""
    throughput_p50: float | None
    """Tokens a second, of the quickest endpoint."""
    uptime_1d: float | None
    """Percent, of the best endpoint."""


class ModelObject(_ModelObject, kw_only=True):
    endpoints: list[PlaceObject]


class ReasoningObject(Struct, kw_only=True):
    mandatory: bool
    supported_efforts: list[str] | None
    default_effort: str | None
    default_enabled: bool | None
    supports_max_tokens: bool


class ModelDetail(_ModelObject, kw_only=True):
    description: str
    canonical_slug: str
    hugging_face_id: str | None
    tokenizer: str
    instruct_type: str | None
    knowledge_cutoff: str | None
    expiration_date: str | None
    default_parameters: dict[str, float | None] | None
    reasoning: ReasoningObject | None
    supported_voices: list[str] | None
    endpoints: list[EndpointObject]


def to_model(model: Model, view: View) -> ModelObject:
    return ModelObject(**asdict(_shared(model, view)), endpoints=[_place(each, view) for each in model.endpoints])


def to_detail(model: Model, view: View) -> ModelDetail:
    return ModelDetail(
        **asdict(_shared(model, view)),
        description=model.description,
        canonical_slug=model.canonical_slug,
        hugging_face_id=model.hugging_face_id,
        tokenizer=model.tokenizer,
        instruct_type=model.instruct_type,
        knowledge_cutoff=model.knowledge_cutoff,
        expiration_date=model.expiration_date,
        default_parameters=model.default_parameters,
        reasoning=None if model.reasoning is None else _reasoning(model.reasoning),
        supported_voices=None if model.supported_voices is None else list(model.supported_voices),
        endpoints=[_endpoint(each, model, view) for each in model.endpoints],
    )


def _shared(model: Model, view: View) -> _ModelObject:
    reached = tuple(each for each in model.endpoints if each.host.provider in view.providers)
    shown = reached or model.endpoints
    price = usd_per_million(foremost(shown, view.now_ms), view.now_ms)
    # Tiers of one host are one place there, and its attempts are counted once.
    known = [
        view.figures.get(place, NOTHING) for place in {(each.host.provider, each.name) for each in model.endpoints}
    ]
    return _ModelObject(
        id=model.id,
        name=model.name,
        alias_of=model.alias_of or None,
        created_at=to_rfc3339(model.created * 1000) if model.created else None,
        context_length=model.context_length or max((each.context_length for each in shown), default=0) or None,
        input_modalities=list(model.input_modalities),
        output_modalities=list(model.output_modalities),
        supported_parameters=parameters(shown),
        is_reached=bool(reached),
        is_zdr=any(each.is_zdr for each in shown),
        input=float(price[0]),
        output=float(price[1]),
        requests_1d=sum(each.attempts for each in known),
        latency_p50=min((each.latency.p50 for each in known if each.latency is not None), default=None),
        throughput_p50=max((each.throughput.p50 for each in known if each.throughput is not None), default=None),
        uptime_1d=max((each.uptime_1d for each in known if each.uptime_1d is not None), default=None),
    )


def _reasoning(said: Reasoning) -> ReasoningObject:
    return ReasoningObject(
        mandatory=said.mandatory,
        supported_efforts=None if said.supported_efforts is None else list(said.supported_efforts),
        default_effort=said.default_effort,
        default_enabled=said.default_enabled,
        supports_max_tokens=said.supports_max_tokens,
    )


def _place(endpoint: Endpoint, view: View) -> PlaceObject:
    return PlaceObject(
        tag=endpoint.tag,
        host=endpoint.host.name,
        provider=endpoint.host.provider,
        model=endpoint.name,
        is_reached=endpoint.host.provider in view.providers,
    )


def _endpoint(endpoint: Endpoint, model: Model, view: View) -> EndpointObject:
    known = view.figures.get((endpoint.host.provider, endpoint.name), NOTHING)
    host = endpoint.host
    return EndpointObject(
        **asdict(_place(endpoint, view)),
        price=_price(endpoint, view.now_ms),
        context_length=endpoint.context_length or model.context_length,
        max_prompt_tokens=endpoint.max_prompt_tokens,
        max_completion_tokens=endpoint.max_completion_tokens,
        quantization=endpoint.quantization,
        supported_parameters=sorted(endpoint.supported_parameters),
        service_tier=endpoint.tier or None,
        is_zdr=endpoint.is_zdr,
        is_moderated=endpoint.is_moderated,
        has_implicit_caching=endpoint.has_implicit_caching,
        trains=host.trains,
        headquarters=host.headquarters or None,
        datacenters=list(host.datacenters),
        privacy_policy_url=host.privacy_policy_url or None,
        terms_of_service_url=host.terms_of_service_url or None,
        status_page_url=host.status_page_url or None,
        requests_1d=known.attempts,
        uptime_5m=known.uptime_5m,
        uptime_30m=known.uptime_30m,
        uptime_1d=known.uptime_1d,
        latency=known.latency,
        throughput=known.throughput,
    )


def _price(endpoint: Endpoint, at_ms: int) -> PriceObject:
    price = standing(endpoint.price, at_ms)
    others = endpoint.others | ({"request": price.request} if price.request else {})
    return PriceObject(
        **_rates(price),
        tiers=[TierObject(above=tier.above, **_rates(tier)) for tier in price.tiers],
        others={name: float(usd_of(nano)) for name, nano in others.items()},
    )


def _rates(rates: Rates) -> dict[str, float | None]:
    found = {name: getattr(rates, name) for name in RatesObject.__struct_fields__}
    return {name: None if nano is None else float(usd_of(nano)) for name, nano in found.items()}
