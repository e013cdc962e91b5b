"""Keys as the router's API has them: one's own at `/key`, those that are managed at `/keys`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from torana.control.operations import reading
from torana.control.refusals import NoSuchThing
from torana.control.router import keychain
from torana.control.router.key_rows import find_record
from torana.control.router.money import nano_of, usd, usd_or_none
from torana.control.router.operation import Asked, Data, NoQuery, Operation, of
from torana.control.router.refusals import BadRequest, NotThere
from torana.control.router.times import iso, iso_or_none, ms_of
from torana.control.router.usage import KeyUsage, Layer, free_requests, layers_of, remaining_nano, usage_of
from torana.periods import Reset

if TYPE_CHECKING:
    from torana.control.management.operation import Site
    from torana.control.router.key_rows import KeyRecord
    from torana.keys import RouterKey

PAGE = 100
_NO_LIMIT = (1 << 31) - 1
_Text = Annotated[str, Meta(min_length=1, max_length=200)]


class RateLimit(Struct, frozen=True):
    """Of older clients: there is none of this kind."""

    requests: int = -1
    interval: str = "10s"
    note: str = "This field is deprecated and safe to ignore."


class FreeRequests(Struct, frozen=True):
    """Of models that are free; this server sets no limit to them."""

    used: int
    limit: int
    remaining: int


class KeyBudget(Struct, frozen=True, kw_only=True):
    scope: str
    limit_usd: float
    spend_usd: float
    remaining_usd: float
    reset_interval: Reset | None
    resets_at: str | None
    include_byok: bool
    guardrail_id: str | None
    budget_id: None = None


class Used(Struct, frozen=True, kw_only=True):
    """In USD; weeks begin on Monday."""

    usage: float
    usage_daily: float
    usage_weekly: float
    usage_monthly: float
    byok_usage: float
    byok_usage_daily: float
    byok_usage_weekly: float
    byok_usage_monthly: float


class OwnKey(Used, frozen=True, kw_only=True):
    """What a key may know of itself."""

    label: str
    limit: float | None
    limit_remaining: float | None
    limit_reset: Reset | None
    include_byok_in_limit: bool
    is_free_tier: bool
    is_management_key: bool
    is_provisioning_key: bool
    creator_user_id: str | None
    expires_at: str | None
    rate_limit: RateLimit
    free_model_daily_requests: FreeRequests
    budgets: list[KeyBudget]
    effective_budget: KeyBudget | None
    allowed_data_regions: tuple[str, ...]
    organization_id: None
    workspace_id: str | None


class Key(Used, frozen=True, kw_only=True):
    """What a management key may know of others."""

    hash: str
    label: str
    name: str
    disabled: bool
    limit: float | None
    limit_remaining: float | None
    limit_reset: Reset | None
    include_byok_in_limit: bool
    created_at: str
    updated_at: str | None
    expires_at: str | None
    last_used_at: str | None
    creator_user_id: str | None
    external_user: str | None
    workspace_id: str


class KeyAndText(Struct, frozen=True):
    """The only answer with a key's text."""

    data: Key
    key: str


class Deleted(Struct, frozen=True):
    deleted: bool = True


class Listing(NoQuery):
    offset: Annotated[int, Meta(ge=0)] | None = None
    include_disabled: bool = False
    include_expired: bool = False
    workspace_id: str | None = None


class External(Struct):
    """Whom a partner made the key for."""

    user: _Text
    api_key: str | None = None


class NewKey(Struct, kw_only=True):
    name: _Text
    limit: Decimal | None = None
    limit_reset: Reset | None = None
    include_byok_in_limit: bool | None = None
    expires_at: str | None = None
    creator_user_id: _Text | None = None
    workspace_id: str | None = None
    external: External | None = None


class KeyChange(Struct, kw_only=True):
    name: _Text | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    limit: Decimal | UnsetType | None = UNSET
    limit_reset: Reset | UnsetType | None = UNSET
    include_byok_in_limit: bool | UnsetType = UNSET
    workspace_id: str | UnsetType = UNSET


def show_own(site: Site, asked: Asked) -> Data:
    site.bring_in()
    key, now_ms = asked.key, site.store.now_ms()
    with reading(site.store) as connection:
        usage = usage_of(connection, [key.hash], now_ms)[key.hash]
        layers = layers_of(connection, key, usage, now_ms)
        free = free_requests(connection, key.account_id, now_ms)
        stored = find_record(connection, key.hash)
    return Data(_own(key, usage, layers, free, None if stored is None else stored.creator_user_id))


def list_(site: Site, asked: Asked) -> Data:
    """Newest first. Keys that manage are the operator's alone: none is listed, changed or removed here."""
    site.bring_in()
    query, now_ms = of(asked.query, Listing), site.store.now_ms()
    workspace = query.workspace_id or asked.key.gateway_id
    found = [
        key
        for key in reversed(keychain.list_keys(site.store, asked.key.account_id, workspace))
        if not key.is_management
        and (query.include_disabled or not key.disabled)
        and (query.include_expired or key.expires_ms is None or key.expires_ms > now_ms)
    ]
    start = query.offset or 0
    page = found[start : start + PAGE]
    with reading(site.store) as connection:
        usage = usage_of(connection, [key.hash for key in page], now_ms)
    return Data([_key(key, usage[key.hash]) for key in page])


def create(site: Site, asked: Asked) -> KeyAndText:
    new = of(asked.body, NewKey)
    try:
        wish = keychain.KeyWish(
            name=new.name,
            limit_nano=None if new.limit is None else nano_of(new.limit),
            limit_reset=new.limit_reset,
            include_byok=new.include_byok_in_limit or False,
            expires_ms=None if new.expires_at is None else ms_of(new.expires_at),
            creator_user_id=new.creator_user_id,
            external_user=None if new.external is None else new.external.user,
        )
        made = keychain.create_key(site.store, asked.key.account_id, new.workspace_id or asked.key.gateway_id, wish)
    except (ValueError, NoSuchThing) as error:
        raise BadRequest(f"Invalid request parameters: {error}") from error
    return KeyAndText(_key(made.record, KeyUsage()), made.text)


def show(site: Site, asked: Asked) -> Data:
    site.bring_in()
    return Data(_with_usage(site, _managed(site, asked)))


def change(site: Site, asked: Asked) -> Data:
    wish, old = of(asked.body, KeyChange), _managed(site, asked)
    changes: dict[str, object] = {
        own: value
        for own, value in (
            ("name", wish.name),
            ("disabled", wish.disabled),
            ("limit_reset", wish.limit_reset),
            ("include_byok", wish.include_byok_in_limit),
            ("gateway_id", wish.workspace_id),
        )
        if value is not UNSET
    }
    try:
        if wish.limit is not UNSET:
            changes["limit_nano"] = None if wish.limit is None else nano_of(wish.limit)
        new = keychain.change_key(site.store, asked.key.account_id, old.hash, changes)
    except (ValueError, NoSuchThing) as error:
        raise BadRequest(f"Invalid request parameters: {error}") from error
    site.bring_in()
    return Data(_with_usage(site, new))


def delete(site: Site, asked: Asked) -> Deleted:
    keychain.delete_key(site.store, asked.key.account_id, _managed(site, asked).hash)
    return Deleted()


def _managed(site: Site, asked: Asked) -> KeyRecord:
    try:
        found = keychain.find_one(site.store, asked.key.account_id, asked.path["hash"])
    except NoSuchThing as error:
        raise NotThere from error
    if found.is_management:
        raise NotThere
    return found


def _with_usage(site: Site, key: KeyRecord) -> Key:
    with reading(site.store) as connection:
        return _key(key, usage_of(connection, [key.hash], site.store.now_ms())[key.hash])


def _used(usage: KeyUsage) -> dict[str, float]:
    found = {}
    for end, spent in (
        ("", usage.ever),
        ("_daily", usage.daily),
        ("_weekly", usage.weekly),
        ("_monthly", usage.monthly),
    ):
        found[f"usage{end}"], found[f"byok_usage{end}"] = usd(spent.cost), usd(spent.byok)
    return found


def _own(key: RouterKey, usage: KeyUsage, layers: list[Layer], free: int, creator: str | None) -> OwnKey:
    budgets = [_budget(layer) for layer in layers]
    return OwnKey(
        label=key.label,
        limit=usd_or_none(key.limit_nano),
        limit_remaining=usd_or_none(remaining_nano(key, usage)),
        limit_reset=key.limit_reset,
        include_byok_in_limit=key.include_byok,
        is_free_tier=False,
        is_management_key=key.is_management,
        is_provisioning_key=key.is_management,
        creator_user_id=creator,
        expires_at=iso_or_none(key.expires_ms),
        rate_limit=RateLimit(),
        allowed_data_regions=("global",),
        organization_id=None,
        free_model_daily_requests=FreeRequests(free, _NO_LIMIT, max(0, _NO_LIMIT - free)),
        budgets=budgets,
        effective_budget=_first_to_refuse(budgets),
        workspace_id=key.gateway_id,
        **_used(usage),
    )


def _first_to_refuse(budgets: list[KeyBudget]) -> KeyBudget | None:
    spent = next((each for each in budgets if each.remaining_usd <= 0), None)
    return spent or min(budgets, key=lambda each: each.remaining_usd, default=None)


def _budget(layer: Layer) -> KeyBudget:
    budget = layer.budget
    return KeyBudget(
        scope=layer.scope,
        limit_usd=usd(budget.limit_nano),
        spend_usd=usd(layer.spent),
        remaining_usd=usd(budget.limit_nano - layer.spent),
        reset_interval=budget.reset,
        resets_at=iso_or_none(layer.over.ends_ms),
        include_byok=budget.include_byok,
        guardrail_id=budget.id or None,
    )


def _key(key: KeyRecord, usage: KeyUsage) -> Key:
    return Key(
        hash=key.hash,
        label=key.label,
        name=key.name,
        disabled=key.disabled,
        limit=usd_or_none(key.limit_nano),
        limit_remaining=usd_or_none(remaining_nano(key, usage)),
        limit_reset=key.limit_reset,
        include_byok_in_limit=key.include_byok,
        created_at=iso(key.created_ms),
        updated_at=iso_or_none(key.modified_ms),
        expires_at=iso_or_none(key.expires_ms),
        last_used_at=iso_or_none(key.used_ms),
        creator_user_id=key.creator_user_id,
        external_user=key.external_user,
        workspace_id=key.gateway_id,
        **_used(usage),
    )


OPERATIONS = (
    Operation(name="get_current_key", method="GET", path="/key", access="key", answer=show_own),
    # What older clients ask for.
    Operation(name="get_current_key_formerly", method="GET", path="/auth/key", access="key", answer=show_own),
    Operation(name="list_keys", method="GET", path="/keys", access="management", answer=list_, query=Listing),
    Operation(
        name="create_keys", method="POST", path="/keys", access="management", answer=create, body=NewKey, status=201
    ),
    Operation(name="get_key", method="GET", path="/keys/{hash}", access="management", answer=show),
    Operation(
        name="update_keys", method="PATCH", path="/keys/{hash}", access="management", answer=change, body=KeyChange
    ),
    Operation(name="delete_keys", method="DELETE", path="/keys/{hash}", access="management", answer=delete),
)
