"""What a request wishes of its providers: the `provider` object, read once (2.3)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import Struct

from torana.catalog.market import Tier
from torana.errors import BadWish

if TYPE_CHECKING:
    from collections.abc import Sequence

_Sort: TypeAlias = Literal["price", "throughput", "latency", "exacto", "adaptive"]
"""`adaptive` is Torana's own."""
Sort: TypeAlias = _Sort | Literal[""]
"""Empty = not said."""
ServiceTier: TypeAlias = Literal["", "priority", "flex"]
Partition: TypeAlias = Literal["model", "none"]
PERCENTILES = ("p50", "p75", "p90", "p99")

Quantization: TypeAlias = Literal[
    "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"
]

_NANO = 1_000_000_000
_MOST = Decimal(10**9)
_KEPT_BYTES = 2048
_SUFFIX_SORTS: dict[str, Sort] = {"nitro": "throughput", "floor": "price", "exacto": "exacto"}
_SUFFIX_TIERS: dict[str, Tier] = {"nitro": "priority", "floor": "flex"}
_TIERS: dict[str, ServiceTier] = {"fast": "priority", "ultrafast": "priority", "priority": "priority", "flex": "flex"}
"""All others, such as `auto`, `default` and `scale`, ask for no endpoints of their own."""
_INCLUDED = {"fp4": ("mxfp4", "nvfp4"), "fp8": ("mxfp8",)}


class Cutoffs(Struct, frozen=True):
    """Of a speed's percentiles, those that are asked for; None = not asked for."""

    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p99: float | None = None


class MaxPrice(Struct, frozen=True):
    """The most that may be asked, in nano-USD: per 1,000,000 tokens, and per unit. None = any price."""

    prompt: int | None = None
    completion: int | None = None
    image: int | None = None
    audio: int | None = None
    request: int | None = None


class Wishes(Struct, frozen=True, kw_only=True):
    """As `read_wishes` found them; names of providers in lower case."""

    order: tuple[str, ...] = ()
    allow_fallbacks: bool = True
    require_parameters: bool = False
    data_collection: Literal["allow", "deny"] = "allow"
    zdr: bool = False
    enforce_distillable_text: bool = False
    only: frozenset[str] | None = None
    """None = all."""
    ignore: frozenset[str] = frozenset()
    quantizations: frozenset[str] | None = None
    """With those that the named ones include; None = all."""
    sort: Sort = ""
    partition: Partition = "model"
    max_price: MaxPrice | None = None
    preferred_min_throughput: Cutoffs | None = None
    """Tokens a second."""
    preferred_max_latency: Cutoffs | None = None
    """Seconds."""
    options: dict[str, dict[str, object]] = {}
    """By slug: fields for the body of the provider that it names."""
    service_tier: ServiceTier = ""
    admits: frozenset[Tier] = frozenset()
    """Tiers whose endpoints stand beside the plain ones."""


NONE = Wishes()


class _Sorting(Struct, frozen=True):
    by: _Sort | None = None
    partition: Partition | None = None


class _MaxPrice(Struct, frozen=True):
    prompt: float | str | None = None
    completion: float | str | None = None
    image: float | str | None = None
    audio: float | str | None = None
    request: float | str | None = None


class _Given(Struct, frozen=True):
    """The object as it may come."""

    order: list[str] | None = None
    allow_fallbacks: bool | None = None
    require_parameters: bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: bool | None = None
    enforce_distillable_text: bool | None = None
    only: list[str] | None = None
    ignore: list[str] | None = None
    quantizations: list[Quantization] | None = None
    sort: _Sort | _Sorting | None = None
    max_price: _MaxPrice | None = None
    preferred_min_throughput: float | Cutoffs | None = None
    preferred_max_latency: float | Cutoffs | None = None
    options: dict[str, dict[str, object]] | None = None


_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(_Given | None).decode


def read_wishes(
    provider: object, *, suffixes: Sequence[str] = (), service_tier: object = "", route: object = ""
) -> Wishes:
    """Of the request's `provider`, with what its model's name, `service_tier` and `route` say.

    BadWish names the field that cannot be read. Unknown fields are nobody's concern, and null is as good as absent.
    Where `provider.sort` and a suffix both sort, `provider.sort` does.
    """
    if provider in (None, {}) and not (suffixes or service_tier or route):
        return NONE
    text = _encode(provider)
    return (_read_often if len(text) <= _KEPT_BYTES else _read)(
        text, tuple(suffixes), _tier(service_tier), _partition(route)
    )


def _read(text: bytes, suffixes: tuple[str, ...], tier: ServiceTier, partition: Partition) -> Wishes:
    try:
        given = _decode(text) or _Given()
    except msgspec.ValidationError as error:
        raise BadWish(_located(str(error))) from error
    sort = given.sort if isinstance(given.sort, _Sorting) else _Sorting(by=given.sort)
    by = sort.by or ""
    for suffix in suffixes:
        by = by or _SUFFIX_SORTS.get(suffix, "")
    return Wishes(
        order=_names(given.order, "order"),
        allow_fallbacks=given.allow_fallbacks is not False,
        require_parameters=given.require_parameters is True,
        data_collection=given.data_collection or "allow",
        zdr=given.zdr is True,
        enforce_distillable_text=given.enforce_distillable_text is True,
        only=frozenset(_names(given.only, "only")) or None,
        ignore=frozenset(_names(given.ignore, "ignore")),
        quantizations=_quantizations(given.quantizations),
        sort=by,
        partition=sort.partition or partition,
        max_price=None if given.max_price is None else _max_price(given.max_price),
        preferred_min_throughput=_cutoffs(given.preferred_min_throughput, "preferred_min_throughput"),
        preferred_max_latency=_cutoffs(given.preferred_max_latency, "preferred_max_latency"),
        options=given.options or {},
        service_tier=tier,
        admits=frozenset(_SUFFIX_TIERS[suffix] for suffix in suffixes if suffix in _SUFFIX_TIERS),
    )


# Callers send the same object with each request. Long ones are not kept: they would fill the memory.
_read_often = lru_cache(maxsize=1024)(_read)


def _located(message: str) -> str:
    """With the field's name as the request has it, in place of the decoder's `$`."""
    what, _, where = message.partition(" - at `$")
    field = "`provider" + (where or "`")
    return f"{field}: {what[:1].lower()}{what[1:]}"


def _names(given: list[str] | None, field: str) -> tuple[str, ...]:
    if not given:
        return ()
    names = tuple([name.strip().lower() for name in given])
    if "" in names:
        raise BadWish(f"`provider.{field}[{names.index('')}]` has to be the name of a provider")
    return names


def _quantizations(given: list[Quantization] | None) -> frozenset[str] | None:
    if not given:
        return None
    return frozenset([*given, *(other for name in given for other in _INCLUDED.get(name, ()))])


def _partition(route: object) -> Partition:
    """Of the field `route`, from before there was `provider.sort.partition`."""
    if route not in (None, "", "fallback", "sort"):
        raise BadWish("`route` has to be `fallback` or `sort`")
    return "none" if route == "sort" else "model"


def _tier(value: object) -> ServiceTier:
    if value is not None and not isinstance(value, str):
        raise BadWish("`service_tier` has to be text")
    return _TIERS.get(value or "", "")


def _max_price(given: _MaxPrice) -> MaxPrice:
    return MaxPrice(
        _nano(given.prompt, "prompt"),
        _nano(given.completion, "completion"),
        _nano(given.image, "image"),
        _nano(given.audio, "audio"),
        _nano(given.request, "request"),
    )


def _nano(value: float | str | None, field: str) -> int | None:
    """Of USD as a number or as text; what it has beyond 10⁻⁹ is cut off."""
    if value is None:
        return None
    try:
        usd = Decimal(str(value))
    except InvalidOperation:
        usd = Decimal("nan")
    if not usd.is_finite() or usd < 0:
        raise BadWish(f"`provider.max_price.{field}` has to be USD: a number of zero or more")
    return int(min(usd, _MOST) * _NANO)


def _cutoffs(given: float | Cutoffs | None, field: str) -> Cutoffs | None:
    if given is None:
        return None
    found = given if isinstance(given, Cutoffs) else Cutoffs(given)
    wanted = [(name, cutoff) for name in PERCENTILES if (cutoff := getattr(found, name)) is not None]
    for _, cutoff in wanted:
        if not 0 <= cutoff < _NANO:
            raise BadWish(f"`provider.{field}` has to be a number of zero or more, or an object of percentiles")
    return found if wanted else None
