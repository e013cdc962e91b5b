"""One catalogue out of four sources: the project's table, prices, a synced list and the operator's own models.

The operator's word goes before the synced list's, and that before the table's. A model is at OpenRouter, as its last
resort, wherever a price there is known.
"""

from __future__ import annotations

import hashlib
import uuid
from calendar import timegm
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from torana.catalog import own_models
from torana.catalog import synced as synced_models
from torana.catalog.hosts import CACHES, HOSTS, LACKS, LAST_RESORT, host_of
from torana.catalog.market import Catalogue, Endpoint, Model, Tier
from torana.catalog.money import nano_of
from torana.catalog.prices import FREE, Change, ModelPrice, Price
from torana.catalog.prices import Tier as LongTier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from torana.catalog.curated import Curated, Place, Row, Usd
    from torana.catalog.market import Host
    from torana.catalog.own_models import Own, OwnEndpoint, OwnModel, OwnPrice
    from torana.catalog.prices import Prices
    from torana.catalog.synced import Synced, SyncedEndpoint, SyncedModel

_SPACE = uuid.UUID("5b1d3f2e-8c0a-4f57-9b6e-2f6a3c1d7e90")
"""Of endpoints' ids."""
_RATES = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "audio_in", "audio_out", "reasoning")
_THOUSAND = 1_000
_TIERS: dict[str, Tier] = {"priority": "priority", "flex": "flex"}
_BATCH = ":batch"
"""Rows of OpenRouter's that only its batch API serves."""


class BuildError(Exception):
    """The operator's models cannot be used; the message says which, and why."""


def build(
    curated: Curated,
    prices: Prices,
    synced: Synced = synced_models.NOTHING,
    own: Own = own_models.NOTHING,
) -> Catalogue:
    """BuildError where the operator's file names what is not there."""
    found = {row.id: _curated_model(curated, row, prices) for row in curated.models if not row.alias_of}
    aliases = {row.id: row.alias_of for row in curated.models if row.alias_of}
    for one in synced.models:
        if one.id.endswith(_BATCH):
            continue
        if one.alias_target is not None and one.alias_target.slug:
            aliases[one.id] = one.alias_target.slug
        else:
            found[one.id] = _synced_model(one, found.get(one.id))
    for asked in own.models:
        known = next((id_ for id_ in found if id_.lower() == asked.id.lower()), asked.id)
        found[known] = _own_model(asked, found.get(known), prices)
    models = {id_: model for id_, model in found.items() if model.endpoints and not own.hides(id_)}
    standing = [
        alias for name, target in (aliases | own.aliases).items() if (alias := _alias(name, target, models, own))
    ]
    for name, target in own.aliases.items():
        if target not in models:
            raise BuildError(f"`aliases`: `{name}` stands for `{target}`, which is no model")
    return Catalogue(everything := [*models.values(), *standing], _version(everything))


def _version(models: Iterable[Model]) -> str:
    digest = hashlib.sha256()
    for model in models:
        plain = replace(model, endpoints=tuple(_sorted(endpoint) for endpoint in model.endpoints))
        digest.update(msgspec.json.encode(plain, order="deterministic"))
    return digest.hexdigest()[:16]


def _sorted(endpoint: Endpoint) -> object:
    return msgspec.to_builtins(endpoint) | {"supported_parameters": sorted(endpoint.supported_parameters)}


def _alias(name: str, target: str, models: Mapping[str, Model], own: Own) -> Model | None:
    """As its target, but for what it is called; None where that is not there."""
    model = models.get(target)
    if model is None or name in models or own.hides(name):
        return None
    shown = f"{model.name} (latest)" if name.startswith("~") else name
    return replace(model, id=name, name=shown, alias_of=model.id)


class _Offer(Struct, frozen=True, kw_only=True):
    """What a host makes of a model, besides its name and price."""

    tag: str = ""
    tier: Tier = ""
    others: dict[str, int] = {}
    quantization: str = "unknown"
    context: int = 0
    output: int | None = None
    parameters: frozenset[str] = frozenset()
    is_zdr: bool | None = None
    """None = as the host's policy says."""


def _endpoint(model: str, host: Host, name: str, price: ModelPrice, offer: _Offer) -> Endpoint:
    tag = offer.tag or (f"{host.slug}/{offer.tier}" if offer.tier else host.slug)
    has_cache = price.cache_read is not None and price.input is not None and price.cache_read < price.input
    return Endpoint(
        id=str(uuid.uuid5(_SPACE, f"{model}\n{tag}\n{name}")),
        model=model,
        host=host,
        tag=tag,
        name=name,
        price=price,
        others=offer.others,
        quantization=offer.quantization,
        context_length=offer.context,
        max_completion_tokens=offer.output,
        supported_parameters=offer.parameters - LACKS.get(host.provider, frozenset()),
        tier=offer.tier,
        is_zdr=not (host.trains or host.retains) if offer.is_zdr is None else offer.is_zdr,
        has_implicit_caching=has_cache and host.provider in CACHES,
    )


# The project's own table


def _curated_model(curated: Curated, row: Row, prices: Prices) -> Model:
    parameters = curated.parameters_of(row)
    endpoints: list[Endpoint] = []
    for provider, place in row.places():
        endpoints += _placed(row, provider, place, prices, parameters)
    there = prices.find(LAST_RESORT, row.id)
    if there is not None and LAST_RESORT not in row.hosts:
        offer = _Offer(context=there.context or row.context or 0, output=row.output, parameters=parameters)
        endpoints.append(_endpoint(row.id, HOSTS[LAST_RESORT], row.id, there, offer))
    return Model(
        id=row.id,
        canonical_slug=row.canonical or row.id,
        name=row.name or row.id,
        created=_unix(row.created),
        description=row.description,
        hugging_face_id=row.hugging_face,
        context_length=row.context,
        input_modalities=tuple(row.inputs.split("+")),
        output_modalities=tuple(row.outputs.split("+")),
        tokenizer=row.tokenizer,
        instruct_type=row.instruct,
        reasoning=row.reasoning,
        supported_voices=row.voices,
        knowledge_cutoff=row.knowledge,
        expiration_date=row.expires,
        is_distillable=row.distillable,
        score=row.score,
        endpoints=tuple(endpoints),
    )


def _unix(day: str) -> int:
    """Of `YYYY-MM-DD`, which the table's reader has checked; 0 = not known."""
    return timegm((*map(int, day.split("-")), 0, 0, 0)) if day else 0


def _placed(row: Row, provider: str, place: Place, prices: Prices, parameters: frozenset[str]) -> Iterable[Endpoint]:
    """A host without a price is none: what it would cost is not known."""
    host = HOSTS[provider]
    price = _usd_price(place.name, place.price) if place.price is not None else prices.find(provider, place.name)
    others = {name: nano_of(usd) for name, usd in place.others.items()}
    if price is None and others:
        price = ModelPrice(id=place.name, input=0, output=0, request=others.pop("request", 0))
    if price is None:
        return
    tag = f"{host.slug}/{place.tag}" if place.tag else ""
    tiers: tuple[tuple[Tier, int], ...] = (
        ("", _THOUSAND),
        *((_TIERS[name], share) for name, share in place.tiers.items()),
    )
    for tier, share in tiers:
        offer = _Offer(
            tag="" if tier else tag,
            tier=tier,
            others=others,
            quantization=place.quantization,
            context=place.context or price.context or row.context or 0,
            output=place.output or row.output,
            parameters=parameters,
        )
        yield _endpoint(row.id, host, place.name, _scaled(price, share), offer)


def _usd_price(id_: str, usd: Usd | OwnPrice) -> ModelPrice:
    given: dict[str, Decimal | None] = {name: getattr(usd, name, None) for name in _RATES}
    rates = {name: nano_of(amount) for name, amount in given.items() if amount is not None}
    return msgspec.convert({"id": id_} | rates, ModelPrice)


def _scaled(price: ModelPrice, share: int) -> ModelPrice:
    """The same price in another service tier, of which thousandths of it are taken."""
    if share == _THOUSAND:
        return price
    tiers = [replace(tier, **_shares(tier, share)) for tier in price.tiers]
    changes = [
        replace(change, tiers=[replace(t, **_shares(t, share)) for t in change.tiers], **_shares(change, share))
        for change in price.changes
    ]
    return replace(price, tiers=tiers, changes=changes, **_shares(price, share))


def _shares(rates: Price | LongTier | Change, share: int) -> dict[str, int]:
    return {name: rate * share // _THOUSAND for name in _RATES if (rate := getattr(rates, name)) is not None}


# A synced list


def _synced_model(one: SyncedModel, known: Model | None) -> Model:
    """What the list says of the model goes before what the table does; direct hosts are the table's."""
    endpoints = [endpoint for endpoint in known.endpoints if endpoint.host.slug != LAST_RESORT] if known else []
    if one.endpoints is not msgspec.UNSET:
        endpoints = [_refined(endpoint, one.endpoints) for endpoint in endpoints]
    price, top = one.price(), one.top_provider
    if price is not None:
        offer = _Offer(
            others=one.others(),
            context=(top and top.context_length) or one.context_length or 0,
            output=top.max_completion_tokens if top else None,
            parameters=frozenset(one.supported_parameters),
        )
        endpoints.append(_endpoint(one.id, HOSTS[LAST_RESORT], one.id, price, offer))
    base = known or Model(id=one.id, canonical_slug=one.id, name=one.id, created=0)
    shape = one.architecture
    return replace(
        base,
        canonical_slug=one.canonical_slug or base.canonical_slug,
        name=one.name or base.name,
        created=one.created or base.created,
        description=one.description or base.description,
        hugging_face_id=one.hugging_face_id or base.hugging_face_id,
        context_length=one.context_length or base.context_length,
        input_modalities=tuple(shape.input_modalities),
        output_modalities=tuple(shape.output_modalities),
        tokenizer=shape.tokenizer or base.tokenizer,
        instruct_type=shape.instruct_type,
        default_parameters=one.default_parameters,
        reasoning=one.reasoning or base.reasoning,
        supported_voices=base.supported_voices if one.supported_voices is None else tuple(one.supported_voices),
        knowledge_cutoff=one.knowledge_cutoff or base.knowledge_cutoff,
        expiration_date=one.expiration_date,
        benchmarks=one.benchmarks,
        endpoints=tuple(endpoints),
    )


def _refined(endpoint: Endpoint, listed: Iterable[SyncedEndpoint]) -> Endpoint:
    """With what is known of the same host there."""
    said = next((each for each in listed if each.tag.lower() == endpoint.tag), None)
    if said is None:
        return endpoint
    return replace(
        endpoint,
        quantization=said.quantization or endpoint.quantization,
        context_length=said.context_length or endpoint.context_length,
        max_prompt_tokens=said.max_prompt_tokens,
        max_completion_tokens=said.max_completion_tokens or endpoint.max_completion_tokens,
        supported_parameters=frozenset(said.supported_parameters) or endpoint.supported_parameters,
    )


# The operator's own models


def _own_model(asked: OwnModel, known: Model | None, prices: Prices) -> Model:
    base = known or Model(id=asked.id, canonical_slug=asked.id, name=asked.name or asked.id, created=0)
    parameters = (
        frozenset(asked.supported_parameters)
        if asked.supported_parameters is not None
        else frozenset().union(*(endpoint.supported_parameters for endpoint in base.endpoints))
    )
    context = asked.context_length or base.context_length
    endpoints = tuple(_own_endpoint(base.id, one, context or 0, parameters, prices) for one in asked.endpoints)
    if not endpoints and not base.endpoints:
        raise BuildError(f"`{asked.id}`: it needs `endpoints`: who serves it")
    return replace(
        base,
        name=asked.name or base.name,
        description=asked.description or base.description,
        context_length=context,
        input_modalities=tuple(asked.input_modalities or base.input_modalities),
        output_modalities=tuple(asked.output_modalities or base.output_modalities),
        score=base.score if asked.score is None else asked.score,
        endpoints=(*endpoints, *base.endpoints) if asked.also or not endpoints else endpoints,
    )


def _own_endpoint(model: str, one: OwnEndpoint, context: int, parameters: frozenset[str], prices: Prices) -> Endpoint:
    host = host_of(one.provider)
    assert host is not None  # noqa: S101  # the reader refused others
    others = {}
    if one.price is not None:
        price = _usd_price(one.model, one.price)
        others = {
            name: nano for name in ("request", "image", "web_search") if (nano := nano_of(getattr(one.price, name)))
        }
        if request := others.pop("request", 0):
            price = replace(price, request=request)
    else:
        found = prices.find(one.provider, one.model) or (
            FREE if one.provider not in HOSTS or _is_at_home(host) else None
        )
        if found is None:
            raise BuildError(f"`{model}`: what `{one.model}` of `{one.provider}` costs is not known: give its `price`")
        price = found
    offer = _Offer(
        tag=one.tag,
        others=others,
        quantization=one.quantization,
        context=one.context_length or context,
        output=one.max_completion_tokens,
        parameters=parameters if one.supported_parameters is None else frozenset(one.supported_parameters),
        is_zdr=one.zdr,
    )
    return _endpoint(model, host, one.model, price, offer)


def _is_at_home(host: Host) -> bool:
    return not (host.trains or host.retains) and not host.headquarters
