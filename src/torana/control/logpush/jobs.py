"""The jobs of an account: made, changed, and where each of them is."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import MASK, Resource, audit, masked
from torana.control.logpush.targets import Address, Bucket, Destination, check
from torana.control.logpush.vault import reveal, sealed_columns
from torana.control.operations import changing
from torana.control.queries import newest_stored
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.storage.tables import logpush_jobs, logs

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from torana.control.operations import Store
    from torana.sealing import Vault

MOST_JOBS = 20


class Wish(Struct, frozen=True, kw_only=True):
    """What a job is to be."""

    name: str
    destination: Destination
    gateways: list[str] | None
    """None = all that have `logpush` on."""
    enabled: bool
    interval_s: int
    """Longest wait for more logs."""
    most_logs: int
    """In one batch."""


class Job(Struct, frozen=True, kw_only=True):
    id: str
    account_id: str
    wish: Wish
    position: int
    """`seq` of the last log that was taken, or passed by."""
    created_ms: int
    modified_ms: int
    pushed: int
    """Logs, since it was made; some may have been sent twice."""
    failures: int
    """In a row."""
    last_success_ms: int | None
    last_error_ms: int | None
    last_error: str


def create_job(store: Store, account_id: str, wish: Wish) -> Job:
    """Begins with the next log; InvalidInput where it cannot be."""
    _check(wish.destination)
    job_id, now = secrets.token_hex(16), store.now_ms()
    with changing(store) as connection:
        own = sa.select(sa.func.count()).where(logpush_jobs.c.account_id == account_id)
        if connection.execute(own).scalar_one() >= MOST_JOBS:
            raise InvalidInput(f"an account has at most {MOST_JOBS} logpush jobs", "body")
        values = {
            "id": job_id,
            "account_id": account_id,
            "position": newest_stored(connection),
            "created_ms": now,
            "pushed": 0,
            "failures": 0,
            "last_error": "",
        }
        connection.execute(sa.insert(logpush_jobs).values(values | _values(connection, store, job_id, wish)))
        audit(connection, store, "create", _resource(account_id, job_id), new=shown(wish))
        return _one(connection, store, account_id, job_id)


def update_job(store: Store, account_id: str, job_id: str, wish: Wish) -> Job:
    """Replaces all but its position; secrets that came back masked stay."""
    with changing(store) as connection:
        before = _one(connection, store, account_id, job_id)
        wish = msgspec.structs.replace(wish, destination=_kept(wish.destination, before.wish.destination))
        _check(wish.destination)
        changed = sa.update(logpush_jobs).where(*_is(account_id, job_id))
        # What failed may be what was changed: it is tried again at once.
        values = _values(connection, store, job_id, wish) | {"failures": 0}
        connection.execute(changed.values(values))
        audit(connection, store, "update", _resource(account_id, job_id), shown(before.wish), shown(wish))
        return _one(connection, store, account_id, job_id)


def delete_job(store: Store, account_id: str, job_id: str) -> None:
    """One whose destination cannot be read any more too."""
    with store.database.writer.begin() as connection:
        row = connection.execute(sa.select(logpush_jobs).where(*_is(account_id, job_id))).one_or_none()
        if row is None:
            raise NoSuchThing(f"there is no logpush job `{job_id}`")
        connection.execute(sa.delete(logpush_jobs).where(*_is(account_id, job_id)))
        audit(connection, store, "delete", _resource(account_id, job_id), old={"name": row.name})


def find_job(store: Store, account_id: str, job_id: str) -> Job:
    with store.database.reader.connect() as connection:
        return _one(connection, store, account_id, job_id)


def list_jobs(store: Store, account_id: str | None = None) -> list[Job]:
    """Oldest first; None = of all accounts."""
    query = sa.select(logpush_jobs).order_by(logpush_jobs.c.created_ms, logpush_jobs.c.id)
    if account_id is not None:
        query = query.where(logpush_jobs.c.account_id == account_id)
    with store.database.reader.connect() as connection:
        rows = connection.execute(query).all()
        if not rows:
            return []
        vault = store.masters.vault(connection)
    return [_job(vault, store, row) for row in rows]


def lag_ms(store: Store, job: Job, gateways: list[str]) -> int:
    """Age of the oldest log that waits for it; 0 where none does."""
    waiting = (
        sa.select(logs.c.created_ms)
        .where(logs.c.seq > job.position, logs.c.account_id == job.account_id, logs.c.gateway_id.in_(gateways))
        .order_by(logs.c.seq)
        .limit(1)
    )
    with store.database.reader.connect() as connection:
        created_ms = connection.execute(waiting).scalar_one_or_none()
    return 0 if created_ms is None else max(0, store.now_ms() - created_ms)


def note(store: Store, job_id: str, **values: object) -> None:
    """Where a job is now."""
    with store.database.writer.begin() as connection:
        connection.execute(sa.update(logpush_jobs).where(logpush_jobs.c.id == job_id).values(values))


def shown(wish: Wish) -> dict[str, object]:
    """Without secrets."""
    plain = masked(msgspec.to_builtins(wish))
    assert isinstance(plain, dict)  # noqa: S101  # a Struct's
    return plain


def _kept(new: Destination, old: Destination) -> Destination:
    if isinstance(new, Bucket) and isinstance(old, Bucket):
        token, secret = new.session_token, new.secret_access_key
        return msgspec.structs.replace(
            new,
            secret_access_key=old.secret_access_key if secret == MASK else secret,
            session_token=old.session_token if token == MASK else token,
        )
    if isinstance(new, Address) and isinstance(old, Address):
        headers = {
            name: old.headers.get(name, value) if value == MASK else value for name, value in new.headers.items()
        }
        return msgspec.structs.replace(new, url=old.url if new.url == masked(old.url) else new.url, headers=headers)
    return new


def _check(destination: Destination) -> None:
    secret: list[str] = []
    if isinstance(destination, Bucket):
        secret = [destination.secret_access_key, destination.session_token]
    elif isinstance(destination, Address):
        secret = list(destination.headers.values())
    if MASK in secret:
        raise InvalidInput(f"`{MASK}` stands for a secret that is not there", "body", "destination")
    check(destination)


def _values(connection: Connection, store: Store, job_id: str, wish: Wish) -> dict[str, object]:
    return sealed_columns(connection, store, job_id, wish.destination) | {
        "name": wish.name,
        "gateways": None if wish.gateways is None else msgspec.json.encode(wish.gateways).decode(),
        "enabled": wish.enabled,
        "interval_s": wish.interval_s,
        "most_logs": wish.most_logs,
        "modified_ms": store.now_ms(),
    }


def _is(account_id: str, job_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return logpush_jobs.c.account_id == account_id, logpush_jobs.c.id == job_id


def _resource(account_id: str, job_id: str) -> Resource:
    return Resource(account_id, "ai_gateway.logpush_job", job_id)


def _one(connection: Connection, store: Store, account_id: str, job_id: str) -> Job:
    row = connection.execute(sa.select(logpush_jobs).where(*_is(account_id, job_id))).one_or_none()
    if row is None:
        raise NoSuchThing(f"there is no logpush job `{job_id}`")
    return _job(store.masters.vault(connection), store, row)


def _job(vault: Vault, store: Store, row: Row[tuple[object, ...]]) -> Job:
    wish = Wish(
        name=row.name,
        destination=reveal(vault, store.folder, row),
        gateways=None if row.gateways is None else msgspec.json.decode(row.gateways, type=list[str]),
        enabled=row.enabled,
        interval_s=row.interval_s,
        most_logs=row.most_logs,
    )
    return Job(
        id=row.id,
        account_id=row.account_id,
        wish=wish,
        position=row.position,
        created_ms=row.created_ms,
        modified_ms=row.modified_ms,
        pushed=row.pushed,
        failures=row.failures,
        last_success_ms=row.last_success_ms,
        last_error_ms=row.last_error_ms,
        last_error=row.last_error,
    )
