"""What calls of the router's API have in common: pages of lists, workspaces, moments."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, TypeVar

from msgspec import Meta, Struct

from torana.control.operations import find_gateway
from torana.control.queries import to_rfc3339
from torana.control.refusals import NoSuchThing
from torana.control.router.refusals import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torana.control.management.operation import Site
    from torana.control.router.operation import Asked

T = TypeVar("T")

MOST_LISTED = 100
_SPACE = uuid.UUID("6f0c4c53-5f6c-4d10-a7d5-0b7f6e7a7f9e")


class Paged(Struct):
    """Which part of a list is wanted."""

    offset: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=MOST_LISTED)] = 50


class InWorkspace(Paged):
    workspace_id: str | None = None
    """None = the workspace of the key that asks."""


class Listed(Struct, frozen=True):
    """A part of a list, and how long the whole is."""

    data: list[object]
    total_count: int


class Deleted(Struct, frozen=True):
    deleted: bool = True


def page(found: Sequence[T], query: Paged, shown: Callable[[T], object]) -> Listed:
    part = found[query.offset : query.offset + query.limit]
    return Listed([shown(one) for one in part], len(found))


def workspace(site: Site, asked: Asked, given: object = None) -> str:
    """The gateway that is meant; None = the one of the key that asks. BadRequest where it is not there."""
    name = given if isinstance(given, str) else asked.key.gateway_id
    try:
        find_gateway(site.store, asked.key.account_id, name)
    except NoSuchThing:
        raise BadRequest(f"There is no workspace `{name}`") from None
    return name


def lasting_id(*names: str) -> str:
    """A UUID that is always the same for the same names."""
    return str(uuid.uuid5(_SPACE, "\n".join(names)))


def moment(ms: int | None) -> str | None:
    return None if ms is None else to_rfc3339(ms)
