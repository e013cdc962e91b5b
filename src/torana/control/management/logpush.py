"""Operations on logpush jobs: Torana's own, in the manner of Cloudflare's API."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, convert

from torana.control.log_filters import Text
from torana.control.logpush import jobs
from torana.control.logpush.jobs import Job, Wish, shown
from torana.control.logpush.pusher import pushed_gateways
from torana.control.logpush.targets import Destination
from torana.control.management.accounts import Gone, PageQuery
from torana.control.management.operation import Asked, Info, Many, One, Operation, Site, of
from torana.control.queries import to_rfc3339


class JobWish(Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    destination: Destination
    gateways: Annotated[list[Text], Meta(min_length=1, max_length=1000)] | None = None
    """null = all that have `logpush` on; of those that are named, these too."""
    enabled: bool = True
    max_upload_interval_seconds: Annotated[int, Meta(ge=1, le=3600)] = 30
    """How long a batch waits for more logs."""
    max_upload_records: Annotated[int, Meta(ge=1, le=10_000)] = 1_000


class JobObject(Struct, kw_only=True):
    """A job without its secrets, which are shown as `…`."""

    id: str
    name: str
    dataset: str
    destination: Destination
    gateways: list[str] | None
    enabled: bool
    max_upload_interval_seconds: int
    max_upload_records: int
    created_at: str
    modified_at: str
    last_success: str | None
    last_error: str | None
    """When it failed last."""
    error_message: str | None
    failures: int
    """In a row; it is tried again, after 5 minutes at most."""
    pushed: int
    """Logs sent since it was made."""
    lag_seconds: float
    """Age of the oldest log that waits."""


def list_(site: Site, asked: Asked) -> Many[JobObject]:
    query = of(asked.query, PageQuery)
    found = jobs.list_jobs(site.store, asked.path["account_id"])
    first = (query.page - 1) * query.per_page
    page = [to_object(site, job) for job in found[first : first + query.per_page]]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def create(site: Site, asked: Asked) -> One[JobObject]:
    return One(result=to_object(site, jobs.create_job(site.store, asked.path["account_id"], _wish(asked))))


def get(site: Site, asked: Asked) -> One[JobObject]:
    return One(result=to_object(site, jobs.find_job(site.store, asked.path["account_id"], asked.path["job_id"])))


def update(site: Site, asked: Asked) -> One[JobObject]:
    path = asked.path
    return One(result=to_object(site, jobs.update_job(site.store, path["account_id"], path["job_id"], _wish(asked))))


def delete(site: Site, asked: Asked) -> One[Gone]:
    jobs.delete_job(site.store, asked.path["account_id"], asked.path["job_id"])
    return One(result=Gone(id=asked.path["job_id"]))


def to_object(site: Site, job: Job) -> JobObject:
    with site.store.database.reader.connect() as connection:
        pushed = [gateway_id for account_id, gateway_id in pushed_gateways(connection) if account_id == job.account_id]
    own = pushed if job.wish.gateways is None else [name for name in pushed if name in job.wish.gateways]
    return JobObject(
        id=job.id,
        name=job.wish.name,
        dataset="ai_gateway_events",
        destination=convert(shown(job.wish)["destination"], Destination),
        gateways=job.wish.gateways,
        enabled=job.wish.enabled,
        max_upload_interval_seconds=job.wish.interval_s,
        max_upload_records=job.wish.most_logs,
        created_at=to_rfc3339(job.created_ms),
        modified_at=to_rfc3339(job.modified_ms),
        last_success=None if job.last_success_ms is None else to_rfc3339(job.last_success_ms),
        last_error=None if job.last_error_ms is None else to_rfc3339(job.last_error_ms),
        error_message=job.last_error or None,
        failures=job.failures,
        pushed=job.pushed,
        lag_seconds=jobs.lag_ms(site.store, job, own) / 1000,
    )


def _wish(asked: Asked) -> Wish:
    body = of(asked.body, JobWish)
    return Wish(
        name=body.name,
        destination=body.destination,
        gateways=body.gateways,
        enabled=body.enabled,
        interval_s=body.max_upload_interval_seconds,
        most_logs=body.max_upload_records,
    )


_JOBS = "/accounts/{account_id}/ai-gateway/logpush/jobs"
_JOB = _JOBS + "/{job_id}"
OPERATIONS = (
    Operation(
        name="list_logpush_jobs",
        method="GET",
        path=_JOBS,
        summary="List logpush jobs with their state, oldest first.",
        tag="Logpush",
        permission="read",
        is_account_wide=True,
        answer=list_,
        query=PageQuery,
        result=Many[JobObject],
    ),
    Operation(
        name="create_logpush_job",
        method="POST",
        path=_JOBS,
        summary="Push the logs of gateways to a folder, a bucket or an address, from now on.",
        tag="Logpush",
        permission="edit",
        is_account_wide=True,
        answer=create,
        body=JobWish,
        result=One[JobObject],
        refusals=(413,),
    ),
    Operation(
        name="get_logpush_job",
        method="GET",
        path=_JOB,
        summary="Get a logpush job with its state.",
        tag="Logpush",
        permission="read",
        is_account_wide=True,
        answer=get,
        result=One[JobObject],
        refusals=(404,),
    ),
    Operation(
        name="update_logpush_job",
        method="PUT",
        path=_JOB,
        summary="Replace a logpush job; it goes on where it was.",
        tag="Logpush",
        permission="edit",
        is_account_wide=True,
        answer=update,
        body=JobWish,
        result=One[JobObject],
        refusals=(404, 413),
    ),
    Operation(
        name="delete_logpush_job",
        method="DELETE",
        path=_JOB,
        summary="Delete a logpush job; what it has pushed stays where it is.",
        tag="Logpush",
        permission="edit",
        is_account_wide=True,
        answer=delete,
        result=One[Gone],
        refusals=(404,),
    ),
)
