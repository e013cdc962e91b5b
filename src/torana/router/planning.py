"""From a request to who is asked for it: models, endpoints and keys, in their order."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.catalog.market import Catalogue, Endpoint, Model
from torana.router.offer import Offer
from torana.router.reach import has_key
from torana.routing.byok import rank
from torana.routing.market import auto
from torana.routing.market.bounds import Bounds, merged, read_bounds
from torana.routing.market.choosing import Choice, choose
from torana.routing.market.choosing import Strategy as Balance
from torana.routing.market.health import Health
from torana.routing.market.naming import find_model, read_name
from torana.routing.market.sticky import Sticky, conversation_key
from torana.routing.market.wishes import Wishes, read_wishes
from torana.surfaces.router.metadata import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torana.formats.json import Json
    from torana.providers import Provider
    from torana.router.access import Access
    from torana.routing.market.needs import Needs
    from torana.routing.market.sticky import Conversation
    from torana.snapshot import ByokConfig, RouterConfig
    from torana.surfaces.router.requests import Wishes as Extras

DEFAULT_MODEL = auto.AUTO
"""Where a request names none (openrouter.md 2.1)."""
_dice = random.random


class Market(Struct, frozen=True):
    """What there is to choose from, and what is known of it; one a worker at a time."""

    catalogue: Catalogue
    health: Health
    sticky: Sticky
    balance: Balance = "weighted"


class Plan(Struct, kw_only=True):
    requested: str
    """As the caller named it."""
    strategy: Strategy
    router: str = ""
    """The id of the router that chose the models; empty = the caller did."""
    models: Sequence[Model]
    wishes: Sequence[Wishes]
    """One for each of the models."""
    is_online: bool = False


class Plans:
    """Makes plans for one caller."""

    def __init__(
        self,
        market: Market,
        access: Access,
        config: RouterConfig,
        providers: Mapping[bytes, Provider],
        reveal: Callable[[RouterConfig, str], str],
    ) -> None:
        """`reveal` opens one of the workspace's own keys at providers."""
        self._market = market
        self._access = access
        self._config = config
        self._providers = providers
        self._reveal = reveal

    def reaches(self, endpoint: Endpoint) -> bool:
        """With the operator's keys, or with one of the caller's."""
        slug = endpoint.host.provider
        return slug in self._access.own_keys or self._is_shared(slug) or bool(self._byok(slug))

    def _is_shared(self, slug: str) -> bool:
        provider = self._providers.get(slug.encode())
        if provider is None or self._access.is_own_only:
            return False
        return provider.is_local or (self._access.caller is not None and has_key(self._access.gateway, provider, slug))

    def _byok(self, slug: str) -> list[ByokConfig]:
        if self._access.key is None:
            return []
        return [one for one in self._config.byok if one.provider == slug]

    def models(self, extras: Extras, chat: Json, needs: Needs, conversation_of: Conversation | None) -> Plan:
        """UnknownModel, NoEndpoints, BadWish."""
        names = extras.models or [DEFAULT_MODEL]
        now_s = time.time()
        found: list[tuple[Model, Wishes]] = []
        strategy: Strategy = "direct"
        router, is_online = "", False
        for name in names:
            named = read_name(name)
            wishes = read_wishes(extras.provider, suffixes=named.suffixes, service_tier=extras.service_tier)
            is_online = is_online or "online" in named.suffixes
            picked: Sequence[Model]
            if named.model in (auto.AUTO, auto.FREE, "openrouter/auto-beta"):
                picked = self._picked(named.model, extras, chat, needs, conversation_of, now_s)
                strategy, router = ("free" if named.model == auto.FREE else "auto"), named.model
            elif named.slug.startswith("~") and (latest := auto.find_latest(self._market.catalogue, named.slug)):
                picked, strategy = [latest], "latest"
            else:
                picked = [find_model(self._market.catalogue, named)]
            known = {model.id for model, _ in found}
            found += [(model, wishes) for model in picked if model.id not in known]
        if len(names) > 1:
            strategy = "fallback"
        return Plan(
            requested=names[0],
            strategy=strategy,
            router=router,
            models=[model for model, _ in found],
            wishes=[wishes for _, wishes in found],
            is_online=is_online,
        )

    def _picked(
        self, router: str, extras: Extras, chat: Json, needs: Needs, conversation: Conversation | None, now_s: float
    ) -> Sequence[Model]:
        models = self._market.catalogue.models
        last = self._last_model(conversation, now_s)
        if router == auto.FREE:
            return auto.pick_free(models, needs, reachable=self.reaches, now_s=now_s, dice=_dice, last=last)
        wishes = auto.read_auto(extras.plugins)
        return auto.pick_auto(models, chat, needs, wishes, reachable=self.reaches, now_s=now_s, last=last)

    def _last_model(self, conversation: Conversation | None, now_s: float) -> str:
        sticky = self._market.sticky.find(conversation, now_s)
        if sticky is None:
            return ""
        endpoints = (endpoint for model in self._market.catalogue.models for endpoint in model.endpoints)
        return next((endpoint.model for endpoint in endpoints if endpoint.id == sticky), "")

    def conversation(self, extras: Extras, chat: Json) -> Conversation | None:
        key = self._access.key
        account = key.account_id if key is not None else self._access.gateway.account_id
        name = extras.models[0] if extras.models else DEFAULT_MODEL
        return conversation_key(account, name, chat, extras.session_id)

    def choice(
        self, plan: Plan, needs: Needs, guardrails: Sequence[Mapping[str, object]], conversation: Conversation | None
    ) -> Choice:
        """NoEndpoints where nobody may be asked. Callers' own keys go first, or last where they say so (4.6)."""
        now_s = time.time()
        found = choose(
            plan.models,
            plan.wishes,
            needs,
            _bounds(guardrails),
            self._market.health,
            reachable=self.reaches,
            sticky=self._market.sticky.find(conversation, now_s),
            now_s=now_s,
            dice=_dice,
            strategy=self._market.balance,
        )
        if not self._access.own_keys and not (self._config.byok and self._access.key is not None):
            return found
        return msgspec.structs.replace(found, endpoints=self._keyed(plan, found.endpoints))

    def _keyed(self, plan: Plan, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
        models = {model.id: model for model in plan.models}
        first: list[Endpoint] = []
        shared: list[Endpoint] = []
        last: list[Endpoint] = []
        for endpoint in endpoints:
            slug = endpoint.host.provider
            if slug in self._access.own_keys:
                first.append(_offer(endpoint, self._access.own_keys[slug], "inline"))
                continue
            ranked = rank(self._byok(slug), models[endpoint.model], slug, self._key_hash)
            first += [self._opened(endpoint, one) for one in ranked.prioritised]
            last += [self._opened(endpoint, one) for one in ranked.fallback]
            if self._is_shared(slug) and not ranked.is_only:
                shared.append(endpoint)
        return (*first, *shared, *last)

    @property
    def _key_hash(self) -> str:
        return self._access.key.hash if self._access.key is not None else ""

    def _opened(self, endpoint: Endpoint, one: ByokConfig) -> Offer:
        return _offer(endpoint, self._reveal(self._config, one.id), one.id)


_BOUNDS: dict[tuple[int, ...], tuple[Sequence[Mapping[str, object]], Bounds]] = {}
"""By guardrails, which are the same objects until the configuration changes; they are held, so that they stay those."""
_MOST_BOUNDS = 256


def _bounds(guardrails: Sequence[Mapping[str, object]]) -> Bounds:
    """What they leave: the same object for the same ones, by which routing knows that it has judged by it before."""
    key = tuple(map(id, guardrails))
    found = _BOUNDS.get(key)
    if found is None:
        if len(_BOUNDS) >= _MOST_BOUNDS:
            _BOUNDS.clear()
        found = _BOUNDS[key] = guardrails, merged(map(read_bounds, guardrails))
    return found[1]


def _offer(endpoint: Endpoint, secret: str, name: str) -> Offer:
    fields = {field: getattr(endpoint, field) for field in Endpoint.__struct_fields__}
    return Offer(**fields | {"id": f"{endpoint.id}/{name}", "secret": secret, "of": endpoint.id})
