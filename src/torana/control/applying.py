"""Makes an account's configuration what a file says: all of it in one transaction, or nothing.

What the file does not name stays, unless it is to be pruned: then all that is there of a section of the file and not in
it goes. A gateway that is named gets the file's settings and the defaults of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.control import custom_changes
from torana.control.applying_keys import apply_keys
from torana.control.custom_providers import list_costs, list_providers, reveal_headers
from torana.control.differences import Change, differences
from torana.control.operations import (
    changing_together,
    create_gateway,
    delete_gateway,
    list_gateway_records,
    update_gateway,
)
from torana.control.refusals import BadBaseUrl, InvalidInput, SlugTaken
from torana.errors import ToranaError

if TYPE_CHECKING:
    from torana.control.config_file import ConfigFile, WantedProvider
    from torana.control.custom_providers import CostFields, CustomCost, CustomProvider
    from torana.control.gateway_settings import GatewaySettings
    from torana.control.operations import Store


class _DryRun(Exception):  # it undoes, and is caught where it is raised
    pass


def apply(
    store: Store, account_id: str, file: ConfigFile, *, prune: bool = False, is_dry: bool = False
) -> list[Change]:
    """What was changed, or would be with `is_dry`, which checks all that the change itself would.

    ConfigError, with the line, where something cannot be; then nothing is changed.
    """
    changes: list[Change] = []
    try:
        with changing_together(store) as together:
            run = _Run(together, account_id, file, changes)
            run.gateways(prune=prune)
            run.providers(prune=prune)
            changes += apply_keys(together, account_id, file, prune=prune)
            if is_dry or not changes:
                raise _DryRun  # noqa: TRY301  # what is raised here undoes the transaction
    except _DryRun:
        pass
    return changes


class _Run:
    def __init__(self, store: Store, account_id: str, file: ConfigFile, changes: list[Change]) -> None:
        self._store = store
        self._account_id = account_id
        self._file = file
        self._changes = changes

    def gateways(self, *, prune: bool) -> None:
        wanted = self._file.wanted.gateways
        if wanted is None:
            return
        there = {one.config.id: one.settings for one in list_gateway_records(self._store, self._account_id)}
        for gateway_id, settings in wanted.items():
            try:
                self._gateway(gateway_id, there.get(gateway_id), settings)
            except ToranaError as error:
                raise self._file.error(error.message, "gateways", gateway_id, *_place(error)) from error
        for gateway_id in there.keys() - wanted.keys() if prune else ():
            delete_gateway(self._store, self._account_id, gateway_id)
            self._changes.append(Change("delete", "gateway", gateway_id, []))

    def _gateway(self, gateway_id: str, old: GatewaySettings | None, new: GatewaySettings) -> None:
        found = differences(msgspec.structs.asdict(old or type(new)()), msgspec.structs.asdict(new))
        if old is None:
            create_gateway(self._store, self._account_id, gateway_id, new)
            self._changes.append(Change("create", "gateway", gateway_id, found))
        elif found:
            update_gateway(self._store, self._account_id, gateway_id, new)
            self._changes.append(Change("update", "gateway", gateway_id, found))

    def providers(self, *, prune: bool) -> None:
        wanted = self._file.wanted.providers
        if wanted is None:
            return
        with self._store.database.reader.connect() as connection:
            there = {one.fields.slug: one for one in list_providers(connection, self._account_id)}
            costs = list_costs(connection, self._account_id)
            headers = {
                slug: reveal_headers(connection, self._store, one) for slug, one in there.items() if slug in wanted
            }
        for slug, one in wanted.items():
            old = there.get(slug)
            try:
                found = self._provider(old, headers.get(slug, {}), one)
            except ToranaError as error:
                raise self._file.error(error.message, "custom_providers", slug, *_place(error)) from error
            own = [cost for cost in costs if old is not None and cost.provider_id == old.id]
            self._costs(found, own, one.costs, prune=prune)
        for slug in sorted(there.keys() - wanted.keys()) if prune else ():
            custom_changes.delete_provider(self._store, self._account_id, there[slug].id)
            self._changes.append(Change("delete", "custom_provider", slug, []))

    def _provider(self, old: CustomProvider | None, headers: dict[str, str], new: WantedProvider) -> CustomProvider:
        fields = msgspec.structs.replace(new.fields, headers=msgspec.json.encode(new.headers).decode())
        if not new.headers:
            fields = msgspec.structs.replace(fields, headers=None)
        before = msgspec.structs.asdict(old.fields) if old is not None else {}
        found = differences(
            before | {"headers": None} | _of_headers(headers),
            msgspec.structs.asdict(fields) | {"headers": None} | _of_headers(new.headers),
        )
        if old is None:
            made = custom_changes.create_provider(self._store, self._account_id, fields)
            self._changes.append(Change("create", "custom_provider", fields.slug, found))
            return made
        if found:
            changed = msgspec.structs.asdict(fields)
            old = custom_changes.update_provider(self._store, self._account_id, old.id, changed)
            self._changes.append(Change("update", "custom_provider", fields.slug, found))
        return old

    def _costs(self, provider: CustomProvider, own: list[CustomCost], wanted: list[CostFields], *, prune: bool) -> None:
        there = {(cost.fields.model, cost.fields.model_rule): cost for cost in own}
        for number, new in enumerate(wanted):
            old = there.get((new.model, new.model_rule))
            try:
                self._cost(provider, old, new)
            except ToranaError as error:
                where = ("custom_providers", provider.fields.slug, "costs", str(number))
                raise self._file.error(error.message, *where, *_place(error)) from error
        named = {(new.model, new.model_rule) for new in wanted}
        for key, old in there.items() if prune else ():
            if key not in named:
                custom_changes.delete_cost(self._store, self._account_id, old.id)
                self._changes.append(Change("delete", "custom_cost", _cost_name(provider, old.fields), []))

    def _cost(self, provider: CustomProvider, old: CustomCost | None, new: CostFields) -> None:
        before = msgspec.structs.asdict(old.fields) if old is not None else {}
        found = differences(before, msgspec.structs.asdict(new))
        if old is None:
            custom_changes.create_cost(self._store, self._account_id, provider.id, new)
            self._changes.append(Change("create", "custom_cost", _cost_name(provider, new), found))
        elif found:
            custom_changes.update_cost(self._store, self._account_id, old.id, msgspec.structs.asdict(new))
            self._changes.append(Change("update", "custom_cost", _cost_name(provider, new), found))


def _cost_name(provider: CustomProvider, fields: CostFields) -> str:
    return f"{provider.fields.slug}: {fields.model_rule} {fields.model}"


def _of_headers(headers: dict[str, str]) -> dict[str, object]:
    return {f"headers.{name}": value for name, value in headers.items()}


def _place(error: ToranaError) -> tuple[str, ...]:
    """Within the thing that was refused; its id and slug are the key in the file."""
    path = error.path[1:] if isinstance(error, InvalidInput | BadBaseUrl | SlugTaken) else ()
    return () if path[:1] in {("id",), ("slug",)} else path
