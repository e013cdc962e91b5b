"""What `torana apply` changes, as it is shown: without secrets."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from torana.control.custom_providers import HIDDEN
from torana.providers.custom import holds_secret

Action: TypeAlias = Literal["create", "update", "delete"]


class Difference(Struct, frozen=True):
    """One field; a secret's values are shown as `***`. None = there is none."""

    field: str
    old: object
    new: object


class Change(Struct, frozen=True):
    action: Action
    kind: Literal["gateway", "custom_provider", "custom_cost", "provider_key"]
    name: str
    differences: list[Difference]


def differences(old: dict[str, object], new: dict[str, object]) -> list[Difference]:
    return [
        Difference(name, _shown(name, old.get(name)), _shown(name, new.get(name)))
        for name in {**new, **old}
        if old.get(name) != new.get(name)
    ]


def _shown(name: str, value: object) -> object:
    header = name.removeprefix("headers.")
    return HIDDEN if header != name and value is not None and holds_secret(header) else value
