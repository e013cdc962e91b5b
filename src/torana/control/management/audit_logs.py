"""Operations on the audit log, as Cloudflare's API has it (cloudflare.md 8.8)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct, field

from torana.control import audit
from torana.control.log_filters import Text, to_ms
from torana.control.management.operation import Asked, Info, Many, Operation, Site, of
from torana.control.queries import to_rfc3339
from torana.control.refusals import InvalidInput

Value: TypeAlias = dict[str, Annotated[object, Meta(extra_json_schema={"description": "Any JSON."})]]
_PAST = {"create": "created", "update": "updated", "delete": "deleted"}
_ENTERED = {"login": "signed in", "logout": "signed out", "refused_login": "sign-in refused"}


class AuditAction(Struct, kw_only=True):
    type: Literal["create", "update", "delete", "login", "logout"]
    info: str
    """In words."""
    result: bool = True
    """False where somebody could not sign in; a change that was refused changed nothing and is not there."""


class AuditActor(Struct, kw_only=True):
    id: str
    """Of an API token or a user, or the name of a user of the machine."""
    name: str
    type: Literal["user", "system"]
    email: str | None = None
    ip: str | None = None


class AuditOwner(Struct, kw_only=True):
    id: str
    """Of the account."""


class AuditResource(Struct, kw_only=True):
    id: str
    type: str


class AuditLog(Struct, kw_only=True, rename="camel"):
    """One change; the values are the resource before and after it, without secrets."""

    id: str
    action: AuditAction
    actor: AuditActor
    interface: Literal["API", "CLI", "SYSTEM", "UI"]
    owner: AuditOwner
    resource: AuditResource
    old_value: str = ""
    """Always empty: the value is an object."""
    new_value: str = ""
    old_value_json: Value | None
    new_value_json: Value | None
    when: str


class AuditQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=1, le=1000)] = 100
    direction: Literal["desc", "asc"] = "desc"
    id: Text | None = None
    since: Text | None = None
    """RFC 3339, a date alone too; inclusive."""
    before: Text | None = None
    """Exclusive."""
    action_type: Text | None = field(name="action.type", default=None)
    actor_id: Text | None = field(name="actor.id", default=None)
    """Id or name of a token or a user, or a user of the machine."""
    actor_email: Text | None = field(name="actor.email", default=None)
    """No actor has one yet, so none fits."""
    actor_ip: Text | None = field(name="actor.ip", default=None)
    resource_type: Text | None = field(name="resource.type", default=None)
    resource_id: Text | None = field(name="resource.id", default=None)
    interface: Text | None = None
    zone_name: Text | None = field(name="zone.name", default=None)
    hide_user_logs: bool = False
    """Changes nothing: there are none of users alone."""


def list_(site: Site, asked: Asked) -> Many[AuditLog]:
    query = of(asked.query, AuditQuery)
    search = audit.Search(
        id=query.id,
        action=query.action_type,
        actor=query.actor_id,
        interface=query.interface,
        resource_type=query.resource_type,
        resource_id=query.resource_id,
        since_ms=_moment("since", query.since),
        before_ms=_moment("before", query.before),
        is_ascending=query.direction == "asc",
        first=(query.page - 1) * query.per_page,
        count=query.per_page,
    )
    found = audit.Found([], 0)
    if query.actor_email is query.actor_ip is query.zone_name is None:
        with site.store.database.reader.connect() as connection:
            found = audit.find_entries(connection, asked.path["account_id"], search)
    shown = [to_object(entry) for entry in found.entries]
    info = Info(count=len(shown), page=query.page, per_page=query.per_page, total_count=found.total)
    return Many(result=shown, result_info=info)


def to_object(entry: audit.Entry) -> AuditLog:
    noun, action = entry.resource.type.rpartition(".")[2].replace("_", " "), entry.action
    return AuditLog(
        id=entry.id,
        action=AuditAction(
            type="login" if action == "refused_login" else action,
            info=_ENTERED.get(action) or f"{noun} {_PAST[action]}",
            result=action != "refused_login",
        ),
        actor=AuditActor(
            id=entry.actor.id, name=entry.actor.name, type="system" if entry.actor.interface == "SYSTEM" else "user"
        ),
        interface=entry.actor.interface,
        owner=AuditOwner(id=entry.account_id),
        resource=AuditResource(id=entry.resource.id, type=entry.resource.type),
        old_value_json=_value(entry.old),
        new_value_json=_value(entry.new),
        when=to_rfc3339(entry.when_ms),
    )


def _value(held: msgspec.Raw | None) -> Value | None:
    return None if held is None else msgspec.json.decode(held, type=Value)


def _moment(name: str, text: str | None) -> int | None:
    try:
        return None if text is None else to_ms(text)
    except ValueError as error:
        raise InvalidInput(str(error), "query", name) from error


OPERATIONS = (
    Operation(
        name="list_audit_logs",
        method="GET",
        path="/accounts/{account_id}/audit_logs",
        summary="List changes of the configuration, newest first.",
        tag="Audit logs",
        permission="read",
        is_account_wide=True,
        answer=list_,
        query=AuditQuery,
        result=Many[AuditLog],
    ),
)
