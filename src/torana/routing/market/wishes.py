"""What a request wishes of its providers: the `provider` object, read once (2.3)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

from msgspec import Struct

from torana.catalog.market import Tier
from torana.errors import BadWish

if TYPE_CHECKING:
    from collections.abc import Iterable

Sort: TypeAlias = Literal["", "price", "throughput", "latency", "exacto", "adaptive"]
"""Empty = not said; `adaptive` is Torana's own."""
ServiceTier: TypeAlias = Literal["", "priority", "flex"]
Partition: TypeAlias = Literal["model", "none"]
PERCENTILES = ("p50", "p75", "p90", "p99")

_NANO = 1_000_000_000
_MOST = Decimal(10**9)
_SORTS = frozenset(get_args(Sort)) - {""}
_SUFFIX_SORTS: dict[str, Sort] = {"nitro": "throughput", "floor": "price", "exacto": "exacto"}
_SUFFIX_TIERS: dict[str, Tier] = {"nitro": "priority", "floor": "flex"}
_TIERS: dict[str, ServiceTier] = {"fast": "priority", "ultrafast": "priority", "priority": "priority", "flex": "flex"}
"""All others, such as `auto`, `default` and `scale`, ask for no endpoints of their own."""
_QUANTIZATIONS = frozenset(
    {"int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"}
)
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
    only: tuple[str, ...] | None = None
    """None = all."""
    ignore: tuple[str, ...] = ()
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


def read_wishes(
    provider: object, *, suffixes: Iterable[str] = (), service_tier: object = "", route: object = ""
) -> Wishes:
    """Of the request's `provider`, with what its model's name, `service_tier` and `route` say.

    BadWish names the field that cannot be read. Unknown fields are nobody's concern, and null is as good as absent.
    Where `provider.sort` and a suffix both sort, `provider.sort` does.
    """
    if provider is None:
        given: dict[str, object] = {}
    elif isinstance(provider, dict):
        given = provider
    else:
        raise BadWish("`provider` has to be an object")
    sort, partition = _sort(given.get("sort"))
    found = tuple(suffixes)
    for suffix in found:
        sort = sort or _SUFFIX_SORTS.get(suffix, "")
    only = _names(given, "only")
    return Wishes(
        order=_names(given, "order") or (),
        allow_fallbacks=_flag(given, "allow_fallbacks", default=True),
        require_parameters=_flag(given, "require_parameters"),
        data_collection=_collection(given.get("data_collection")),
        zdr=_flag(given, "zdr"),
        enforce_distillable_text=_flag(given, "enforce_distillable_text"),
        only=only or None,
        ignore=_names(given, "ignore") or (),
        quantizations=_quantizations(given),
        sort=sort,
        partition=partition or _partition(route),
        max_price=_max_price(given.get("max_price")),
        preferred_min_throughput=_cutoffs(given, "preferred_min_throughput"),
        preferred_max_latency=_cutoffs(given, "preferred_max_latency"),
        options=_options(given.get("options")),
        service_tier=_tier(service_tier),
        admits=frozenset(_SUFFIX_TIERS[suffix] for suffix in found if suffix in _SUFFIX_TIERS),
    )


def _flag(given: dict[str, object], name: str, *, default: bool = False) -> bool:
    value = given.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise BadWish(f"`provider.{name}` has to be true or false")
    return value


def _names(given: dict[str, object], name: str) -> tuple[str, ...] | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, list):
        raise BadWish(f"`provider.{name}` has to be a list of providers")
    for place, item in enumerate(value):
        if not isinstance(item, str) or not item.strip():
            raise BadWish(f"`provider.{name}[{place}]` has to be the name of a provider")
    return tuple(dict.fromkeys(item.strip().lower() for item in value))


def _collection(value: object) -> Literal["allow", "deny"]:
    if value not in (None, "allow", "deny"):
        raise BadWish("`provider.data_collection` has to be `allow` or `deny`")
    return "deny" if value == "deny" else "allow"


def _quantizations(given: dict[str, object]) -> frozenset[str] | None:
    value = given.get("quantizations")
    if value is None:
        return None
    if not isinstance(value, list):
        raise BadWish("`provider.quantizations` has to be a list")
    found: list[str] = []
    for place, item in enumerate(value):
        if not isinstance(item, str) or item not in _QUANTIZATIONS:
            known = ", ".join(sorted(_QUANTIZATIONS))
            raise BadWish(f"`provider.quantizations[{place}]` has to be one of {known}")
        found += (item, *_INCLUDED.get(item, ()))
    return frozenset(found) or None


def _sort(value: object) -> tuple[Sort, Partition | None]:
    """None = it says nothing of a partition."""
    if value is None:
        return "", None
    if not isinstance(value, dict):
        return _sort_by(value, "provider.sort"), None
    partition = value.get("partition")
    if partition not in (None, "model", "none"):
        raise BadWish("`provider.sort.partition` has to be `model` or `none`")
    by = value.get("by")
    return "" if by is None else _sort_by(by, "provider.sort.by"), cast("Partition | None", partition)


def _sort_by(value: object, field: str) -> Sort:
    if not isinstance(value, str) or value not in _SORTS:
        raise BadWish(f"`{field}` has to be one of {', '.join(sorted(_SORTS))}")
    return cast("Sort", value)


def _partition(route: object) -> Partition:
    """Of the field `route`, from before there was `provider.sort.partition`."""
    if route not in (None, "", "fallback", "sort"):
        raise BadWish("`route` has to be `fallback` or `sort`")
    return "none" if route == "sort" else "model"


def _tier(value: object) -> ServiceTier:
    if value is not None and not isinstance(value, str):
        raise BadWish("`service_tier` has to be text")
    return _TIERS.get(value or "", "")


def _max_price(value: object) -> MaxPrice | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadWish("`provider.max_price` has to be an object")
    names = [name for name in MaxPrice.__struct_fields__ if value.get(name) is not None]
    return MaxPrice(**{name: _nano(value[name], f"provider.max_price.{name}") for name in names}) if names else None


def _nano(value: object, field: str) -> int:
    """Of USD as a number or as text; what it has beyond 10⁻⁹ is cut off."""
    try:
        usd = Decimal(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except InvalidOperation:
        usd = None
    if usd is None or not usd.is_finite() or usd < 0:
        raise BadWish(f"`{field}` has to be USD: a number of zero or more")
    return int(min(usd, _MOST) * _NANO)


def _cutoffs(given: dict[str, object], name: str) -> Cutoffs | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        return Cutoffs(_positive(value, f"provider.{name}"))
    names = [each for each in PERCENTILES if value.get(each) is not None]
    return Cutoffs(**{each: _positive(value[each], f"provider.{name}.{each}") for each in names}) if names else None


def _positive(value: object, field: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < _NANO:
        raise BadWish(f"`{field}` has to be a number of zero or more, or an object of percentiles")
    return float(value)


def _options(value: object) -> dict[str, dict[str, object]]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadWish("`provider.options` has to be an object of objects, by provider")
    for name, fields in value.items():
        if not isinstance(fields, dict):
            raise BadWish(f"`provider.options.{name}` has to be an object")
    return value
