"""Guardrails of a workspace and who they are assigned to, as the router's API manages them (openrouter.md 4.10).

There are no members: lists of their assignments are empty, and assigning to some assigns to none.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from torana.control.router.asking import Deleted, InWorkspace, Listed, Paged, moment, page, workspace
from torana.control.router.guardrail_rows import (
    Assignment,
    assign,
    change_guardrail,
    delete_guardrail,
    find_guardrail,
    keep_guardrail,
    list_assignments,
    list_guardrails,
    unassign,
)
from torana.control.router.guardrail_shapes import GuardrailChange, NewGuardrail, applied, shown
from torana.control.router.operation import Asked, Data, Operation, of
from torana.routing.guarding import Guardrail

if TYPE_CHECKING:
    from torana.control.management.operation import Site

Ids = Annotated[list[Annotated[str, Meta(min_length=1, max_length=128)]], Meta(min_length=1, max_length=1000)]


class KeyHashes(Struct):
    key_hashes: Ids


class MemberIds(Struct):
    member_user_ids: Ids


def enumerate_(site: Site, asked: Asked) -> Listed:
    query = of(asked.query, InWorkspace)
    gateway_id = workspace(site, asked, query.workspace_id)
    return page(list_guardrails(site.store, asked.key.account_id, gateway_id), query, shown)


def create(site: Site, asked: Asked) -> Data:
    wish = of(asked.body, NewGuardrail)
    gateway_id = workspace(site, asked, wish.workspace_id)
    new = applied(Guardrail(name=wish.name), wish)
    return Data(shown(keep_guardrail(site.store, asked.key.account_id, gateway_id, new)))


def show(site: Site, asked: Asked) -> Data:
    return Data(shown(find_guardrail(site.store, asked.key.account_id, asked.path["id"])))


def change(site: Site, asked: Asked) -> Data:
    former = find_guardrail(site.store, asked.key.account_id, asked.path["id"])
    new = applied(former.guardrail, of(asked.body, GuardrailChange))
    return Data(shown(change_guardrail(site.store, asked.key.account_id, new.id, new)))


def remove(site: Site, asked: Asked) -> Deleted:
    delete_guardrail(site.store, asked.key.account_id, asked.path["id"])
    return Deleted()


def enumerate_keys(site: Site, asked: Asked) -> Listed:
    if "id" in asked.path:
        find_guardrail(site.store, asked.key.account_id, asked.path["id"])
    found = list_assignments(site.store, asked.key.account_id, asked.path.get("id"))
    return page(found, of(asked.query, Paged), _assignment)


def assign_keys(site: Site, asked: Asked) -> dict[str, int]:
    hashes = of(asked.body, KeyHashes).key_hashes
    return {"assigned_count": assign(site.store, asked.key.account_id, asked.path["id"], hashes)}


def unassign_keys(site: Site, asked: Asked) -> dict[str, int]:
    hashes = of(asked.body, KeyHashes).key_hashes
    return {"unassigned_count": unassign(site.store, asked.key.account_id, asked.path["id"], hashes)}


def enumerate_members(site: Site, asked: Asked) -> Listed:
    if "id" in asked.path:
        find_guardrail(site.store, asked.key.account_id, asked.path["id"])
    return Listed([], 0)


def assign_members(site: Site, asked: Asked) -> dict[str, int]:
    find_guardrail(site.store, asked.key.account_id, asked.path["id"])
    return {"assigned_count": 0}


def unassign_members(site: Site, asked: Asked) -> dict[str, int]:
    find_guardrail(site.store, asked.key.account_id, asked.path["id"])
    return {"unassigned_count": 0}


def _assignment(one: Assignment) -> dict[str, object]:
    return {
        "id": one.id,
        "guardrail_id": one.guardrail_id,
        "key_hash": one.key_hash,
        "key_name": one.key_name,
        "key_label": one.key_label,
        "assigned_by": None,
        "created_at": moment(one.created_ms),
    }


_ONE, _ALL = "/guardrails/{id}", "/guardrails/assignments"
_KEYS, _MEMBERS = _ONE + "/assignments/keys", _ONE + "/assignments/members"


_row = partial(Operation, access="management")

OPERATIONS = (
    _row(name="list_guardrails", method="GET", path="/guardrails", answer=enumerate_, query=InWorkspace),
    _row(name="create_guardrail", method="POST", path="/guardrails", answer=create, body=NewGuardrail, status=201),
    # Before the paths of one guardrail, among which they would be read as its parts.
    _row(name="list_key_assignments", method="GET", path=_ALL + "/keys", answer=enumerate_keys, query=Paged),
    _row(name="list_member_assignments", method="GET", path=_ALL + "/members", answer=enumerate_members, query=Paged),
    _row(name="get_guardrail", method="GET", path=_ONE, answer=show),
    _row(name="update_guardrail", method="PATCH", path=_ONE, answer=change, body=GuardrailChange),
    _row(name="delete_guardrail", method="DELETE", path=_ONE, answer=remove),
    _row(name="list_guardrail_key_assignments", method="GET", path=_KEYS, answer=enumerate_keys, query=Paged),
    _row(name="assign_keys", method="POST", path=_KEYS, answer=assign_keys, body=KeyHashes),
    _row(name="unassign_keys", method="POST", path=_KEYS + "/remove", answer=unassign_keys, body=KeyHashes),
    _row(name="list_guardrail_member_assignments", method="GET", path=_MEMBERS, answer=enumerate_members, query=Paged),
    _row(name="assign_members", method="POST", path=_MEMBERS, answer=assign_members, body=MemberIds),
    _row(name="unassign_members", method="POST", path=_MEMBERS + "/remove", answer=unassign_members, body=MemberIds),
)
